// What the protocol calls things, and what goes wrong with it.

/** The names of the frames for which there are handlers. */
export const MessageType = Object.freeze({
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
export const PhoneStatus = Object.freeze({
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
export const WebsocketMessageFactory = Object.freeze({
  messageClaz: "web",
  pingClaz: "ping",
  createMessage: (command) => ({ claz: "web", command }),
  createMessageFromArgs: (command, args) => ({ claz: "web", command, ...args }),
  createPing: () => ({ claz: "ping" }),
});

/** Why a promise was not kept. */
export class CtiError extends Error {
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
export function quiet(promise) {
  promise.catch(() => {});
  return promise;
}
