// Keeps an open page true: asks whether anything moved, swaps it in, says so. The page is complete without it.
const LONGEST_S = 300
const main = document.querySelector("main[data-every]")
const news = document.getElementById("news")

/** "8:12" becomes "3 hours ago"; the exact time stays in the title. */
function sayHowLongAgo() {
  const say = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" })
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const minutes = Math.round((new Date(time.dateTime) - Date.now()) / 60000)
    const [amount, unit] = minutes > -60 ? [minutes, "minute"] : minutes > -1440 ? [minutes / 60, "hour"] : [minutes / 1440, "day"]
    if (minutes > 1) continue // a carrier's clock that runs ahead
    time.title ||= time.textContent
    const rounded = Math.round(amount)
    time.textContent = rounded ? say.format(rounded, unit) : say.format(0, "second") // "now", not "this minute"
  }
}

function prepare() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard
  sayHowLongAgo()
}

/** Put the new page's content in place of the old, as the reader left it: what was open stays open. */
function swap(next) {
  const open = [...main.querySelectorAll("details[open]")].map(details => details.id)
  const focused = main.contains(document.activeElement) && document.activeElement.id
  const said = main.querySelector("h1").textContent
  main.replaceChildren(...next.querySelector("main").childNodes)
  for (const [name, value] of Object.entries(next.querySelector("main").dataset)) main.dataset[name] = value
  for (const id of open) main.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "")
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
  document.title = next.title
  prepare()
  const headline = main.querySelector("h1").textContent
  const latest = main.querySelector(".timeline.latest li b")?.textContent ?? ""
  news.textContent = headline === said ? latest : headline
}

const isTyping = () => document.activeElement?.matches("main input:not([type=hidden])")
let failures = 0
let timer = 0

async function ask() {
  clearTimeout(timer)
  if (document.hidden) return
  try {
    const answer = await fetch(location.href, { cache: "no-store", headers: { "If-None-Match": main.dataset.etag }, signal: AbortSignal.timeout(10000) })
    failures = 0
    if (answer.status === 200 && !isTyping()) swap(new DOMParser().parseFromString(await answer.text(), "text/html"))
    else if (answer.status === 404) return location.reload()
    else if (answer.status >= 500) failures++
  } catch {
    failures++ // offline, or slow: ask again, less and less often
  }
  sayHowLongAgo()
  timer = setTimeout(ask, Math.min(main.dataset.every * 2 ** failures, LONGEST_S) * (900 + Math.random() * 200))
}

document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]")
  if (!button) return
  await navigator.clipboard.writeText(button.dataset.copy)
  news.textContent = button.dataset.copied
  const label = button.textContent
  button.textContent = button.dataset.copied
  setTimeout(() => { button.textContent = label }, 2000)
})

if (main) {
  prepare()
  document.addEventListener("visibilitychange", ask)
  timer = setTimeout(ask, main.dataset.every * 1000)
}
