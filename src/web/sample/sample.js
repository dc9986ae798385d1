// The sample page: each call of cti.js at a button, its answer as a table, and the frames as they
// are. All texts come into the page as text, never as markup.

"use strict";

/** How many frames, and calls as they happen, the page keeps. */
const MOST = 50;

const byId = (id) => document.getElementById(id);
const say = (id, text) => (byId(id).textContent = text);

function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

// The five calls

const fields = byId("fields").elements;
const size = () => (fields.size.value === "" ? null : fields.size.valueAsNumber);
const filters = () => [{ field: "customer.phone", operator: "=", value: fields.number.value }];

/** What each button says, the fields that it needs, and how a client is asked. */
const CALLS = {
  getUserCallHistory: {
    title: "My last calls",
    needs: ["size"],
    ask: (cti) => cti.getUserCallHistory(size()),
  },
  getUserCallHistoryByDays: {
    title: "My calls of the last days",
    needs: ["days"],
    ask: (cti) => cti.getUserCallHistoryByDays(fields.days.valueAsNumber),
  },
  getAgentCallHistory: {
    title: "My last calls as an agent",
    needs: ["size"],
    ask: (cti) => cti.getAgentCallHistory(size()),
  },
  getQueueCallHistory: {
    title: "Last calls of queues",
    needs: ["queue", "size"],
    ask: (cti) => cti.getQueueCallHistory(fields.queue.value, size()),
  },
  findCustomerCallHistory: {
    title: "Last calls of a customer",
    needs: ["number", "size"],
    ask: (cti) => cti.findCustomerCallHistory(null, filters(), size()),
  },
};

/** The frame that a call would send now: a client says it whose socket leads nowhere. */
function preview(call) {
  let frame = "";
  class Socket {
    send(text) {
      frame = text;
    }
    close() {}
  }
  const cti = Cti.createCti({ WebSocket: Socket, setTimeout() {}, clearTimeout() {} });
  cti.WebSocket.init("");
  cti.webSocket.onmessage({ data: '{"msgType":"LoggedOn"}' });
  call.ask(cti);
  return frame;
}

function showPreviews() {
  for (const [name, call] of Object.entries(CALLS)) say(`${name}-frame`, preview(call));
}

let lastAsked = null;

async function ask(name) {
  const call = CALLS[name];
  say("ask-problem", "");
  if (!call.needs.every((field) => fields[field].reportValidity())) return;
  lastAsked = name;
  say("answer-status", `Asking: ${call.title}`);
  try {
    const answer = await call.ask(Cti);
    const calls = answer.list ?? answer;
    const of = answer.total === undefined ? "" : ` of ${answer.total}`;
    showTable(byId("answer"), calls);
    say("answer-status", `${call.title}: ${calls.length}${of}.`);
  } catch (error) {
    showTable(byId("answer"), []);
    say("answer-status", "");
    say("ask-problem", `${call.title}: ${error.message}`);
  }
}

for (const [name, { title }] of Object.entries(CALLS)) {
  const button = element("button", title);
  button.type = "button";
  button.id = name;
  const frame = element("code");
  frame.id = `${name}-frame`;
  const explained = element("span", "sends ", frame);
  explained.id = `${name}-sends`;
  button.setAttribute("aria-describedby", explained.id);
  button.addEventListener("click", () => ask(name));
  byId("calls").append(element("li", button, explained));
}
byId("fields").addEventListener("input", showPreviews);
byId("fields").addEventListener("submit", (event) => event.preventDefault());
// Enter in a field asks for what the field is there for.
byId("fields").addEventListener("keydown", ({ key, target }) => {
  const names = Object.keys(CALLS);
  if (key === "Enter") ask(names.find((name) => CALLS[name].needs[0] === target.name));
});
showPreviews();

// Tables

const PHONES = {
  0: "available",
  1: "in a call",
  2: "busy",
  4: "unavailable",
  8: "ringing",
  9: "in a call, ringing",
  16: "on hold",
  "-1": "deactivated",
  "-2": "removed",
};

/** One side of a call: number, name, and what its phone and video do now. */
function party(call, side) {
  const name = [call[`${side}FirstName`], call[`${side}LastName`]].filter(Boolean).join(" ");
  const video = call[`${side}VideoStatus`];
  const now = [PHONES[call[`${side}PhoneStatus`]], video && `video ${video}`].filter(Boolean);
  const shown = [call[`${side}Num`] ?? call[`${side}Username`], name].filter(Boolean).join(" ");
  return now.length ? `${shown} (${now.join(", ")})` : shown;
}

