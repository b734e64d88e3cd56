// Keeps an open page true: asks whether anything moved, swaps it in, says so. The page is complete without it.
const LONGEST_S = 300
const main = document.querySelector("main[data-every]")
const news = document.getElementById("news")

/** "today at 8:12" becomes "3 hours ago (today at 8:12)". */
function sayHowLongAgo() {
  const [say, now] = ["always", "auto"].map(numeric => new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric }))
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const minutes = Math.round((new Date(time.dateTime) - Date.now()) / 60000)
    const [amount, unit] = minutes > -60 ? [minutes, "minute"] : minutes > -1440 ? [minutes / 60, "hour"] : [minutes / 1440, "day"]
    if (minutes > 1) continue // a carrier's clock that runs ahead
    const exact = time.dataset.exact ||= time.textContent
    const rounded = Math.round(amount)
    const ago = rounded ? say.format(rounded, unit) : now.format(0, "second") // "now", not "0 minutes ago"
    time.textContent = `${ago} (${exact})`
  }
}

function prepare() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard
  sayHowLongAgo()
  const live = main.querySelector("[data-live]")
  if (live) import(live.dataset.live).then(module => module.follow(live))
}

/** What is worth saying aloud when it changes: the headline, and where each parcel was last. */
const gist = () => [...main.querySelectorAll("h1, .timeline.latest li:first-child")].map(said => said.innerText)

/** By what the same element is found again in another version of the page. */
const nameOf = at => at.id || [at.tagName, at.closest("[id]")?.id, at.textContent].join()

/** Put the new page's content in place of the old, as the reader left it: what was open stays open, what was typed stays typed. */
function swap(next) {
  const open = [...main.querySelectorAll("details[open]")].map(details => details.id)
  const typed = [...main.querySelectorAll("input[id], textarea[id]")].filter(field => field.value !== field.defaultValue)
  const focused = main.contains(document.activeElement) && nameOf(document.activeElement)
  const before = gist()
  main.replaceChildren(...next.querySelector("main").childNodes)
  for (const [name, value] of Object.entries(next.querySelector("main").dataset)) main.dataset[name] = value
  for (const id of open) document.getElementById(id)?.setAttribute("open", "")
  for (const field of typed) document.getElementById(field.id)?.replaceWith(field)
  if (focused) [...main.querySelectorAll("a, button, summary, [id]")].find(at => nameOf(at) === focused)?.focus({ preventScroll: true })
  document.title = next.title
  const changed = gist().find(said => !before.includes(said))
  if (changed) news.textContent = changed // once: what is said again is read again
  prepare()
}

// How long the page is looked at, in all: said when it is left, for the shop's average. Nothing says by whom.
const LOOK_S = 1800
let lookedSince = document.hidden ? 0 : performance.now()
let looked = 0
function look() {
  if (document.hidden) return sayLook()
  lookedSince = performance.now()
}
function sayLook() {
  if (!lookedSince) return
  const seconds = Math.min(Math.round((performance.now() - lookedSince) / 1000), LOOK_S - looked)
  lookedSince = 0
  if (seconds > 0 && navigator.sendBeacon("seen", String(seconds))) looked += seconds
}

const isTyping = () => document.activeElement?.matches("main :is(textarea, select, input:not([type=hidden]))")
let failures = 0
let timer = 0

/** Less and less often while it fails. Never later than promised, nor in step with everybody who got the same message. */
function askLater() {
  clearTimeout(timer)
  timer = setTimeout(ask, Math.min(main.dataset.every * 2 ** failures, LONGEST_S) * (800 + Math.random() * 200))
}

async function ask() {
  clearTimeout(timer)
  if (document.hidden) return
  try {
    const answer = await fetch(location.href, { cache: "no-store", headers: { "If-None-Match": main.dataset.etag }, signal: AbortSignal.timeout(10000) })
    if (answer.status === 404) return location.reload()
    failures = answer.ok || answer.status === 304 ? 0 : failures + 1
    if (answer.status === 200 && !isTyping()) swap(new DOMParser().parseFromString(await answer.text(), "text/html"))
  } catch {
    failures++ // offline, or slow
  }
  sayHowLongAgo()
  askLater()
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
  document.addEventListener("visibilitychange", look)
  addEventListener("pagehide", sayLook)
  addEventListener("online", ask)
  askLater()
}
