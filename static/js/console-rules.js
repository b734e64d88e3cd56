// What the pages of rules do by themselves: the sentence follows the form, conditions come and go, rules change places.
// All works without it.

// --- The sentence follows what is on the form ---
const form = document.getElementById("rule-form");
if (form) {
  const said = document.getElementById("rule-words");
  let waiting, turn = 0;
  const follow = async () => {
    const mine = ++turn;
    try {
      const answer = await fetch(form.dataset.words, { method: "POST", body: new FormData(form), headers: { accept: "application/json" } });
      const { sentence } = answer.ok ? await answer.json() : {};
      if (sentence && mine === turn) said.textContent = sentence;
    } catch { /* the page is saved without it all the same */ }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(follow, 350);
  };
  form.addEventListener("input", soon);

  // --- Conditions ---
  const asks = document.getElementById("asks");
  const fit = (row) => {
    const [subject, , fixed] = row.querySelector("select").value.split(":");
    const values = row.querySelector("input");
    if (subject && !fixed) values.setAttribute("list", `of-${subject}`);
    else values.removeAttribute("list");
  };
  const number = () => {
    [...asks.children].forEach((row, n) => {
      row.querySelector("select").name = `ask-${n}`;
      row.querySelector("input").name = `values-${n}`;
    });
    document.getElementById("more-asks").disabled = asks.children.length >= 12;
  };
  const empty = (row) => {
    row.querySelector("select").value = "";
    row.querySelector("input").value = "";
    row.querySelector(".error")?.remove();
    for (const field of row.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    fit(row);
  };
  document.getElementById("more-asks").addEventListener("click", (event) => {
    event.preventDefault();
    const row = asks.lastElementChild.cloneNode(true);
    asks.append(row);
    empty(row);
    number();
    row.querySelector("select").focus();
  });
  asks.addEventListener("click", (event) => {
    const row = event.target.closest("[data-off]")?.closest("[data-ask]");
    if (!row) return;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (next) row.remove();
    else empty(row);
    number();
    (next ?? row).querySelector("select").focus();
    soon();
  });
  asks.addEventListener("change", (event) => event.target.matches("select") && fit(event.target.closest("[data-ask]")));
  // Of several with commas the last is completed: what is offered begins with those before it.
  asks.addEventListener("input", (event) => {
    const list = event.target.list;
    if (!list) return;
    const cut = event.target.value.lastIndexOf(",") + 1;
    const before = cut ? `${event.target.value.slice(0, cut)} ` : "";
    for (const option of list.options) {
      option.dataset.plain ??= option.value;
      option.value = before + option.dataset.plain;
    }
  });

  // --- A new rule is as essential as its occasion, until somebody says otherwise ---
  const { essential, occasion } = form.elements;
  essential.addEventListener("change", () => { delete form.dataset.essential; });
  occasion.addEventListener("change", () => {
    if (form.dataset.essential) essential.checked = form.dataset.essential.split(" ").includes(occasion.value);
  });

  // --- Designs of the chosen channel only ---
  const channel = form.elements.channel;
  const designs = form.elements.template;
  const offer = () => {
    for (const option of designs.options) option.hidden = option.disabled = Boolean(option.value) && !option.value.startsWith(`${channel.value}|`);
    if (designs.selectedOptions[0]?.disabled) designs.value = "";
  };
  channel.addEventListener("change", offer);
  offer();
}
document.getElementById("trial")?.focus({ preventScroll: true });

// --- The shop's own rules: moved by buttons, by keys on them, or by hand ---
const rules = document.getElementById("rules");
if (rules) {
  const said = document.getElementById("rules-said");
  const keep = () => {
    const body = new FormData(document.getElementById("order-form"));
    for (const row of rules.children) body.append("key", row.dataset.rule);
    fetch(rules.dataset.order, { method: "POST", body, headers: { accept: "application/json" } })
      .then((answer) => answer.ok || location.reload(), () => location.reload());
  };
  rules.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.dataset.move) return;
    event.preventDefault();
    event.stopPropagation();
    const row = button.closest("[data-rule]");
    if (button.dataset.move === "up") row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    button.focus();
    said.textContent = said.dataset[button.dataset.move];
    keep();
  });
  let held, was;
  rules.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("[data-grip]")) return;
    held = event.target.closest("[data-rule]");
    was = [...rules.children].indexOf(held);
    held.classList.add("held");
    event.preventDefault();
  });
  // On the document: a row that is put elsewhere no longer holds the pointer.
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    const rows = [...rules.children];
    const over = rows.find((row) => {
      const box = row.getBoundingClientRect();
      return event.clientY >= box.top && event.clientY <= box.bottom;
    });
    if (!over || over === held) return;
    if (rows.indexOf(over) < rows.indexOf(held)) over.before(held);
    else over.after(held);
  });
  const drop = () => {
    held?.classList.remove("held");
    if (held && [...rules.children].indexOf(held) !== was) keep();
    held = undefined;
  };
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
}
