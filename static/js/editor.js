// The editor: each change is sent, in turn, and what comes of it is put in place. All of it works by forms, too.
import { watchDrag } from "./editor-drag.js";
import { watchLiquid } from "./editor-liquid.js";
import { Preview } from "./editor-frame.js";

const editor = document.getElementById("editor");
const words = editor.dataset;
const at = new URLSearchParams(location.search);
let turn = words.turn;
let block = words.block;
let savedAt;
let dirty = false; // something typed is not on its way yet
let onTheWay = 0;
let line = Promise.resolve();

const part = (name) => document.querySelector(`[data-part=${name}]`);
const fields = () => document.getElementById("fields");

function say(text) {
  const region = document.getElementById("said");
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

// --- How the draft stands ---
function state(text, stands = "unsaved") {
  editor.dataset.state = stands;
  const shown = document.getElementById("state");
  if (shown) shown.textContent = text;
}
function tick() {
  if (!savedAt || onTheWay || dirty) return;
  const seconds = Math.max(1, Math.round((Date.now() - savedAt) / 1000));
  state(seconds < 60 ? words.seconds.replace("N", seconds) : words.minutes.replace("N", Math.round(seconds / 60)), "saved");
}
setInterval(tick, 1000);
addEventListener("beforeunload", (event) => { if (dirty || onTheWay) event.preventDefault(); });

// --- What changed is put in place; the focus stays where it was ---
function where(element) {
  if (!element || element === document.body) return null;
  const row = element.closest("[data-block]")?.dataset.block;
  if (element.matches(".grip-button, .block-link")) return `[data-block="${row}"] .${element.classList[0]}`;
  if (element.matches("button[form=act]")) return `button[form=act][value="${element.value}"]`;
  return element.id ? `#${CSS.escape(element.id)}` : null;
}
function put(parts, names) {
  const focused = document.activeElement;
  const kept = where(focused);
  for (const name of names) if (parts[name] !== undefined && part(name)) part(name).innerHTML = parts[name];
  if (kept && !focused.isConnected) document.querySelector(kept)?.focus({ preventScroll: true });
}
function settle(answer, { panel }) {
  turn = String(answer.turn);
  for (const input of document.querySelectorAll("input[name=turn]")) input.value = turn;
  const moved = answer.block !== block;
  block = answer.block;
  at.set("block", block);
  if (!block) at.delete("block");
  history.replaceState(null, "", at.size ? `?${at}` : location.pathname);
  const names = ["proof", "bar", "languages", "seen"];
  if (onTheWay <= 1) names.push("blocks"); // more is coming: what it would show is old
  if (panel || moved) names.push("panel");
  put(answer.parts, names);
  for (const input of document.querySelectorAll("input[name=turn]")) input.value = turn;
  if (names.includes("panel")) liquid();
  const subject = document.getElementById("seen-subject");
  if (subject) subject.textContent = answer.subject;
  if (answer.said) say(answer.said);
}

// --- Changes go one after the other, each told the turn it was made in ---
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function post(url, data) {
  data.set("csrfmiddlewaretoken", document.querySelector("#act [name=csrfmiddlewaretoken]").value);
  for (;;) {
    data.set("turn", turn);
    let answer;
    try {
      answer = await fetch(url, { method: "POST", body: data, headers: { "X-Editor": "1" } });
    } catch {
      state(words.offline);
      await pause(2500);
      continue;
    }
    if (!answer.headers.get("Content-Type")?.includes("json")) throw new Error(`${answer.status}`);
    const said = await answer.json();
    if (answer.status !== 409) return { ok: answer.ok, said };
    if ((await choose(said.overtaken)) === "theirs") {
      dirty = false;
      onTheWay = 0;
      location.reload();
      await new Promise(() => {});
    }
    turn = String(said.turn);
  }
}
function choose(said) {
  const banner = document.getElementById("conflict");
  banner.querySelector("span").textContent = said;
  banner.hidden = false;
  banner.querySelector("button").focus();
  return new Promise((done) => {
    banner.onclick = (event) => {
      const choice = event.target.closest("[data-conflict]")?.dataset.conflict;
      if (!choice) return;
      banner.hidden = true;
      done(choice);
    };
  });
}

function send(data, { about = block, panel = true, url = words.edit } = {}) {
  onTheWay += 1;
  state(words.saving, "saving");
  const job = line.then(async () => {
    const asked = new URLSearchParams(at);
    asked.set("block", about);
    const before = turn;
    const { ok, said } = await post(`${url.split("?")[0]}?${asked}`, data);
    if (!ok) {
      refuse(said);
      return false;
    }
    forgive();
    settle(said, { panel });
    savedAt = Date.now();
    if (turn !== before) preview?.load();
    preview?.choose(block);
    return true;
  }).catch(() => {
    state(words.unsaved);
    return false;
  }).finally(() => {
    onTheWay -= 1;
    tick();
  });
  line = job;
  return job;
}
async function act(value) {
  if (!(await flush())) return false;
  const data = new FormData();
  data.set("act", value);
  return send(data);
}

// --- What was refused is said beside its field, and stays in it ---
function refuse(said) {
  state(words.unsaved);
  dirty = true;
  const field = document.getElementById(`f_${said.field}`) ?? document.querySelector(`#fields [name^="${said.field}_"]`);
  forgive();
  const note = document.createElement("div");
  note.className = "error refused";
  note.id = "refused";
  note.setAttribute("role", "alert");
  note.textContent = said.refused;
  (field?.closest(".field") ?? fields()).append(note);
  field?.setAttribute("aria-invalid", "true");
  field?.setAttribute("aria-errormessage", "refused");
}
function forgive() {
  document.getElementById("refused")?.remove();
  for (const field of document.querySelectorAll("#fields [aria-errormessage]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-errormessage");
  }
}

// --- Fields are saved as one types ---
let typing;
function save() {
  clearTimeout(typing);
  dirty = false;
  return send(new FormData(fields()), { about: fields().dataset.block, panel: false });
}
async function flush() {
  if (dirty) await save();
  await line;
  if (dirty) document.querySelector("#fields [aria-invalid]")?.focus();
  return !dirty;
}
document.addEventListener("input", (event) => {
  if (event.target.id === "new-picture" || event.target.form?.id !== "fields") return;
  dirty = true;
  state(words.saving, "typing"); // what is on the screen is not kept yet
  clearTimeout(typing);
  typing = setTimeout(save, event.target.matches("select, [type=checkbox], [type=radio]") ? 0 : 500);
});
document.addEventListener("change", async (event) => {
  if (event.target.id !== "new-picture" || !event.target.files.length) return;
  const picture = event.target.files[0];
  if (!(await flush())) return;
  const data = new FormData();
  data.set("upload", picture);
  await send(data, { url: words.upload });
  document.getElementById("f_alt")?.focus();
});

// --- Forms of the page ---
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id === "act" || form.id === "fields" || form.id === "upload") {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.id === "fields") save();
    else if (form.id === "act" && !drag.justDropped(event.submitter)) act(event.submitter.value).then(() => show(block && "settings"));
  } else if (form.matches("[data-flush]")) {
    event.preventDefault();
    if (await flush()) form.submit();
  }
});

