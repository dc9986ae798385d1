// The calls: what they send, and which answer is whose.

import assert from "node:assert/strict";
import test from "node:test";

import { client, loggedOn, told } from "./surroundings.mjs";

const rejectsAs = (promise, reason, text = /./) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.name, "CtiError");
    assert.equal(error.reason, reason);
    assert.match(error.message, text);
    return true;
  });

test("the five calls send the frames of XiVO's clients", () => {
  const { cti, last } = loggedOn();
  cti.getUserCallHistory(20);
  cti.getUserCallHistory(null);
  cti.getUserCallHistory();
  cti.getUserCallHistory("20");
  cti.getUserCallHistoryByDays(7);
  cti.getAgentCallHistory(20);
  cti.getQueueCallHistory("bl", 10);
  const filters = [{ field: "customer.phone", operator: "=", value: "0611223344" }];
  cti.findCustomerCallHistory(17, filters, 10);
  cti.videoEvent("Busy");
  assert.deepEqual(last().sent, [
    { claz: "web", command: "getUserCallHistory", size: 20 },
    { claz: "web", command: "getUserCallHistory", size: null },
    { claz: "web", command: "getUserCallHistory" },
    { claz: "web", command: "getUserCallHistory", size: "20" },
    { claz: "web", command: "getUserCallHistoryByDays", days: 7 },
    { claz: "web", command: "getAgentCallHistory", size: 20 },
    { claz: "web", command: "getQueueCallHistory", queue: "bl", size: 10 },
    { claz: "web", command: "findCustomerCallHistory", id: 17, request: { filters, size: 10 } },
    { claz: "web", command: "videoEvent", status: "Busy" },
  ]);
});

test("handlers get what arrives, each once, until they are taken away", () => {
  const { cti, last } = loggedOn();
  const seen = [];
  const first = (calls) => seen.push(["first", calls]);
  const second = (calls) => seen.push(["second", calls]);
  cti.setHandler(cti.MessageType.CALLHISTORY, first);
  cti.setHandler(cti.MessageType.CALLHISTORY, first);
  cti.setHandler(cti.MessageType.CALLHISTORY, second);
  cti.setHandler(cti.MessageType.USERCONFIGUPDATE, () => seen.push("a type that is none"));
  last().says("CallHistory", [1]);
  cti.unsetHandler(cti.MessageType.CALLHISTORY, first);
  cti.unsetHandler(cti.MessageType.CUSTOMERCALLHISTORY, first);
  last().says("CallHistory", [2]);
  cti.clearHandlers();
  last().says("CallHistory", [3]);
  assert.deepEqual(seen, [
    ["first", [1]],
    ["second", [1]],
    ["second", [2]],
  ]);
});

test("a handler that fails keeps nothing from the others", (context) => {
  const { cti, last } = loggedOn();
  const errors = context.mock.method(console, "error", () => {});
  cti.setHandler(cti.MessageType.CALLHISTORY, () => {
    throw new Error("not my day");
  });
  const calls = told(cti, cti.MessageType.CALLHISTORY);
  last().says("CallHistory", []);
  assert.deepEqual(calls, [[]]);
  assert.equal(errors.mock.callCount(), 1);
});

test("answers belong to calls in the order of the calls", async () => {
  const { cti, last } = loggedOn();
  const user = cti.getUserCallHistory(1);
  const customer = cti.findCustomerCallHistory(17, [], 1);
  const other = cti.findCustomerCallHistory("18", [], 1);
  const unnumbered = cti.findCustomerCallHistory(null, [], 1);
  const queue = cti.getQueueCallHistory("bl", 1);
  const { id } = last().sent[3];
  assert.equal(typeof id, "number");
  const found = (id, total) => ({ id, response: { total, list: [] } });
  last().says("CustomerCallHistoryResponseWithId", found(id, 3));
  last().says("CustomerCallHistoryResponseWithId", found(18, 2));
  last().says("CallHistory", ["of the user"]);
  last().says("CustomerCallHistoryResponseWithId", found(17, 1));
  last().says("CallHistory", ["of the queue"]);
  last().says("CallHistory", ["of nobody"]);
  assert.deepEqual(await user, ["of the user"]);
  assert.deepEqual(await queue, ["of the queue"]);
  assert.deepEqual(await customer, { total: 1, list: [] });
  assert.deepEqual(await other, { total: 2, list: [] });
  assert.deepEqual(await unnumbered, { total: 3, list: [] });
});

test("an error rejects the call that it names, else the oldest, and goes to the handlers", async () => {
  const { cti, last } = loggedOn();
  const errors = told(cti, cti.MessageType.ERROR);
  const user = cti.getUserCallHistory(1);
  const agent = cti.getAgentCallHistory(1);
  const again = cti.getUserCallHistory(2);
  last().says("Error", { Error: "no agent", command: "getAgentCallHistory" });
  last().says("Error", { Error: "busy" });
  last().says("Error", { Error: "no status", command: "videoEvent" });
  last().says("CallHistory", [2]);
  await rejectsAs(agent, "refused", /getAgentCallHistory: no agent/);
  await rejectsAs(user, "refused", /getUserCallHistory: busy/);
  assert.deepEqual(await again, [2]);
  assert.equal(errors.length, 3);
  last().says("Error");
});

