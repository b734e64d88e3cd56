// The driver's page: sends what was done when there is signal, draws signatures, says where the phone is while a stop is next.
const main = document.querySelector("main.driver")
const said = document.getElementById("said")
const AGAIN_S = [3, 6, 12, 30]

/** Forms are sent again and again until they arrive; the server takes each once. */
for (const form of main?.querySelectorAll("form[data-sends]") ?? []) {
  form.addEventListener("submit", async event => {
    event.preventDefault()
    const body = new FormData(form)
    const button = form.querySelector("button.big")
    button.disabled = true
    for (let tries = 0; ; tries++) {
      try {
        const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(60000) })
        if (answer.ok) return location.replace(main.dataset.base + location.search)
        if (answer.status < 500) {
          said.textContent = answer.status === 422 ? (await answer.json()).error : ""
          button.disabled = false
          if (answer.status === 404) location.reload()
          return
        }
      } catch {} // no signal
      said.textContent = main.dataset.waiting
      await new Promise(next => setTimeout(next, AGAIN_S[Math.min(tries, 3)] * 1000))
    }
  })
}

for (const box of main?.querySelectorAll("[data-sign]") ?? []) {
  const canvas = box.querySelector("canvas")
  const pen = canvas.getContext("2d")
  const input = box.querySelector("input")
  const at = event => {
    const frame = canvas.getBoundingClientRect()
    return [(event.clientX - frame.left) / frame.width * canvas.width, (event.clientY - frame.top) / frame.height * canvas.height]
  }
  Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#111" })
  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId)
    pen.beginPath()
    pen.moveTo(...at(event))
  })
  canvas.addEventListener("pointermove", event => {
    if (!event.buttons) return
    pen.lineTo(...at(event))
    pen.stroke()
  })
  canvas.addEventListener("pointerup", () => { input.value = canvas.toDataURL("image/png") })
  box.querySelector("button").addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height)
    input.value = ""
  })
  box.hidden = false
}

const share = main?.querySelector("[data-share]")
if (share && navigator.geolocation) {
  const words = share.querySelector("[data-on]")
  const button = share.querySelector("button")
  const KEY = `sharing:${share.closest(".stop").id}`
  let last = 0
  const begin = () => {
    button.hidden = true
    words.textContent = words.dataset.on
    navigator.geolocation.watchPosition(tell, () => {
      button.hidden = false
      words.textContent = words.dataset.off
    }, { enableHighAccuracy: true, maximumAge: 10000 })
  }
  const tell = async ({ coords }) => {
    if (Date.now() - last < 15000) return
    last = Date.now()
    const body = new URLSearchParams({ latitude: coords.latitude.toFixed(3), longitude: coords.longitude.toFixed(3) })
    try {
      await fetch(`${main.dataset.base}position`, { method: "POST", body, signal: AbortSignal.timeout(10000) })
    } catch {} // the next one will do
  }
  share.hidden = false
  button.addEventListener("click", () => {
    sessionStorage.setItem(KEY, "1")
    begin()
  })
  if (sessionStorage.getItem(KEY)) begin()
}
