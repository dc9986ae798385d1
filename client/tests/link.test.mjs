// The connection: pings, what happens when it is lost, and who may close it.

import assert from "node:assert/strict";
import test from "node:test";

import { client, loggedOn, told, settled, URL_OF_SOCKET } from "./surroundings.mjs";

const statuses = (events) => events.map(({ status }) => status);

test("init connects, tells the status, and promises to have logged on", async () => {
  const { cti, last } = client();
  const links = told(cti, cti.MessageType.LINKSTATUSUPDATE);
  const greetings = told(cti, cti.MessageType.LOGGEDON);
  const promise = cti.WebSocket.init(URL_OF_SOCKET, "usera", "1000");
  let isLoggedOn = false;
  promise.then(() => (isLoggedOn = true));
  assert.equal(last().url, URL_OF_SOCKET);
  assert.equal(cti.username, "usera");
  assert.equal(cti.agentNumber, "1000");
  last().open();
  await settled();
  assert.equal(isLoggedOn, false);
  last().says("LoggedOn", {});
  await promise;
  assert.deepEqual(links, [{ status: "opened" }]);
  assert.equal(greetings.length, 1);
});

test("an address that is none is the caller's error", () => {
  const { cti, clock } = client();
  assert.throws(() => cti.WebSocket.init("ftp://x"), SyntaxError);
  assert.equal(clock.waiting, 0);
});

test("a ping goes out every 5 s, and any frame counts as life", async () => {
  const { clock, sockets, last } = loggedOn();
  for (let beat = 1; beat <= 10; beat += 1) {
    await clock.pass(5000);
    assert.equal(last().pings, beat);
    last().raw(beat % 2 ? '{"claz":"ping"}' : '{"msgType":"CallHistory","ctiMessage":[]}');
  }
  assert.equal(sockets.length, 1);
});

test("after three pings without any answer the connection is closed, and made again", async () => {
  const { cti, clock, sockets, last } = loggedOn();
  const links = told(cti, cti.MessageType.LINKSTATUSUPDATE);
  const first = last();
  const waits = cti.getUserCallHistory(1);
  await clock.pass(19_999);
  assert.equal(first.pings, 3);
  assert.equal(first.isClosed, false);
  await clock.pass(1);
  assert.equal(first.isClosed, true);
  await assert.rejects(waits, { reason: "closed" });
  assert.deepEqual(statuses(links), ["closed"]);
  await clock.pass(1000);
  assert.equal(sockets.length, 2);
  // What the old one still says concerns nobody.
  first.says("LoggedOn", {});
  first.end(1006);
  assert.deepEqual(statuses(links), ["closed"]);
});

test("a server that never answers an attempt does not keep the client waiting", async () => {
  const { cti, clock, sockets } = client();
  cti.WebSocket.init(URL_OF_SOCKET);
  await clock.pass(25_000);
  assert.equal(sockets.length, 2);
  assert.equal(sockets[0].isClosed, true);
});

test("pauses between attempts grow to half a minute, and begin anew when a connection held", async () => {
  const { cti, clock, sockets, last } = client();
  const links = told(cti, cti.MessageType.LINKSTATUSUPDATE);
  cti.WebSocket.init(URL_OF_SOCKET);
  const pauses = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const before = sockets.length;
    last().end(1006);
    let pause = 0;
    while (sockets.length === before) {
      await clock.pass(250);
      pause += 250;
    }
    pauses.push(pause);
  }
  assert.deepEqual(pauses, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500, 22_500]);
  // One closing is news, the attempts that fail are not.
  assert.deepEqual(statuses(links), ["closed"]);
  last().logOn();
  await clock.pass(5000);
  last().end(1006);
  assert.equal(links[links.length - 1].retryIn, 750);
});

test("who logs on and is thrown out at once waits longer from time to time", async () => {
  const { cti, clock, last } = client();
  const links = told(cti, cti.MessageType.LINKSTATUSUPDATE);
  cti.WebSocket.init(URL_OF_SOCKET);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    last().logOn();
    last().end(1011);
    await clock.pass(links[links.length - 1].retryIn);
  }
  const pauses = links.filter(({ status }) => status === "closed").map(({ retryIn }) => retryIn);
  assert.deepEqual(pauses, [750, 1500, 3000]);
});

