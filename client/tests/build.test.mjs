// What is published: both forms are made of the sources, behave alike, and are described.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { runInNewContext } from "node:vm";

import { built } from "../build.mjs";
import Cti, * as module from "../cti.mjs";
import { FakeSocket } from "./surroundings.mjs";

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

test("cti.js and cti.mjs are what the sources say", () => {
  for (const [name, text] of Object.entries(built())) {
    assert.ok(read(name) === text, `${name} is out of date: run "node client/build.mjs"`);
  }
});

test("the classic script makes one global, which does the same", async () => {
  const sockets = [];
  class WebSocket extends FakeSocket {
    constructor(url) {
      super(url);
      sockets.push(this);
    }
  }
  const page = { WebSocket, URL, console, setTimeout, clearTimeout };
  const before = Object.keys(page);
  runInNewContext(read("cti.js"), page);
  assert.deepEqual(Object.keys(page), [...before, "Cti"]);
  const extra = ["CtiError", "createCti"];
  assert.deepEqual(Object.keys(page.Cti).sort(), [...Object.keys(Cti), ...extra].sort());
  assert.deepEqual({ ...page.Cti.MessageType }, { ...Cti.MessageType });

  page.Cti.WebSocket.init("ws://localhost/", "usera", "1000");
  sockets[0].logOn();
  const calls = page.Cti.getUserCallHistory(1);
  sockets[0].says("CallHistory", ["one"]);
  assert.deepEqual([...(await calls)], ["one"]);
  const last = page.Cti.getUserCallHistory(1);
  page.Cti.close();
  await assert.rejects(last, (error) => error instanceof page.Cti.CtiError);
});

test("the types name what there is, and nothing else", () => {
  const types = read("cti.d.ts");
  const members = (name) => {
    const body = types.match(new RegExp(`interface ${name}\\b[^{]*\\{([^]*?)\\n\\}`))[1];
    return [...body.matchAll(/^  (?:readonly )?(\w+)[?(:<]/gm)].map(([, member]) => member);
  };
  assert.deepEqual(members("CtiClient").sort(), Object.keys(Cti).sort());
  assert.deepEqual(members("MessageTypes").sort(), Object.keys(Cti.MessageType).sort());
  assert.deepEqual(members("PhoneStatuses").sort(), Object.keys(Cti.PhoneStatus).sort());
  for (const name of Object.keys(module).filter((name) => name !== "default")) {
    assert.match(types, new RegExp(`export (const|function|class) ${name}\\b`));
  }
});

test("the package has the version of the service", () => {
  const [, version] = read("../Cargo.toml").match(/^version = "(.*)"$/m);
  assert.equal(JSON.parse(read("package.json")).version, version);
});
