// cti.d.ts names what the service sends.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

test("every member of a call has its type, but for `calls`, which only lists over HTTP have", () => {
  const { schemas } = JSON.parse(read("../../openapi/openapi.json")).components;
  const declared = read("../cti.d.ts").match(/interface CallHistory \{\n([^]*?)\n\}/)[1];
  const typed = [...declared.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);
  const sent = Object.keys(schemas.CallHistory.properties).filter((name) => name !== "calls");
  assert.deepEqual(typed.sort(), sent.sort());
});
