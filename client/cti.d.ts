// Types of call-history's client.

/** Asterisk's hint state of a phone, as in `PhoneStatus`. */
export type PhoneStatusCode = PhoneStatuses[keyof PhoneStatuses];

/** What became of a call, for the owner of the history. */
export type CallStatus =
  | "emitted"
  | "answered"
  | "missed"
  | "ongoing"
  | "full"
  | "closed"
  | "joinempty"
  | "leaveempty"
  | "divert_ca_ratio"
  | "divert_waittime"
  | "abandoned"
  | "timeout"
  | "exitwithkey"
  | "withdrawn"
  | "unknown";

/** A call in a history. What is unknown or does not apply is absent. */
export interface CallHistory {
  /** `2022-09-08 10:32:50`, in the zone of the service. */
  start: string;
  /** `00:00:25`. */
  duration: string;
  status: CallStatus;
  callId: string;
  srcNum?: string;
  dstNum?: string;
  srcUsername?: string;
  dstUsername?: string;
  srcFirstName?: string;
  srcLastName?: string;
  dstFirstName?: string;
  dstLastName?: string;
  srcPhoneStatus?: PhoneStatusCode;
  dstPhoneStatus?: PhoneStatusCode;
  srcVideoStatus?: string;
  dstVideoStatus?: string;
  /** The start with its offset: `2022-09-08T10:32:50+02:00`. */
  startedAt: string;
  /** What the caller dialled, when that is not `dstNum`. */
  dialedNum?: string;
  /** How long the caller waited in the queue: `00:00:05`. */
  waitTime?: string;
  queueName?: string;
  queueDisplayName?: string;
  queueNum?: string;
  agentNum?: string;
  agentName?: string;
  direction?: "internal" | "inbound" | "outbound";
  durationSeconds: number;
  waitSeconds?: number;
  /** Somebody else answered; `status` is then `missed`. */
  answeredElsewhere?: true;
  /** It was recorded, in part at least. */
  hasRecording?: true;
  /** The account of the caller that it counts for. */
  accountCode?: string;
  /** What later versions of the service add. */
  [more: string]: unknown;
}

/** A call in a customer's history. */
export interface CustomerCall {
  start: string;
  duration: string;
  waitTime?: string;
  queueName?: string;
  queueNum?: string;
  agentName?: string;
  agentNum?: string;
  status: CallStatus;
  [more: string]: unknown;
}

/** A customer's calls. */
export interface CustomerCallHistory {
  total: number;
  list: CustomerCall[];
}

/** Which customer: the calls with this number. */
export interface CustomerFilter {
  field: "customer.phone";
  operator: "=";
  value: string;
}

/** What handlers of `LINKSTATUSUPDATE` are told. */
export type LinkStatus =
  | { status: "opened" }
  | {
      status: "closed";
      /** The code of the WebSocket's end; 1006 where it has none. */
      code: number;
      reason: string;
      /** Milliseconds until the next attempt; absent when there is none. */
      retryIn?: number;
    };

/** What handlers of `ERROR` and `LOGGEDONERROR` are told. */
export interface CtiFault {
  Error: string;
  [more: string]: unknown;
}

/** The names of the frames for which there are handlers. */
export interface MessageTypes {
  readonly ERROR: "Error";
  readonly LOGGEDON: "LoggedOn";
  readonly LOGGEDONERROR: "LoggedOnError";
  readonly LINKSTATUSUPDATE: "LinkStatusUpdate";
  readonly CALLHISTORY: "CallHistory";
  readonly RICHCALLHISTORY: "RichCallHistory";
  readonly CUSTOMERCALLHISTORY: "CustomerCallHistoryResponseWithId";
  readonly CALLHISTORYUPDATE: "CallHistoryUpdate";
  readonly CALLHISTORYGONE: "CallHistoryGone";
  readonly CALLHISTORYRESET: "CallHistoryReset";
}

/** What `srcPhoneStatus` and `dstPhoneStatus` say. */
export interface PhoneStatuses {
  readonly AVAILABLE: 0;
  readonly CALLING: 1;
  readonly BUSY: 2;
  readonly INDISPONIBLE: 4;
  readonly RINGING: 8;
  readonly BUSY_AND_RINGING: 9;
  readonly ONHOLD: 16;
  readonly DEACTIVATED: -1;
  readonly UNEXISTING: -2;
  readonly ERROR: -99;
}

/** What the handlers of each type are told. */
export interface Messages {
  Error: CtiFault;
  LoggedOn: unknown;
  LoggedOnError: CtiFault;
  LinkStatusUpdate: LinkStatus;
  CallHistory: CallHistory[];
  RichCallHistory: CallHistory[];
  CustomerCallHistoryResponseWithId: { id: number | string; response: CustomerCallHistory };
  CallHistoryUpdate: CallHistory;
  CallHistoryGone: { callId: string };
  CallHistoryReset: object;
}