const COLUMNS = {
  Start: (call) => call.start,
  Status: (call) => call.status,
  From: (call) => party(call, "src"),
  To: (call) => party(call, "dst"),
  Duration: (call) => call.duration,
  Waited: (call) => call.waitTime,
  Queue: (call) => call.queueDisplayName ?? call.queueName ?? call.queueNum,
  Agent: (call) => call.agentName ?? call.agentNum,
};

/** A table of calls, with the columns that have something in them. */
function showTable(section, calls) {
  const columns = Object.entries(COLUMNS).filter(([, of]) => calls.some((call) => of(call)));
  const heads = columns.map(([name]) => {
    const head = element("th", name);
    head.scope = "col";
    return head;
  });
  const rows = calls.map((call) =>
    element("tr", ...columns.map(([, of]) => element("td", of(call) ?? ""))),
  );
  const table = element("table", element("thead", element("tr", ...heads)), element("tbody", ...rows));
  table.setAttribute("aria-labelledby", `${section.id}-status`);
  section.querySelector(".table").replaceChildren(...(calls.length ? [table] : []));
}

// As it happens

let live = [];
let stopLive = null;

function updated(call) {
  live = [call, ...live.filter(({ callId }) => callId !== call.callId)].slice(0, MOST);
  showTable(byId("live"), live);
  say("live-status", `${call.start}: ${call.status}, ${party(call, "src")} to ${party(call, "dst")}.`);
}

function gone(goneId) {
  live = live.filter(({ callId }) => callId !== goneId);
  showTable(byId("live"), live);
  say("live-status", "A call is not in the history any more.");
}

/** Changes were missed: what is shown may be old. */
function reset() {
  if (lastAsked) ask(lastAsked);
}

function switchLive() {
  stopLive?.();
  const isOn = byId("live-switch").checked;
  stopLive = isOn ? Cti.subscribeToCallHistory(updated, { gone, reset }) : null;
}
byId("live-switch").addEventListener("change", switchLive);
switchLive();

// Raw frames

function note(direction, text) {
  const list = byId("frame-list");
  list.prepend(element("li", element("b", `${direction} `), element("code", text)));
  while (list.children.length > MOST) list.lastChild.remove();
}

const { receive, sendCallback } = Cti;
Cti.receive = (event, message) => {
  if (message?.claz !== "ping") note("received", event.data);
  receive(event, message);
};
Cti.sendCallback = (message) => {
  note("sent", JSON.stringify(message));
  sendCallback(message);
};

// Signing in

const signIn = byId("sign-in-form");

/** The service of this page, wherever it lives. */
const service = new URL("..", location.href).href;

function showSignedIn(isSignedIn) {
  byId("sign-in").hidden = isSignedIn;
  for (const id of ["sign-out", "ask", "answer", "live", "frames"]) byId(id).hidden = !isSignedIn;
}

/** What one person saw is not for the next. */
function forget() {
  live = [];
  lastAsked = null;
  for (const id of ["answer", "live"]) showTable(byId(id), []);
  byId("frame-list").replaceChildren();
  say("answer-status", "Nothing was asked yet.");
  say("live-status", "No update yet.");
  say("ask-problem", "");
}

signIn.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { username, password } = signIn.elements;
  const button = signIn.querySelector("button");
  button.disabled = true;
  say("sign-in-problem", "");
  forget();
  try {
    await Cti.login(service, username.value, password.value);
    password.value = "";
    showSignedIn(true);
    byId("ask-title").focus();
  } catch (error) {
    say("sign-in-problem", error.message);
    password.focus();
  } finally {
    button.disabled = false;
  }
});

byId("sign-out").addEventListener("click", () => {
  Cti.close();
  forget();
  say("sign-in-problem", "");
  say("link", "Signed out.");
  signIn.elements.username.focus();
});

Cti.setHandler(Cti.MessageType.LOGGEDON, () => {
  say("link", `Signed in as ${Cti.username}.`);
  if (!stopLive) reset();
});

Cti.setHandler(Cti.MessageType.LINKSTATUSUPDATE, ({ status, retryIn }) => {
  if (status === "opened") return;
  if (retryIn !== undefined) {
    say("link", "The connection is lost, and being made again.");
    return;
  }
  const wasSignedIn = byId("sign-in").hidden;
  say("link", "Not connected.");
  showSignedIn(false);
  if (wasSignedIn) {
    say("sign-in-problem", "Your session has ended: sign in again.");
    signIn.elements.password.focus();
  }
});
