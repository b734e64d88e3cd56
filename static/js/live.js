// Moves the courier on the map of an open page: listens to his own stream, and asks where that fails. page.js loads it.
const ASK_S = 15
const SVG = "http://www.w3.org/2000/svg"
let figure = null
let state = null
let stream = null
let timer = 0
let etag = ""
let deaf = 0 // how often in a row listening failed

/** The page may put a new figure in the old one's place at any time: everything goes on with that. */
export function follow(next) {
  if (!next) return stop()
  if (next === figure) return
  figure = next
  if (state) show(state)
  else ask()
}

function stop() {
  clearTimeout(timer)
  stream?.close()
  figure = state = stream = null
}

async function ask() {
  clearTimeout(timer)
  if (!figure?.isConnected) return stop()
  if (!document.hidden) {
    try {
      const answer = await fetch(`position${location.search}`, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store", signal: AbortSignal.timeout(10000) })
      if (answer.status === 404) return over()
      if (answer.ok) {
        etag = answer.headers.get("ETag") ?? ""
        show(await answer.json())
      }
    } catch {} // asked again below
    if (state?.stream && !stream && deaf < 4) return listen()
  }
  timer = setTimeout(ask, ASK_S * 1000 * (0.9 + Math.random() * 0.2))
}

function listen() {
  stream = new EventSource(state.stream)
  stream.addEventListener("position", event => {
    deaf = 0
    show({ ...JSON.parse(event.data), stream: state?.stream })
  })
  stream.addEventListener("changed", over)
  stream.addEventListener("error", () => {
    stream?.close()
    stream = null
    deaf++
    etag = "" // a new key to listen with
    timer = setTimeout(ask, 1000 * 2 ** deaf)
  })
}

/** It has arrived, or nobody is followed any more: the page itself says so at its next question. */
function over() {
  stop()
  document.dispatchEvent(new Event("visibilitychange"))
}

function show(next) {
  if (!figure?.isConnected) return stop()
  state = next
  const image = figure.querySelector("img")
  if (next.reach && image.dataset.reach !== String(next.reach)) lay(image, next.reach)
  if (next.reach) move(next)
  figure.querySelector("b").textContent = next.said
  const small = figure.querySelector("figcaption small")
  const [stops] = small.children
  stops.textContent = next.stops && `${next.stops} ·`
  small.querySelector("time").dateTime = next.at
  small.hidden = false
  sayHowOld()
}

/** The map that reaches so far, over the tiles of a real one where the shop has that: else, or where they fail, over land. */
async function lay(image, reach) {
  image.dataset.reach = reach
  const also = location.search.includes("lang=") ? `&${location.search.slice(1)}` : ""
  const under = image.parentElement.querySelector(".tiles")
  const tiles = under ? await tilesOf(`tiles?reach=${reach}${also}`) : []
  if (image.dataset.reach !== String(reach)) return // another has come since
  under?.replaceChildren(...tiles.map(({ url, x, y, size }) => drawn("image", { href: url, x, y, width: size, height: size })))
  const credit = image.parentElement.querySelector(".credit")
  if (credit) credit.hidden = !tiles.length
  image.loading = "eager"
  image.src = `map.svg?reach=${reach}${tiles.length ? "&over=tiles" : ""}${also}`
}

async function tilesOf(address) {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(10000) })
    return answer.ok ? (await answer.json()).tiles : []
  } catch {
    return []
  }
}

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

/** "1 minute ago". */
function sayHowOld() {
  const time = figure?.querySelector("figcaption time")
  if (!time?.dateTime) return
  const say = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" })
  const minutes = Math.min(0, Math.round((new Date(time.dateTime) - Date.now()) / 60000))
  time.textContent = minutes ? say.format(minutes, "minute") : say.format(0, "second")
}
setInterval(sayHowOld, 20000)

function move({ x, y }) {
  let spot = figure.querySelector("svg.courier")
  if (!spot) {
    spot = drawn("svg", { class: "courier", viewBox: "0 0 40 40", "aria-hidden": "true" })
    for (const [name, r] of [["halo", 14], ["edge", 9], ["here", 6]]) spot.append(drawn("circle", { class: name, cx: 20, cy: 20, r }))
    figure.querySelector("img").after(spot)
  }
  spot.style.left = `${x * 100}%`
  spot.style.top = `${y * 100}%`
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || stream || !figure) return
  deaf = 0
  ask()
})
