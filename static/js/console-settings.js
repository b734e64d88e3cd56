// What the settings pages do by themselves: previews that follow, things put in, colours, order. All works without it.

// --- A frame that shows the form as it stands: sent there by its own button, a moment after typing ---
for (const form of document.querySelectorAll("form[data-preview]")) {
  const button = document.getElementById(form.dataset.preview);
  let waiting;
  const show = () => form.requestSubmit(button);
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 450);
  });
}
// Showing is not sending: the form may be sent after it.
document.addEventListener("submit", (event) => {
  if (!event.submitter?.matches("[data-again]")) return;
  setTimeout(() => {
    delete event.target.dataset.sent;
    event.submitter.removeAttribute("aria-disabled");
  });
});

document.addEventListener("click", (event) => {
  const width = event.target.closest("[data-width]");
  if (!width) return;
  document.getElementById(width.dataset.frame).classList.toggle("phone", width.dataset.width === "phone");
  for (const other of width.parentElement.children) other.setAttribute("aria-pressed", String(other === width));
});

// --- Variables go where the cursor was last ---
let lastField = document.querySelector("#words-form textarea");
document.addEventListener("focusin", (event) => {
  if (event.target.matches("#words-form textarea, #words-form input[name=subject]")) lastField = event.target;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button || !lastField) return;
  lastField.focus();
  lastField.setRangeText(button.dataset.insert, lastField.selectionStart, lastField.selectionEnd, "end");
  lastField.dispatchEvent(new Event("input", { bubbles: true }));
});

// --- Colours: picker and text say the same; one of the logo's is taken by a click ---
for (const picker of document.querySelectorAll("[data-colour-of]")) {
  const text = document.getElementById(picker.dataset.colourOf);
  picker.addEventListener("input", () => {
    text.value = picker.value;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  text.addEventListener("input", () => {
    if (/^#?[0-9a-f]{6}$/i.test(text.value.trim())) picker.value = `#${text.value.trim().replace("#", "").toLowerCase()}`;
  });
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take]");
  if (!button) return;
  event.preventDefault();
  const text = document.getElementById(button.dataset.take);
  text.value = button.value;
  text.dispatchEvent(new Event("input", { bubbles: true }));
});

// --- States: moved by buttons, by keys on them, or by hand; the progress bar follows ---
const states = document.getElementById("states");
if (states) {
  const form = states.closest("form");
  const rows = () => [...states.querySelectorAll("[data-state]")];
  const settle = () => {
    const places = [...rows(), ...form.querySelectorAll("section")].map((row) => row.querySelector("[data-place]")).filter(Boolean);
    places.forEach((place, n) => { place.value = n; });
    form.classList.add("dirty");
    draw();
  };
  const draw = () => {
    const shown = rows().filter((row) => ["step", "visible"].every((name) => row.querySelector(`[name$="-${name}"]`).checked) && !row.querySelector('[name$="-remove"]').checked);
    document.getElementById("step-bar").replaceChildren(...shown.map((row) => {
      const step = document.createElement("li");
      step.textContent = row.querySelector('[name*="-label_"]').value;
      return step;
    }));
  };
  states.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("[data-state]");
    if (button.dataset.move === "up") row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    button.focus();
    settle();
  });
  form.addEventListener("input", draw);
  let held;
  for (const grip of states.querySelectorAll("[data-grip]")) {
    grip.addEventListener("pointerdown", (event) => {
      held = grip.closest("[data-state]");
      held.classList.add("held");
      grip.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    grip.addEventListener("pointermove", (event) => {
      if (!held) return;
      const over = rows().find((row) => { const box = row.getBoundingClientRect(); return event.clientY >= box.top && event.clientY <= box.bottom; });
      if (!over || over === held) return;
      if (rows().indexOf(over) < rows().indexOf(held)) over.before(held);
      else over.after(held);
    });
    const drop = () => {
      held?.classList.remove("held");
      if (held) settle();
      held = undefined;
    };
    grip.addEventListener("pointerup", drop);
    grip.addEventListener("pointercancel", drop);
  }
}
