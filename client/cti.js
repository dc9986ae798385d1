// call-history's client. Made of src/ by build.mjs: change it there.

var Cti = (function () {
"use strict";

// What the protocol calls things, and what goes wrong with it.

/** The names of the frames for which there are handlers. */
const MessageType = Object.freeze({
  ERROR: "Error",
  LOGGEDON: "LoggedOn",
  LOGGEDONERROR: "LoggedOnError",
  LINKSTATUSUPDATE: "LinkStatusUpdate",
  CALLHISTORY: "CallHistory",
  RICHCALLHISTORY: "RichCallHistory",
  CUSTOMERCALLHISTORY: "CustomerCallHistoryResponseWithId",
  CALLHISTORYUPDATE: "CallHistoryUpdate",
  CALLHISTORYGONE: "CallHistoryGone",
  CALLHISTORYRESET: "CallHistoryReset",
});

/** What `srcPhoneStatus` and `dstPhoneStatus` say. */
const PhoneStatus = Object.freeze({
  AVAILABLE: 0,
  CALLING: 1,
  BUSY: 2,
  INDISPONIBLE: 4,
  RINGING: 8,
  BUSY_AND_RINGING: 9,
  ONHOLD: 16,
  DEACTIVATED: -1,
  UNEXISTING: -2,
  ERROR: -99,
});

/** Makes frames, also those that this client has no call for. */
const WebsocketMessageFactory = Object.freeze({
  messageClaz: "web",
  pingClaz: "ping",
  createMessage: (command) => ({ claz: "web", command }),
  createMessageFromArgs: (command, args) => ({ claz: "web", command, ...args }),
  createPing: () => ({ claz: "ping" }),
});

/** Why a promise was not kept. */
class CtiError extends Error {
  /**
   * @param {string} reason `closed`, `timeout`, `refused`, `loggedOnFailed`, `unreachable`, or
   *   what the login answered: `InvalidCredentials`, `InvalidJson`, `UnhandledError`
   * @param {string} message the same for people
   * @param {object} [details] `status`: of HTTP; `frame`: what the server sent
   */
  constructor(reason, message, details) {
    super(message);
    this.name = "CtiError";
    this.reason = reason;
    Object.assign(this, details);
  }
}

/** Who only has handlers looks at no promise: that is no error of the page. */
function quiet(promise) {
  promise.catch(() => {});
  return promise;
}

// The connection: it is made, kept alive by pings, and made again when it was lost.

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
function createLink(around, told) {
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
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    console.warn("Cti: a frame that is no JSON is left out");
    return null;
  }
}

// XiVO's login: a token for a password, and another before it ends.

/** Paths below the address of the service. */
const LOGIN_PATH = "xuc/api/2.0/auth/login";
const CHECK_PATH = "xuc/api/2.0/auth/check";
const SOCKET_PATH = "xuc/api/2.0/cti";

/** When a token is renewed, as a share of how long it holds; and when again if that failed. */
const RENEW_AFTER = 0.6;
const RENEW_AGAIN_AFTER = 0.1;
/** How long a token holds when the server does not say, in seconds. */
const USUAL_TTL = 3600;
/** How long the service may take to answer, in milliseconds. */
const LOGIN_TIMEOUT = 30_000;
/** The longest timer of browsers, in milliseconds; what is later would come at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Logs in at a service: `{ base, login, token, TTL }`. */
async function logIn(around, url, login, password) {
  const base = new URL(url || "/", globalThis.location?.href);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const answer = await tokenOf(around, new URL(LOGIN_PATH, base), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ login, password }),
  });
  const TTL = answer.TTL > 0 ? answer.TTL : USUAL_TTL;
  return { base, login: answer.login ?? login, token: answer.token, TTL };
}

/** Where the session's connection goes. */
function socketUrl({ base, token }) {
  const url = new URL(SOCKET_PATH, base);
  url.protocol = base.protocol.replace("http", "ws");
  url.searchParams.set("token", token);
  return url.href;
}

/** Renews the token of a session, which gets the new one, until the returned function is called. */
function keepFresh(around, session) {
  let isOver = false;
  let timer;
  const later = (share) => {
    const after = Math.min(session.TTL * 1000 * share, LONGEST_TIMER);
    timer = around.setTimeout(renew, after);
  };
  const renew = async () => {
    try {
      const headers = { Authorization: `Bearer ${session.token}` };
      const answer = await tokenOf(around, new URL(CHECK_PATH, session.base), { headers });
      session.token = answer.token;
      if (!isOver) later(RENEW_AFTER);
    } catch (error) {
      // A session that is at its end is not renewed; the server says so when the token ends.
      if (!isOver && error.status !== 401) later(RENEW_AGAIN_AFTER);
    }
  };
  later(RENEW_AFTER);
  return () => {
    isOver = true;
    around.clearTimeout(timer);
  };
}

