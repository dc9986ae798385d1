// What takes the place of the browser in tests: a clock that stands still until it is moved, and
// sockets whose other end is the test.

import { createCti } from "../cti.mjs";

export class Clock {
  #now = 0;
  #timers = new Map();
  #last = 0;

  setTimeout = (act, after) => {
    this.#timers.set(++this.#last, { at: this.#now + after, act });
    return this.#last;
  };

  clearTimeout = (timer) => this.#timers.delete(timer);

  /** How many timers wait. */
  get waiting() {
    return this.#timers.size;
  }

  /** Lets time go by, in milliseconds; what is due happens in its order. */
  async pass(time) {
    const end = this.#now + time;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(([, { at }]) => at <= end);
      if (due.length === 0) break;
      const [timer, { at, act }] = due.reduce((a, b) => (b[1].at < a[1].at ? b : a));
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, at);
      act();
    }
    this.#now = end;
    await settled();
  }
}

/** Lets promises that are kept be noticed. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class FakeSocket {
  sent = [];
  isClosed = false;

  constructor(url) {
    if (url.startsWith("ftp:")) throw new SyntaxError("no WebSocket");
    this.url = url;
  }

  send(text) {
    if (!this.isOpen) throw new Error("InvalidStateError");
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.isClosed = true;
  }

  // The other end.

  open() {
    this.isOpen = true;
    this.onopen({});
  }

  says(msgType, ctiMessage) {
    this.raw(JSON.stringify({ msgType, ctiMessage }));
  }

  raw(data) {
    this.onmessage({ data });
  }

  logOn() {
    this.open();
    this.says("LoggedOn", {});
  }

  end(code, reason = "") {
    this.isOpen = false;
    this.onclose({ code, reason });
  }

  /** The commands that were sent, without pings. */
  get commands() {
    return this.sent.filter(({ claz }) => claz === "web").map(({ command }) => command);
  }

  get pings() {
    return this.sent.filter(({ claz }) => claz === "ping").length;
  }
}

/** A client with a clock and all sockets that it made. */
export function client(more = {}) {
  const clock = new Clock();
  const sockets = [];
  class WebSocket extends FakeSocket {
    constructor(url) {
      super(url);
      sockets.push(this);
    }
  }
  const { setTimeout, clearTimeout } = clock;
  const cti = createCti({ WebSocket, setTimeout, clearTimeout, random: () => 0.5, ...more });
  return { cti, clock, sockets, last: () => sockets[sockets.length - 1] };
}

export const URL_OF_SOCKET = "wss://calls.example.org/xuc/api/2.0/cti?token=t";

/** The same, logged on. */
export function loggedOn(more) {
  const all = client(more);
  all.cti.WebSocket.init(URL_OF_SOCKET, "usera", "1000");
  all.last().logOn();
  return all;
}

/** All that a handler is told. */
export function told(cti, type) {
  const all = [];
  cti.setHandler(type, (message) => all.push(message));
  return all;
}
