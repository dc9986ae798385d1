// The client: handlers for the frames that arrive, and calls that send one and promise its answer.

import { createLink, parsed } from "./link.mjs";
import { keepFresh, logIn, socketUrl } from "./login.mjs";
import { CtiError, MessageType, PhoneStatus, WebsocketMessageFactory, quiet } from "./names.mjs";

export { CtiError };

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
export function createCti(surroundings = {}) {
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
export const Cti = createCti();
export default Cti;
