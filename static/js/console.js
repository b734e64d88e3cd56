// What makes the console quick to work in. Every page does all it does without this, too.

const wide = matchMedia("(min-width: 1180px)");
const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

// --- The list of orders: the order opened beside it, and the keyboard ---
const peek = document.getElementById("peek");
const links = () => [...document.querySelectorAll(".orders .row-link")];
const rowOf = (link) => link.closest("tr");

function mark(link) {
  for (const row of document.querySelectorAll(".orders tr[data-open]")) row.removeAttribute("data-open");
  for (const other of links()) other.removeAttribute("aria-current");
  rowOf(link).dataset.open = "true";
  link.setAttribute("aria-current", "true");
}

async function open(link, keep) {
  mark(link);
  if (keep) history[keep]({}, "", link.dataset.address);
  peek.classList.add("peek-loading");
  await htmx.ajax("GET", link.dataset.peek, { target: peek, swap: "innerHTML show:none" });
  peek.classList.remove("peek-loading");
  peek.scrollTop = 0;
}

function openFromAddress() {
  const wanted = new URLSearchParams(location.search).get("open");
  const all = links();
  const link = all.find((other) => rowOf(other).dataset.row === wanted) ?? all[0];
  if (link && wide.matches) open(link);
}

function step(by) {
  const all = links();
  const now = all.findIndex((link) => rowOf(link).dataset.open);
  const next = all[Math.min(all.length - 1, Math.max(0, now + by))];
  next.focus({ preventScroll: true });
  rowOf(next).scrollIntoView({ block: "nearest" });
  if (wide.matches) open(next, "replaceState");
  else mark(next);
}

if (peek) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".orders .row-link");
    if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.detail > 1) return;
    event.preventDefault();
    open(link, "pushState");
  });
  document.addEventListener("dblclick", (event) => {
    const link = event.target.closest?.(".orders .row-link");
    if (link) location.assign(link.href);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !links().length) return;
    const inList = event.target === document.body || event.target.closest(".orders");
    const by = { j: 1, k: -1, ArrowDown: inList ? 1 : 0, ArrowUp: inList ? -1 : 0 }[event.key];
    const chosen = document.querySelector(".orders tr[data-open] .row-link");
    if (by) {
      event.preventDefault();
      step(by);
    } else if (event.key === "Enter" && chosen && (event.target === document.body || event.target === chosen)) {
      event.preventDefault();
      location.assign(chosen.href);
    }
  });
  // Signed out meanwhile, the answer is another page: show it as one.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL).pathname.endsWith("/peek/")) return;
    event.detail.shouldSwap = false;
    location.reload();
  });
  // What cannot be shown beside the list can be opened as a page of its own.
  for (const trouble of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(trouble, () => location.assign(document.querySelector(".orders tr[data-open] .row-link").href));
  }
  addEventListener("popstate", openFromAddress);
  addEventListener("DOMContentLoaded", openFromAddress);
}

// --- "/" leads to the search box, Escape out of an open drawer ---
document.addEventListener("keydown", (event) => {
  const search = document.getElementById("search");
  if (event.key === "/" && search && !typing(event.target) && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    search.focus();
    search.select();
  }
  if (event.key === "Escape") {
    const drawer = event.target.closest("details.drop[open], details.languages[open], .phone-bar details[open]");
    drawer?.removeAttribute("open");
    drawer?.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const drawer of document.querySelectorAll("details.drop[open], .plain-foot details[open]")) {
    if (!drawer.contains(event.target)) drawer.removeAttribute("open");
  }
});

// --- Copying ---
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const use = button.querySelector("use");
  const said = button.querySelector("[role=status]");
  use?.setAttribute("href", "#i-check");
  if (said) said.textContent = button.dataset.copied;
  setTimeout(() => {
    use?.setAttribute("href", "#i-copy");
    if (said) said.textContent = "";
  }, 2000);
});

// --- Forms: sent once, and a save bar where something was changed ---
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "true";
  event.submitter?.setAttribute("aria-disabled", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
});
document.addEventListener("input", (event) => event.target.form?.matches("[data-save-bar]") && event.target.form.classList.add("dirty"));
document.addEventListener("reset", (event) => event.target.classList.remove("dirty"));

// --- What went wrong comes into view ---
document.querySelector("[aria-invalid=true]")?.focus();

// --- A link to a part of the page opens it ---
function reveal() {
  const part = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part && part.matches("details")) {
    part.open = true;
    part.querySelector("input:not([type=hidden]), select, textarea")?.focus({ preventScroll: true });
  }
}
addEventListener("hashchange", reveal);
reveal();
