// New mails appear in the list while it is open. What is being read stays where it is.
const list = document.getElementById("list");
const EVERY_MS = 2000;
let seen = list.dataset.version;

function address() {
  const here = new URL(location.href);
  const asked = new URLSearchParams(here.search);
  const selected = here.pathname.match(/^\/m\/([^/]+)$/);
  if (selected) asked.set("selected", selected[1]);
  return `/list?${asked}`;
}

function show(html) {
  const wide = matchMedia("(min-width: 900px)").matches;
  const scroller = wide ? list : document.scrollingElement;
  const focused = document.activeElement?.closest("#list a")?.getAttribute("href");
  const [top, height] = [scroller.scrollTop, scroller.scrollHeight];
  list.innerHTML = html;
  // Rows were added above: keep those in view in view. At the very top the newest is what one wants to see.
  if (top > 0) scroller.scrollTop = top + scroller.scrollHeight - height;
  if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(address(), { headers: { "If-None-Match": seen }, cache: "no-store" });
    if (answer.status !== 200) return;
    seen = answer.headers.get("ETag");
    show(await answer.text());
  } catch {
    // The demo was stopped; the next look finds it when it is back.
  }
}

look();
setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", look);