// --- Choosing a block ---
async function select(next, { focus = "", tab = "settings" } = {}) {
  if (!(await flush())) return;
  if (next !== block) {
    const asked = new URLSearchParams(at);
    asked.set("block", next);
    const answer = await fetch(`${words.page.split("?")[0]}?${asked}`, { headers: { "X-Editor": "1" } });
    settle(await answer.json(), { panel: true });
    tick();
  }
  preview?.choose(block);
  if (tab) show(tab);
  const field = focus && (document.getElementById(`f_${focus}`) ?? document.querySelector(`#fields [name^="${focus}"]`));
  (field || (tab && narrow.matches ? fields().querySelector("input:not([type=hidden]), textarea, select") : null))?.focus();
}
document.addEventListener("click", async (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a");
  if (!link) return;
  if (link.matches(".block-link, .head-link")) {
    event.preventDefault();
    await select(link.closest("[data-block]").dataset.block);
  } else if (link.matches(".checks a")) {
    event.preventDefault();
    const { block: next, field, language } = link.dataset;
    if (language && language !== words.language) {
      if (await flush()) location.assign(link.href);
    } else await select(next, { focus: field });
  } else if (link.matches("[data-go], .tabs a, .crumb")) {
    event.preventDefault();
    if (await flush()) location.assign(link.href);
  } else if (link.dataset.set) {
    event.preventDefault();
    at.set(link.dataset.set, link.dataset.to);
    for (const other of link.parentElement.children) other.toggleAttribute("aria-current", false);
    link.setAttribute("aria-current", "true");
    history.replaceState(null, "", `?${at}`);
    if (link.dataset.set === "width") preview.width(link.dataset.to);
    else {
      document.querySelector(".dark-note").hidden = link.dataset.to === "light";
      preview.load();
    }
  }
});

// --- Keys ---
document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.target.closest("input, textarea, select")) return;
  if (key === "z" || key === "y") {
    event.preventDefault();
    act(key === "y" || event.shiftKey ? "redo" : "undo");
  }
});

// --- On a phone: one column at a time ---
const narrow = matchMedia("(max-width: 900px)");
const tabs = [...document.querySelectorAll(".editor-tabs [role=tab]")];
function show(name) {
  const tab = document.getElementById(`tab-${name}`);
  if (!tab) return;
  editor.dataset.tab = name;
  for (const other of tabs) {
    other.setAttribute("aria-selected", String(other === tab));
    other.tabIndex = other === tab ? 0 : -1;
  }
}
for (const [n, tab] of tabs.entries()) {
  tab.addEventListener("click", () => show(tab.id.slice(4)));
  tab.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = tabs[(n + by + tabs.length) % tabs.length];
    next.focus();
    show(next.id.slice(4));
  });
}

const stage = document.getElementById("stage");
const preview = stage && new Preview(stage, { address: words.shown, at, click: (next) => select(next) });
preview?.choose(block);
const drag = watchDrag({ act, say, words, flushed: () => line });
const liquid = watchLiquid({ suggestions: JSON.parse(document.getElementById("suggestions").textContent), say, words });
editor.classList.add("ready");
show(location.hash.startsWith("#f_") ? "settings" : block ? "settings" : "preview");
if (location.hash.startsWith("#f_")) document.getElementById(location.hash.slice(1))?.focus();