test("a server that restarts is asked again at once, but not by all clients together", async () => {
  const pauses = [];
  for (const code of [1001, 1012]) {
    for (const random of [0, 0.5, 0.999]) {
      const { cti, clock, last } = loggedOn({ random: () => random });
      await clock.pass(5000);
      const links = told(cti, cti.MessageType.LINKSTATUSUPDATE);
      last().end(code, "restart");
      pauses.push(links[0].retryIn);
      assert.equal(links[0].code, code);
      assert.equal(links[0].reason, "restart");
    }
  }
  assert.deepEqual(pauses, [0, 250, 499.5, 0, 250, 499.5]);
});

test("a token that is refused ends it", async () => {
  const { cti, clock, sockets, last } = client();
  const links = told(cti, cti.MessageType.LINKSTATUSUPDATE);
  const refusals = told(cti, cti.MessageType.LOGGEDONERROR);
  const promise = cti.WebSocket.init(URL_OF_SOCKET);
  const call = cti.getUserCallHistory(1);
  last().open();
  last().says("LoggedOnError", { Error: "loggedOnFailed" });
  await assert.rejects(promise, { reason: "loggedOnFailed" });
  await assert.rejects(call, { reason: "closed" });
  assert.deepEqual(refusals, [{ Error: "loggedOnFailed" }]);
  assert.deepEqual(statuses(links), ["opened", "closed"]);
  assert.equal(links[1].retryIn, undefined);
  await clock.pass(60_000);
  assert.equal(sockets.length, 1);
  assert.equal(clock.waiting, 0);
});

test("who closes it, by either name, is not connected again", async () => {
  for (const close of [(cti) => cti.close(), (cti) => cti.webSocket.close()]) {
    const { cti, clock, sockets, last } = loggedOn();
    const links = told(cti, cti.MessageType.LINKSTATUSUPDATE);
    const waits = cti.getUserCallHistory(1);
    close(cti);
    close(cti);
    assert.equal(last().isClosed, true);
    await assert.rejects(waits, { reason: "closed" });
    assert.deepEqual(statuses(links), ["closed"]);
    await clock.pass(60_000);
    assert.equal(sockets.length, 1);
    assert.equal(clock.waiting, 0);
  }
});

test("closing during the pause ends the attempts", async () => {
  const { cti, clock, sockets, last } = loggedOn();
  last().end(1006);
  cti.webSocket.close();
  await clock.pass(60_000);
  assert.equal(sockets.length, 1);
});

test("a program that connects again by itself, as XiVO's do, has one connection", async () => {
  const { cti, clock, sockets, last } = loggedOn();
  cti.setHandler(cti.MessageType.LINKSTATUSUPDATE, ({ status }) => {
    if (status === "closed") cti.WebSocket.init(URL_OF_SOCKET + "2", "usera", "1000");
  });
  last().end(1006);
  assert.equal(sockets.length, 2);
  last().logOn();
  await clock.pass(4000);
  assert.equal(sockets.length, 2);
  assert.equal(last().isClosed, false);
});

test("another init lets go of the first connection", async () => {
  const { cti, sockets } = loggedOn();
  const waits = cti.getUserCallHistory(1);
  cti.WebSocket.init(URL_OF_SOCKET + "2");
  assert.equal(sockets[0].isClosed, true);
  await assert.rejects(waits, { reason: "closed" });
});

test("a class of sockets can be given to init", () => {
  const { cti } = client({ WebSocket: undefined });
  const urls = [];
  class Mine {
    constructor(url) {
      urls.push(url);
    }
    close() {}
  }
  cti.WebSocket.init(URL_OF_SOCKET, "usera", "1000", Mine);
  assert.deepEqual(urls, [URL_OF_SOCKET]);
});

test("where there is no WebSocket, the error says how to bring one", async () => {
  const around = globalThis.WebSocket;
  globalThis.WebSocket = undefined;
  try {
    const { cti } = client({ WebSocket: undefined });
    const fault = { reason: "unsupported", message: /createCti\(\{ WebSocket \}\)/ };
    assert.throws(() => cti.WebSocket.init(URL_OF_SOCKET), fault);
  } finally {
    globalThis.WebSocket = around;
  }
});
