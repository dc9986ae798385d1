// The connection: it is made, kept alive by pings, and made again when it was lost.

import { CtiError, MessageType, WebsocketMessageFactory, quiet } from "./names.mjs";

/** How often a ping is sent, in milliseconds. */
const PING_INTERVAL = 5000;
/** So many pings may go by without any frame; then the connection is taken for lost. */
const MOST_UNANSWERED = 3;
/** The first and the longest pause before a connection is made again, in milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
/** The longest first pause when the server has said that it restarts, in milliseconds. */
const RESTART_PAUSE = 500;
/** Codes of closing that say so: going away, service restart. */
const RESTART_CODES = [1001, 1012];
/** The code for a connection that ended without one. */
const ABNORMAL = 1006;

/**
 * A connection to be.
 *
 * @param {object} around `setTimeout`, `clearTimeout`, `random`
 * @param {object} told what happens: `made(socket)`, `status(event)`, `frame(event, message)`,
 *   `loggedOn()`, and `dropped(why)` when no answer comes any more
 */
export function createLink(around, told) {
  /** Where to be connected: `{ url(), Socket }`; null where nowhere. */
  let wanted = null;
  /** The connection, from its attempt to its end. */
  let current = null;
  /** Attempts since a connection held. */
  let attempts = 0;
  let pause;
  /** What `connect` promised: to have logged on. */
  let logon = null;

  return { connect, close, send, isThere: () => current !== null, isLoggedOn };

  function isLoggedOn() {
    return current?.isLoggedOn === true;
  }

  /** Connects to the address that `url` returns at each attempt. */
  function connect(url, Socket) {
    leave("another connection was asked for");
    wanted = { url, Socket };
    attempts = 0;
    try {
      open();
    } catch (error) {
      wanted = null;
      throw error;
    }
    return quiet(new Promise((resolve, reject) => (logon = { resolve, reject })));
  }

  /** Closes the connection for good. */
  function close() {
    const wasWanted = wanted !== null;
    leave("closed by the program");
    if (wasWanted) told.status({ status: "closed", code: 1000, reason: "" });
  }

  /** Sends a text; while the connection is being made, as soon as it is there. */
  function send(text) {
    if (isLoggedOn()) current.socket.send(text);
    else current?.waiting.push(text);
  }

  function open() {
    const url = wanted.url();
    const socket = new wanted.Socket(url);
    const hangUp = socket.close.bind(socket);
    const mine = { url, socket, hangUp, unanswered: 0, waiting: [], isFirst: attempts === 0 };
    current = mine;
    told.made(socket);
    const ifMine = (act) => (event) => {
      if (mine === current) act(mine, event);
    };
    socket.onopen = ifMine(opened);
    socket.onmessage = ifMine(arrived);
    socket.onclose = ifMine(lost);
    mine.beat = around.setTimeout(() => beat(mine), PING_INTERVAL);
  }

  function opened(mine) {
    mine.isOpen = true;
    told.status({ status: "opened" });
  }

  function arrived(mine, event) {
    mine.unanswered = 0;
    const message = parsed(event.data);
    if (message?.msgType === MessageType.LOGGEDON) loggedOn(mine);
    if (message?.msgType === MessageType.LOGGEDONERROR) mine.isRefused = true;
    told.frame(event, message);
    if (mine.isRefused && mine === current) {
      lost(mine, { code: 1008, reason: "the token is not accepted" });
    }
  }

  function loggedOn(mine) {
    mine.isLoggedOn = true;
    logon?.resolve();
    logon = null;
    for (const text of mine.waiting.splice(0)) mine.socket.send(text);
    told.loggedOn();
  }

  function beat(mine) {
    if (mine.unanswered >= MOST_UNANSWERED) {
      lost(mine, { code: ABNORMAL, reason: "no answer to pings" });
      return;
    }
    // It holds: the next time that it is lost is another story.
    if (mine.isLoggedOn && mine.unanswered === 0) attempts = 0;
    mine.unanswered += 1;
    if (mine.isOpen) mine.socket.send(JSON.stringify(WebsocketMessageFactory.createPing()));
    mine.beat = around.setTimeout(() => beat(mine), PING_INTERVAL);
  }

  /** There is another connection soon, unless the server does not want us. */
  function lost(mine, { code = ABNORMAL, reason = "" }) {
    drop(reason || "the connection was lost");
    let retryIn;
    // A token that was renewed meanwhile is worth another attempt.
    if (mine.isRefused && wanted.url() === mine.url) {
      forget(new CtiError("loggedOnFailed", "the server does not accept the token"));
    } else {
      retryIn = nextPause(code);
      pause = around.setTimeout(open, retryIn);
    }
    // Attempts that fail again are no news.
    if (mine.isOpen || mine.isFirst) told.status({ status: "closed", code, reason, retryIn });
  }

  /** Longer from time to time, and never the same for all clients of a server. */
  function nextPause(code) {
    const isRestart = attempts === 0 && RESTART_CODES.includes(code);
    const longest = Math.min(FIRST_PAUSE * 2 ** attempts, LONGEST_PAUSE);
    attempts += 1;
    return isRestart ? around.random() * RESTART_PAUSE : longest * (0.5 + around.random() / 2);
  }

  function leave(why) {
    drop(why);
    forget(new CtiError("closed", why));
  }

  /** Lets go of the connection. */
  function drop(why) {
    const mine = current;
    if (!mine) return;
    current = null;
    around.clearTimeout(mine.beat);
    mine.hangUp();
    told.dropped(why);
  }

  /** Wants no connection any more. */
  function forget(why) {
    wanted = null;
    around.clearTimeout(pause);
    logon?.reject(why);
    logon = null;
  }
}

/** A frame as an object; null when it is none. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    console.warn("Cti: a frame that is no JSON is left out");
    return null;
  }
}
