// XiVO's login: a token for a password, and another before it ends.

import { CtiError } from "./names.mjs";

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
export async function logIn(around, url, login, password) {
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
export function socketUrl({ base, token }) {
  const url = new URL(SOCKET_PATH, base);
  url.protocol = base.protocol.replace("http", "ws");
  url.searchParams.set("token", token);
  return url.href;
}

/** Renews the token of a session, which gets the new one, until the returned function is called. */
export function keepFresh(around, session) {
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
