// A program as they are written for XiVO: handlers only, a login of its own, and another `init` when
// the link is closed.

import assert from "node:assert/strict";
import test from "node:test";

import { client } from "./surroundings.mjs";

/** Shows the calls of whoever is signed in, and asks again while one of them goes on. */
function program(Cti, later) {
  const shown = { panel: "sign in", calls: [], customers: {}, errors: [] };
  Cti.debugMsg = false;
  Cti.debugHandler = false;
  Cti.clearHandlers();
  Cti.setHandler(Cti.MessageType.LOGGEDON, () => {
    shown.panel = "calls";
    Cti.getUserCallHistory(2);
    Cti.findCustomerCallHistory(7, [{ field: "customer.phone", operator: "=", value: "06" }], 5);
  });
  Cti.setHandler(Cti.MessageType.USERCONFIGUPDATE, () => {});
  Cti.setHandler(Cti.MessageType.PHONEEVENT, () => {});
  Cti.setHandler(Cti.MessageType.LINKSTATUSUPDATE, (event) => {
    if (event.status === "closed") shown.panel = "sign in";
  });
  Cti.setHandler(Cti.MessageType.CALLHISTORY, (calls) => {
    shown.calls = calls.map((call) => (call.status === "emitted" ? call.dstNum : call.srcNum));
    if (calls.some((call) => call.status === "ongoing")) {
      later(() => Cti.getUserCallHistory(2), 2000);
    }
  });
  Cti.setHandler(Cti.MessageType.CUSTOMERCALLHISTORY, ({ id, response }) => {
    shown.customers[id] = response.list.length;
  });
  Cti.setHandler(Cti.MessageType.ERROR, (error) => shown.errors.push(error));
  return shown;
}

test("a program that was written for XiVO works as it is", async () => {
  const { cti, clock, sockets, last } = client();
  const shown = program(cti, clock.setTimeout);
  cti.WebSocket.init("wss://xuc/xuc/api/2.0/cti?token=t", "usera", "1000");
  last().logOn();
  assert.equal(shown.panel, "calls");
  assert.deepEqual(last().commands, ["getUserCallHistory", "findCustomerCallHistory"]);
  last().says("CallHistory", [
    { status: "ongoing", srcNum: "1001", dstNum: "1000" },
    { status: "emitted", srcNum: "1000", dstNum: "0611223344" },
  ]);
  last().says("CustomerCallHistoryResponseWithId", { id: 7, response: { total: 9, list: [{}] } });
  assert.deepEqual(shown.calls, ["1001", "0611223344"]);
  assert.deepEqual(shown.customers, { 7: 1 });
  await clock.pass(2000);
  assert.equal(last().commands.length, 3);
  last().says("Error", { Error: "busy" });
  assert.deepEqual(shown.errors, [{ Error: "busy" }]);

  // The service restarts, and the program shows its calls again without being told to.
  last().end(1012);
  assert.equal(shown.panel, "sign in");
  await clock.pass(500);
  last().logOn();
  assert.equal(shown.panel, "calls");

  cti.webSocket.close();
  assert.equal(shown.panel, "sign in");
  await clock.pass(60_000);
  assert.equal(sockets.length, 2);
});
