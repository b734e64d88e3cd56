// Blocks moved and put in by hand: mouse, pen, finger, or keys.

const EDGE = 70; // px from the window's edge, where it scrolls along
const HOLD = 350; // ms a finger rests on a block before it is taken: sooner, it scrolls the page
const list = () => document.getElementById("blocks");
const rows = () => [...list().querySelectorAll(".block-row")];

export function watchDrag({ act, say, words }) {
  let held; // {row, from} or {kind, ghost, slot}
  let hold;
  let dropped; // a button just let go: its click is no click
  const position = (row) => words.position.replace("BLOCK", row.dataset.name).replace("PLACE", rows().indexOf(row) + 1).replace("ALL", rows().length);

  // The row that is held stays in the document; the others go around it. So it keeps pointer and focus.
  function place(row, to) {
    for (;;) {
      const now = rows().indexOf(row);
      if (now === to || to < 0 || to >= rows().length) return;
      if (to > now) row.before(row.nextElementSibling);
      else row.after(row.previousElementSibling);
    }
  }
  const over = (y) => rows().filter((row) => row !== held?.row).filter((row) => {
    const box = row.getBoundingClientRect();
    return box.top + box.height / 2 < y;
  }).length;

  // --- By hand ---
  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(".grip-button");
    const kind = event.target.closest(".palette-block:not(:disabled)");
    if (event.button !== 0 || (!grip && !kind)) return;
    if (grip) {
      const row = grip.closest(".block-row");
      held = { row, from: rows().indexOf(row) };
      row.classList.add("held");
      grip.focus({ preventScroll: true });
      event.preventDefault();
    } else {
      const start = { kind: kind.dataset.kind, button: kind, x: event.clientX, y: event.clientY };
      if (event.pointerType === "touch") hold = setTimeout(() => take(start), HOLD);
      else held = { start };
    }
  });
  function take(start) {
    const ghost = document.createElement("div");
    ghost.className = "block-ghost";
    ghost.textContent = start.button.dataset.name;
    document.body.append(ghost);
    const slot = document.createElement("li");
    slot.className = "drop-slot";
    held = { kind: start.kind, button: start.button, ghost, slot };
    follow(start.x, start.y);
  }
  function follow(x, y) {
    held.ghost.style.translate = `${x + 8}px ${y + 8}px`;
    const box = list().getBoundingClientRect();
    const inside = x > box.left - 40 && x < box.right + 40 && y > box.top - 40 && y < box.bottom + 60;
    if (!inside) return held.slot.remove();
    const to = over(y);
    if (rows()[to]) rows()[to].before(held.slot);
    else list().append(held.slot);
    return undefined;
  }
  document.addEventListener("pointermove", (event) => {
    const { clientX: x, clientY: y } = event;
    if (hold && Math.abs(event.movementX) + Math.abs(event.movementY) > 4) hold = clearTimeout(hold);
    if (held?.start && Math.hypot(x - held.start.x, y - held.start.y) > 5) take(held.start);
    if (held?.kind) follow(x, y);
    else if (held?.row) place(held.row, over(y));
    if (held?.kind || held?.row) {
      if (y < EDGE) scrollBy(0, -14);
      else if (y > innerHeight - EDGE) scrollBy(0, 14);
    }
  });
  document.addEventListener("touchmove", (event) => held && event.preventDefault(), { passive: false });
  function let_go(event) {
    hold = clearTimeout(hold);
    const { row, from, kind, ghost, slot, button } = held ?? {};
    held = undefined;
    if (row) {
      row.classList.remove("held");
      if (event.type === "pointercancel") return place(row, from);
      const to = rows().indexOf(row);
      if (to !== from) act(`move:${row.dataset.block}:${to}`);
    }
    if (kind) {
      const to = [...list().children].indexOf(slot);
      ghost.remove();
      slot.remove();
      dropped = button;
      setTimeout(() => { dropped = undefined; });
      if (to >= 0 && event.type === "pointerup") act(`add:${kind}:${to}`);
    }
    return undefined;
  }
  document.addEventListener("pointerup", let_go);
  document.addEventListener("pointercancel", let_go);

  // --- By keys ---
  let grabbed; // {row, from}
  function put_down(row) {
    row.classList.remove("held");
    row.querySelector(".grip-button").setAttribute("aria-pressed", "false");
    grabbed = undefined;
  }
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.(".block-row");
    if (!row) return;
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const on_grip = event.target.matches(".grip-button");
    if (event.altKey && by) {
      event.preventDefault();
      const to = rows().indexOf(row) + by;
      if (to < 0 || to >= rows().length) return;
      place(row, to);
      say(position(row));
      act(`move:${row.dataset.block}:${to}`);
    } else if (on_grip && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      if (grabbed) {
        const { from } = grabbed;
        put_down(row);
        say(`${words.dropped} ${position(row)}`);
        if (rows().indexOf(row) !== from) act(`move:${row.dataset.block}:${rows().indexOf(row)}`);
      } else {
        grabbed = { row, from: rows().indexOf(row) };
        row.classList.add("held");
        event.target.setAttribute("aria-pressed", "true");
        say(`${words.grabbed} ${position(row)}`);
      }
    } else if (grabbed && by) {
      event.preventDefault();
      place(row, rows().indexOf(row) + by);
      say(position(row));
    } else if (grabbed && event.key === "Escape") {
      const { from } = grabbed;
      place(row, from);
      put_down(row);
      say(`${words.back} ${position(row)}`);
    }
  });
  document.addEventListener("focusout", (event) => {
    if (grabbed?.row.isConnected && grabbed.row.contains(event.target) && !grabbed.row.contains(event.relatedTarget)) {
      place(grabbed.row, grabbed.from);
      put_down(grabbed.row);
    }
  });
  return { justDropped: (button) => button !== null && button === dropped };
}
