// The login: a token, a connection with it, and the next token before it ends.

import assert from "node:assert/strict";
import test from "node:test";

import { client, settled, told } from "./surroundings.mjs";

const BASE = "https://calls.example.org";
const LOGIN = `${BASE}/xuc/api/2.0/auth/login`;
const CHECK = `${BASE}/xuc/api/2.0/auth/check`;
const JSON_HEADERS = { "Content-Type": "application/json" };

/** A client whose requests are answered by these, one after the other. */
function withAnswers(...answers) {
  const requests = [];
  const fetch = async (url, { signal, ...request }) => {
    requests.push({ url, ...request });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    const aborted = new Promise((_, reject) => (signal.onabort = () => reject(signal.reason)));
    const [status, body] = await Promise.race([answer, aborted]);
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
  };
  return { requests, ...client({ fetch }) };
}

const token = (token, TTL) => [200, { login: "usera", token, TTL }];

test("a login brings a token and connects with it", async () => {
  const { cti, requests, last } = withAnswers(token("a b&c", 3600));
  const promise = cti.login(BASE, "usera", "secret");
  await settled();
  assert.deepEqual(requests, [
    {
      url: LOGIN,
      method: "POST",
      headers: JSON_HEADERS,
      body: '{"login":"usera","password":"secret"}',
      credentials: "omit",
    },
  ]);
  assert.equal(last().url, "wss://calls.example.org/xuc/api/2.0/cti?token=a+b%26c");
  last().logOn();
  assert.deepEqual(await promise, { login: "usera", token: "a b&c", TTL: 3600 });
  assert.equal(cti.username, "usera");
});

test("the service may live below a path, and without TLS", async () => {
  for (const [url, socket] of [
    ["http://localhost:8080", "ws://localhost:8080/xuc/api/2.0/cti?token=t"],
    ["http://localhost:8080/", "ws://localhost:8080/xuc/api/2.0/cti?token=t"],
    ["https://example.org/calls", "wss://example.org/calls/xuc/api/2.0/cti?token=t"],
  ]) {
    const { cti, last } = withAnswers(token("t", 3600));
    cti.login(url, "usera", "secret").catch(() => {});
    await settled();
    assert.equal(last().url, socket);
  }
});

test("a login that fails says why, and connects nowhere", async () => {
  const wrong = { error: "InvalidCredentials", message: "wrong username or password" };
  for (const [answer, expected] of [
    [[401, wrong], { reason: "InvalidCredentials", message: wrong.message, status: 401 }],
    [[502, "<html>"], { reason: "UnhandledError", message: /502/, status: 502 }],
    [[200, {}], { reason: "UnhandledError", status: 200 }],
    [[200, "null"], { reason: "UnhandledError", status: 200 }],
    [new TypeError("Failed to fetch"), { reason: "unreachable", message: /Failed to fetch/ }],
  ]) {
    const { cti, clock, sockets } = withAnswers(answer);
    await assert.rejects(cti.login(BASE, "usera", "secret"), expected);
    assert.equal(sockets.length, 0);
    assert.equal(clock.waiting, 0);
  }
});

test("a login that is not answered ends after half a minute", async () => {
  const { cti, clock, sockets } = withAnswers(new Promise(() => {}));
  const refused = assert.rejects(cti.login(BASE, "usera", "secret"), { reason: "unreachable" });
  await clock.pass(30_000);
  await refused;
  assert.equal(sockets.length, 0);
});

test("a lifetime that is none is an hour", async () => {
  for (const TTL of [undefined, null, 0, -1, "soon"]) {
    const { cti, requests, clock } = withAnswers(token("t", TTL), [401, {}]);
    cti.login(BASE, "usera", "secret").catch(() => {});
    await clock.pass(3600 * 0.6 * 1000 - 1);
    assert.equal(requests.length, 1);
    await clock.pass(1);
    assert.equal(requests.length, 2);
    cti.close();
  }
});

test("a login that is answered after all was closed connects nowhere", async () => {
  let answer;
  const { cti, sockets } = withAnswers(new Promise((resolve) => (answer = resolve)));
  const promise = cti.login(BASE, "usera", "secret");
  cti.close();
  answer(token("t", 3600));
  await assert.rejects(promise, { reason: "closed" });
  assert.equal(sockets.length, 0);
});

/** The client after a login, and its requests after that one. */
async function loggedIn(...answers) {
  const all = withAnswers(token("t1", 3600), ...answers);
  const promise = all.cti.login(BASE, "usera", "secret");
  await settled();
  all.last().logOn();
  await promise;
  all.requests.length = 0;
  /** Lets time go by while the server answers pings. */
  all.live = async (seconds) => {
    for (let passed = 0; passed < seconds; passed += 5) {
      await all.clock.pass(5000);
      if (all.last().isOpen) all.last().raw('{"claz":"ping"}');
    }
  };
  return all;
}

test("the token is renewed before it ends, and the next connection has the new one", async () => {
  const { cti, requests, live, clock, last, sockets } = await loggedIn(
    [200, { login: "usera", token: "t2" }],
    [200, { login: "usera", token: "t3" }],
  );
  await live(3600 * 0.6 - 5);
  assert.deepEqual(requests, []);
  await live(5);
  const asks = (token) => ({
    url: CHECK,
    headers: { Authorization: `Bearer ${token}` },
    credentials: "omit",
  });
  assert.deepEqual(requests, [asks("t1")]);
  await live(3600 * 0.6);
  assert.deepEqual(requests, [asks("t1"), asks("t2")]);
  assert.equal(sockets.length, 1);
  // The server ends the connection with the token that it began with.
  const links = told(cti, cti.MessageType.LINKSTATUSUPDATE);
  last().says("LoggedOnError", { Error: "loggedOnFailed" });
  assert.equal(links[0].retryIn, 750);
  await clock.pass(1000);
  assert.match(last().url, /token=t3$/);
});

test("a renewal that fails is tried again, unless the session is over", async () => {
  const { requests, live } = await loggedIn(
    new TypeError("offline"),
    [503, {}],
    [401, { error: "InvalidCredentials", message: "over" }],
  );
  await live(3600 * 0.6);
  assert.equal(requests.length, 1);
  await live(3600 * 0.1);
  assert.equal(requests.length, 2);
  await live(3600 * 0.1);
  assert.equal(requests.length, 3);
  await live(3600);
  assert.equal(requests.length, 3);
});

test("nothing is renewed after closing, after a refusal, and after another init", async () => {
  for (const end of [
    ({ cti }) => cti.close(),
    ({ last }) => last().says("LoggedOnError", { Error: "loggedOnFailed" }),
    ({ cti }) => {
      cti.WebSocket.init("ws://localhost/");
      cti.close();
    },
  ]) {
    const all = await loggedIn();
    end(all);
    assert.equal(all.clock.waiting, 0);
    await all.clock.pass(3600_000);
    assert.deepEqual(all.requests, []);
  }
});
