// Makes what is published of src/: cti.mjs, one ES module, and cti.js, the same code as a classic
// script with a global `Cti`. `node build.mjs` writes them; a test sees that nobody forgot to.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NOTE = "// call-history's client. Made of src/ by build.mjs: change it there.\n";
const PARTS = ["names", "link", "login", "cti"];

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The parts as one text without imports and exports. Their names are all different. */
function body() {
  const parts = PARTS.map((part) => readFileSync(here(`src/${part}.mjs`), "utf8"));
  const plain = parts.map((text) =>
    text
      .replace(/^import .*;\n/gm, "")
      .replace(/^export (default|\{).*;\n/gm, "")
      .replace(/^export /gm, "")
      .trim(),
  );
  return plain.join("\n\n").replace(/\n{3,}/g, "\n\n");
}

/** The files, by name. */
export function built() {
  const code = body();
  return {
    "cti.mjs": `${NOTE}\n${code}\n\nexport { Cti, CtiError, createCti };\nexport default Cti;\n`,
    "cti.js": `${NOTE}
var Cti = (function () {
"use strict";

${code}

return Object.assign(Cti, { CtiError, createCti });
})();
`,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(built())) writeFileSync(here(name), text);
}
