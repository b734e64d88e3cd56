// "{{" brings up what can be put in, with what it means and what it is for the order that is shown.

const OPEN = /\{\{-?\s*([\w.]*)$/;
const MOST = 6; // shown at once; arrows lead to the others

export function watchLiquid({ suggestions, say, words }) {
  const box = document.createElement("ul");
  box.id = "suggest";
  box.className = "suggest";
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", "{{ }}");
  box.hidden = true;
  document.getElementById("content").append(box);
  let field;
  let found = [];
  let at = -1;
  let first = 0;

  const before = () => field.value.slice(0, field.selectionStart);

  function close() {
    box.hidden = true;
    if (!field) return;
    field.removeAttribute("aria-activedescendant");
    if (field.matches("input")) field.setAttribute("aria-expanded", "false");
    field = undefined;
  }
  function mark(n) {
    at = (n + found.length) % found.length;
    first = Math.max(Math.min(first, at), at - MOST + 1);
    box.replaceChildren(...found.slice(first, first + MOST).map((one, m) => option(one, first + m)));
    field.setAttribute("aria-activedescendant", `suggest-${at}`);
  }
  function open(target) {
    const asked = target.value.slice(0, target.selectionStart).match(OPEN);
    if (!asked) return close();
    const part = asked[1].toLowerCase();
    field = target;
    found = suggestions.filter((one) => one.path.includes(part) || (part && one.words.toLowerCase().includes(part)));
    found.sort((a, b) => Number(b.path.startsWith(part)) - Number(a.path.startsWith(part)));
    if (!found.length) {
      say(words.none);
      return close();
    }
    first = 0;
    const place = target.getBoundingClientRect();
    const home = document.getElementById("content").getBoundingClientRect();
    box.style.left = `${place.left - home.left}px`;
    box.style.top = `${place.bottom - home.top + 4}px`;
    box.style.width = `${Math.max(place.width, Math.min(300, innerWidth - 32))}px`;
    if (box.hidden) say(words.found.replace("N", found.length));
    box.hidden = false;
    if (target.matches("input")) target.setAttribute("aria-expanded", "true");
    return mark(0);
  }
  function option(one, n) {
    const row = document.createElement("li");
    row.id = `suggest-${n}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(n === at));
    row.setAttribute("aria-posinset", n + 1);
    row.setAttribute("aria-setsize", found.length);
    for (const [name, text] of [["code", one.path], ["span", one.words], ["em", one.value]]) {
      const part = document.createElement(name);
      part.textContent = text;
      if (text) row.append(part, " ");
    }
    row.addEventListener("pointerdown", (event) => event.preventDefault());
    row.addEventListener("click", () => take(n));
    return row;
  }
  function take(n) {
    const target = field;
    const start = before().match(OPEN).index;
    const end = target.selectionStart + target.value.slice(target.selectionStart).match(/^[\w.]*\s*(\}\})?/)[0].length;
    const one = found[n];
    const standIn = one.misses ? words.standin : "";
    const put = one.misses ? `{{ ${one.path} | default: "${standIn}" }}` : `{{ ${one.path} }}`;
    target.setRangeText(put, start, end, "end");
    close();
    target.focus();
    if (standIn) {
      const from = start + put.indexOf(standIn, one.path.length);
      target.setSelectionRange(from, from + standIn.length);
    }
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-liquid]") && event.isTrusted) open(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (!field || event.target !== field) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) mark(at + by);
    else if (event.key === "Enter" || event.key === "Tab") take(at);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("focusout", (event) => event.target === field && close());
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-put-in]");
    if (!button) return;
    const target = document.getElementById(button.dataset.putIn);
    target.focus();
    if (!target.value.slice(0, target.selectionStart).match(OPEN)) target.setRangeText("{{ ", target.selectionStart, target.selectionEnd, "end");
    open(target);
  });

  // Fields come anew with each block that is chosen.
  function prepare() {
    for (const one of document.querySelectorAll("[data-liquid]:not([aria-autocomplete])")) {
      one.setAttribute("aria-autocomplete", "list");
      one.setAttribute("aria-controls", "suggest");
      one.setAttribute("autocomplete", "off");
      if (one.matches("input")) {
        one.setAttribute("role", "combobox");
        one.setAttribute("aria-expanded", "false");
      }
      const button = document.createElement("button");
      button.type = "button";
      button.className = "put-in";
      button.dataset.putIn = one.id;
      button.textContent = "{{ }}";
      button.setAttribute("aria-label", words.putin);
      one.closest(".field").querySelector("label")?.after(button);
    }
  }
  prepare();
  return prepare;
}