/** Who is logged in. */
export interface Session {
  login: string;
  token: string;
  /** How long the token holds, in seconds. */
  TTL: number;
}

/** A class of sockets, such as the browser's `WebSocket`. */
export type SocketClass = new (url: string) => object;

/** What takes the place of what a browser has. */
export interface Surroundings {
  WebSocket?: SocketClass;
  fetch?: typeof fetch;
  setTimeout?: (act: () => void, after: number) => unknown;
  clearTimeout?: (timer: unknown) => void;
  /** At least 0, less than 1. */
  random?: () => number;
}

/** A client: one connection and its handlers. */
export interface CtiClient {
  readonly MessageType: MessageTypes;
  readonly PhoneStatus: PhoneStatuses;
  /** Makes frames, also those that this client has no call for. */
  readonly WebsocketMessageFactory: {
    readonly messageClaz: "web";
    readonly pingClaz: "ping";
    createMessage(command: string): object;
    createMessageFromArgs(command: string, args: object): object;
    createPing(): object;
  };
  readonly WebSocket: {
    /**
     * Connects, and connects again whenever the connection is lost, until `close` or the next
     * `init`.
     *
     * @param url `wss://host/xuc/api/2.0/cti?token=…`
     * @returns kept when logged on; rejected when the token is refused (`loggedOnFailed`) or the
     *   program closes (`closed`)
     */
    init(url: string, username?: string, phoneNumber?: string, Socket?: SocketClass): Promise<void>;
  };
  /** Whether frames are written to the console. */
  debugMsg: boolean;
  /** Only there because programs set it. */
  debugHandler: boolean;
  /** The socket of now; its `close` is the client's. */
  webSocket?: object;
  username?: string;
  agentNumber?: string;

  /** Tells `handler` each frame of this type; the same function only once. */
  setHandler<T extends keyof Messages>(type: T, handler: (message: Messages[T]) => void): void;
  unsetHandler<T extends keyof Messages>(type: T, handler: (message: Messages[T]) => void): void;
  /** Takes all handlers away, those of `subscribeToCallHistory` too. */
  clearHandlers(): void;
  /** Takes a frame; a program may put its own function here. */
  receive(event: { data: string }): void;
  /** Sends any frame. */
  sendCallback(message: object): void;

  /**
   * Logs in with a password, connects, and renews the token as long as the service does.
   *
   * @param url of the service, `https://calls.example.org`; empty for that of the page
   * @returns kept when logged on; rejected with the reason `InvalidCredentials`, `unreachable`,
   *   `unsupported` (there is no WebSocket), …
   */
  login(url: string, username: string, password: string, phoneNumber?: string): Promise<Session>;
  /** Closes the connection for good. */
  close(): void;

  // Each call promises its own answer, which the handlers get as well. It is rejected with a
  // `CtiError`: `refused`, `closed` (the connection was lost before the answer) or `timeout`.

  /** The last `size` calls of the own user; without `size` those of the last ten days. */
  getUserCallHistory(size?: number | null): Promise<CallHistory[]>;
  /** The own user's calls of the last `days` days. */
  getUserCallHistoryByDays(days: number): Promise<CallHistory[]>;
  /** The last `size` calls of the own agent. */
  getAgentCallHistory(size?: number | null): Promise<CallHistory[]>;
  /** The last `size` calls of the queues whose name contains `queue`. */
  getQueueCallHistory(queue: string, size?: number | null): Promise<CallHistory[]>;
  /** A customer's calls. The answer carries `requestId`; null lets the client number it. */
  findCustomerCallHistory(
    requestId: number | string | null | undefined,
    filters: CustomerFilter[],
    size?: number | null,
  ): Promise<CustomerCallHistory>;
  /** Says what the own video does: `Available`, `Busy`, … */
  videoEvent(status: string): void;
  /**
   * Tells `changed` each new and changed call of the own history, also over a connection that
   * was made again, until the returned function is called.
   *
   * @param more `gone`: the history does not show this call any more; `reset`: changes were
   *   missed, ask for the history anew
   */
  subscribeToCallHistory(
    changed: (call: CallHistory) => void,
    more?: { gone?: (callId: string) => void; reset?: () => void },
  ): () => void;
}

/** Why a promise was not kept. */
export class CtiError extends Error {
  constructor(reason: string, message: string, details?: { status?: number; frame?: unknown });
  /**
   * `closed`, `timeout`, `refused`, `loggedOnFailed`, `unreachable`, or what the login answered:
   * `InvalidCredentials`, `InvalidJson`, `UnhandledError`.
   */
  reason: string;
  /** The status of HTTP, where the login answered. */
  status?: number;
  /** What the server sent, where it refused a call. */
  frame?: unknown;
}

/** Makes a client of its own, for programs with more than one connection. */
export function createCti(surroundings?: Surroundings): CtiClient;

/** The client that a page has. */
export const Cti: CtiClient;
export default Cti;
