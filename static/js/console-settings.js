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