test("an answer that comes too late is not taken for the next one's", async () => {
  const { cti, clock, last } = loggedOn();
  const slow = cti.getUserCallHistory(1);
  for (let beat = 0; beat < 6; beat += 1) {
    await clock.pass(5000);
    last().raw('{"claz":"ping"}');
  }
  await rejectsAs(slow, "timeout", /30 s/);
  const next = cti.getUserCallHistory(2);
  last().says("CallHistory", ["late"]);
  last().says("CallHistory", ["in time"]);
  assert.deepEqual(await next, ["in time"]);
});

test("calls wait while the connection is being made, and are refused where there is none", async () => {
  const { cti, last } = client();
  await rejectsAs(cti.getUserCallHistory(1), "closed", /no connection/);
  cti.WebSocket.init("ws://localhost/", "usera", "1000");
  const early = cti.getUserCallHistory(1);
  cti.sendCallback(cti.WebsocketMessageFactory.createMessage("getList"));
  last().open();
  assert.deepEqual(last().sent, []);
  last().says("LoggedOn", {});
  assert.deepEqual(last().commands, ["getUserCallHistory", "getList"]);
  last().says("CallHistory", []);
  assert.deepEqual(await early, []);
  cti.close();
  await rejectsAs(cti.getUserCallHistory(1), "closed");
});

test("nobody has to look at the promises", async () => {
  const { cti, last } = loggedOn();
  const unhandled = [];
  const note = (error) => unhandled.push(error);
  process.on("unhandledRejection", note);
  cti.getUserCallHistory(1);
  cti.findCustomerCallHistory(1, [], 1);
  last().says("Error", { Error: "busy" });
  cti.close();
  cti.getAgentCallHistory(1);
  cti.WebSocket.init("ws://localhost/");
  cti.close();
  await new Promise((resolve) => setTimeout(resolve, 10));
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});

test("changes are subscribed to once, again after a reconnect, and until nobody listens", async () => {
  const { cti, clock, last } = client();
  const seen = [];
  const listener = ({ callId }) => seen.push(callId);
  const more = { gone: (callId) => seen.push(`gone ${callId}`), reset: () => seen.push("reset") };
  const stopFirst = cti.subscribeToCallHistory(listener);
  cti.WebSocket.init("ws://localhost/");
  last().logOn();
  const stopSecond = cti.subscribeToCallHistory(listener, more);
  assert.deepEqual(last().commands, ["subscribeToCallHistory"]);
  last().says("CallHistoryUpdate", { callId: "a" });
  stopFirst();
  stopFirst();
  last().says("CallHistoryUpdate", { callId: "b" });
  last().says("CallHistoryGone", { callId: "a" });
  last().says("CallHistoryReset", {});
  assert.deepEqual(seen, ["a", "a", "b", "gone a", "reset"]);
  last().end(1006);
  await clock.pass(1000);
  last().logOn();
  // What happened between the connections was missed.
  assert.deepEqual(seen.splice(0), ["a", "a", "b", "gone a", "reset", "reset"]);
  assert.deepEqual(last().commands, ["subscribeToCallHistory"]);
  stopSecond();
  stopSecond();
  last().says("CallHistoryUpdate", { callId: "c" });
  assert.deepEqual(last().commands, ["subscribeToCallHistory", "unsubscribeFromCallHistory"]);
  cti.subscribeToCallHistory(listener);
  cti.clearHandlers();
  cti.clearHandlers();
  last().says("CallHistoryUpdate", { callId: "d" });
  assert.deepEqual(last().commands.slice(2), [
    "subscribeToCallHistory",
    "unsubscribeFromCallHistory",
  ]);
  cti.WebSocket.init("ws://localhost/");
  last().logOn();
  assert.deepEqual(last().commands, []);
  assert.deepEqual(seen, []);
});

test("a program may take the frames itself, and promises are kept all the same", async () => {
  const { cti, last } = loggedOn();
  const events = [];
  cti.receive = (event) => events.push(event.data);
  const calls = cti.getUserCallHistory(1);
  last().says("CallHistory", [1]);
  assert.deepEqual(await calls, [1]);
  assert.deepEqual(events, ['{"msgType":"CallHistory","ctiMessage":[1]}']);
});

test("functions of the client work without it", async () => {
  const { cti, last } = loggedOn();
  const { getUserCallHistory, setHandler, sendCallback } = cti;
  const seen = [];
  setHandler(cti.MessageType.CALLHISTORY, (calls) => seen.push(calls));
  const calls = getUserCallHistory(1);
  sendCallback({ claz: "web", command: "getList", objectType: "queue" });
  last().says("CallHistory", [1]);
  assert.deepEqual(await calls, [1]);
  assert.deepEqual(seen, [[1]]);
  assert.deepEqual(last().commands, ["getUserCallHistory", "getList"]);
});

test("frames that make no sense are left out", (context) => {
  const { cti, last } = loggedOn();
  const warnings = context.mock.method(console, "warn", () => {});
  const calls = told(cti, cti.MessageType.CALLHISTORY);
  for (const text of ["", "{", "null", "1", "[]", '"x"', "{}", '{"msgType":null}']) last().raw(text);
  last().says("CallHistory", []);
  assert.deepEqual(calls, [[]]);
  assert.equal(warnings.mock.callCount(), 2);
});