async function tokenOf(around, url, request) {
  const patience = new AbortController();
  const timer = around.setTimeout(() => patience.abort(), LOGIN_TIMEOUT);
  try {
    const { signal } = patience;
    const response = await around.fetch(url.href, { ...request, signal, credentials: "omit" });
    const body = (await response.json().catch(() => null)) ?? {};
    if (response.ok && typeof body.token === "string") return body;
    const message = body.message ?? `the login answers ${response.status}`;
    throw new CtiError(body.error ?? "UnhandledError", message, { status: response.status });
  } catch (error) {
    if (error instanceof CtiError) throw error;
    throw new CtiError("unreachable", `the service cannot be reached: ${error.message}`);
  } finally {
    around.clearTimeout(timer);
  }
}

// The client: handlers for the frames that arrive, and calls that send one and promise its answer.

/** How long an answer may take, in milliseconds. */
const ANSWER_TIMEOUT = 30_000;
/** What to do in Node before 22, which has none. */
const NO_WEBSOCKET =
  "there is no WebSocket here: bring one, such as the package ws, in createCti({ WebSocket })";

/**
 * Makes a client of its own, for programs with more than one connection.
 *
 * @param {object} [surroundings] what takes the place of the browser's `WebSocket`, `fetch`,
 *   `setTimeout`, `clearTimeout` and of `Math.random` (as `random`)
 */
function createCti(surroundings = {}) {
  const around = {
    fetch: (...args) => globalThis.fetch(...args),
    setTimeout: (...args) => globalThis.setTimeout(...args),
    clearTimeout: (timer) => globalThis.clearTimeout(timer),
    random: Math.random,
    ...surroundings,
  };
  /** Sets of functions by the type of the frames that they take. */
  const handlers = new Map();
  /** Calls that wait for their answers, in order. */
  let asked = [];
  /** Counts what was asked for, so that a login that comes too late is noticed. */
  let turn = 0;
  let stopRenewing = () => {};
  /** Those who are told changes of the own history. */
  const subscribers = new Set();
  /** Whether this is not the first connection since `init`. */
  let isBack = false;
  let lastRequestId = 0;

  const link = createLink(around, {
    // Programs close it by this name, and mean not to come back.
    made: (socket) => (cti.webSocket = Object.assign(socket, { close, sendCallback })),
    status,
    frame,
    loggedOn,
    dropped,
  });
  const cti = {
    MessageType,
    PhoneStatus,
    WebsocketMessageFactory,
    WebSocket: { init },
    debugMsg: false,
    debugHandler: false,
    webSocket: undefined,
    username: undefined,
    agentNumber: undefined,
    setHandler,
    unsetHandler: (type, handler) => handlers.get(type)?.delete(handler),
    clearHandlers,
    receive,
    sendCallback,
    login,
    close,
    getUserCallHistory: (size) => ask("getUserCallHistory", { size }),
    getUserCallHistoryByDays: (days) => ask("getUserCallHistoryByDays", { days }),
    getAgentCallHistory: (size) => ask("getAgentCallHistory", { size }),
    getQueueCallHistory: (queue, size) => ask("getQueueCallHistory", { queue, size }),
    findCustomerCallHistory,
    videoEvent: (status) => send("videoEvent", { status }),
    subscribeToCallHistory,
  };
  return cti;

  // Connecting

  function init(url, username, phoneNumber, Socket) {
    return connect(() => url, username, phoneNumber, Socket);
  }

  async function login(url, username, password, phoneNumber) {
    const mine = ++turn;
    const session = await logIn(around, url, username, password);
    if (mine !== turn) throw new CtiError("closed", "something else was asked for meanwhile");
    const loggedOn = connect(() => socketUrl(session), session.login, phoneNumber);
    stopRenewing = keepFresh(around, session);
    await loggedOn;
    return { login: session.login, token: session.token, TTL: session.TTL };
  }

  function connect(url, username, phoneNumber, wanted) {
    const Socket = wanted ?? around.WebSocket ?? globalThis.WebSocket;
    if (!Socket) throw new CtiError("unsupported", NO_WEBSOCKET);
    turn += 1;
    stopRenewing();
    isBack = false;
    Object.assign(cti, { username, agentNumber: phoneNumber });
    return link.connect(url, Socket);
  }

  function close() {
    turn += 1;
    stopRenewing();
    link.close();
  }

  function status(event) {
    if (event.status === "closed" && event.retryIn === undefined) stopRenewing();
    publish(MessageType.LINKSTATUSUPDATE, event);
  }

  function loggedOn() {
    if (subscribers.size > 0) {
      send("subscribeToCallHistory");
      // What changed in between was told to nobody.
      if (isBack) publish(MessageType.CALLHISTORYRESET, {});
    }
    isBack = true;
  }

  // Handlers

  function setHandler(type, handler) {
    // XiVO has more types than this client knows.
    if (type === undefined) return;
    if (!handlers.has(type)) handlers.set(type, new Set());
    handlers.get(type).add(handler);
  }

  function clearHandlers() {
    handlers.clear();
    if (subscribers.size > 0 && link.isLoggedOn()) send("unsubscribeFromCallHistory");
    subscribers.clear();
  }

  /** One handler's failure is not another's. */
  function publish(type, message) {
    for (const handler of [...(handlers.get(type) ?? [])]) {
      try {
        handler(message);
      } catch (error) {
        console.error(type, error);
      }
    }
  }

  function frame(event, message) {
    if (message) settle(message);
    // By its name: programs put their own in its place.
    cti.receive(event, message);
  }

  function receive(event, message = parsed(event.data)) {
    if (!message) return;
    if (cti.debugMsg) console.log("RS<<< " + JSON.stringify(message));
    publish(message.msgType, message.ctiMessage);
  }

  // Calls

  function findCustomerCallHistory(requestId, filters, size) {
    const id = requestId ?? ++lastRequestId;
    const isAnswer = ({ msgType, ctiMessage }) =>
      msgType === MessageType.CUSTOMERCALLHISTORY && String(ctiMessage?.id) === String(id);
    const found = ask("findCustomerCallHistory", { id, request: { filters, size } }, isAnswer);
    return quiet(found.then((answer) => answer.response));
  }

  function subscribeToCallHistory(changed, { gone, reset } = {}) {
    // Functions of its own, so that one listener may subscribe twice.
    const listeners = [
      [MessageType.CALLHISTORYUPDATE, (call) => changed(call)],
      [MessageType.CALLHISTORYGONE, ({ callId }) => gone?.(callId)],
      [MessageType.CALLHISTORYRESET, () => reset?.()],
    ];
    if (subscribers.size === 0 && link.isLoggedOn()) send("subscribeToCallHistory");
    subscribers.add(listeners);
    listeners.forEach((listener) => setHandler(...listener));
    return () => {
      listeners.forEach((listener) => cti.unsetHandler(...listener));
      const wasLast = subscribers.delete(listeners) && subscribers.size === 0;
      if (wasLast && link.isLoggedOn()) send("unsubscribeFromCallHistory");
    };
  }

  /** Sends a command, and promises the `ctiMessage` of its answer. */
  function ask(command, args, isAnswer = isCallHistory) {
    return quiet(
      new Promise((resolve, reject) => {
        if (!link.isThere()) {
          reject(new CtiError("closed", `${command}: there is no connection`));
          return;
        }
        const late = () =>
          reject(new CtiError("timeout", `${command}: no answer for ${ANSWER_TIMEOUT / 1000} s`));
        // Who has waited too long stays in line: the answer that comes late is nobody else's.
        const timer = around.setTimeout(late, ANSWER_TIMEOUT);
        asked.push({ command, isAnswer, timer, resolve, reject });
        send(command, args);
      }),
    );
  }

  function send(command, args) {
    cti.sendCallback(WebsocketMessageFactory.createMessageFromArgs(command, args));
  }

  function sendCallback(message) {
    const text = JSON.stringify(message);
    if (cti.debugMsg) console.log("S>>> " + text);
    link.send(text);
  }

  /** Answers have no number of their call: they come in the order of the calls. */
  function settle(message) {
    const { msgType, ctiMessage } = message;
    const isError = msgType === MessageType.ERROR;
    const isMine = ({ command, isAnswer }) =>
      isError ? (ctiMessage?.command ?? command) === command : isAnswer(message);
    const place = asked.findIndex(isMine);
    if (place < 0) return;
    const [{ command, timer, resolve, reject }] = asked.splice(place, 1);
    around.clearTimeout(timer);
    if (isError) {
      const why = `${command}: ${ctiMessage?.Error ?? "refused"}`;
      reject(new CtiError("refused", why, { frame: ctiMessage }));
    } else {
      resolve(ctiMessage);
    }
  }

  function dropped(why) {
    const inVain = asked;
    asked = [];
    for (const { command, timer, reject } of inVain) {
      around.clearTimeout(timer);
      reject(new CtiError("closed", `${command}: ${why}`));
    }
  }
}

function isCallHistory({ msgType }) {
  return msgType === MessageType.CALLHISTORY;
}

/** The client that a page has. */
const Cti = createCti();

return Object.assign(Cti, { CtiError, createCti });
})();
