// Alerts on this device, and copying a link. Both are beyond what a page without script has.

const device = document.getElementById("device")
const able = device && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window
const part = name => device.querySelector(`[data-push="${name}"]`)

const bytes = said => Uint8Array.from(atob(said.replace(/-/g, "+").replace(/_/g, "/")), sign => sign.charCodeAt(0))

const plain = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")

const show = subscribed => {
  part("on").hidden = subscribed
  part("off").hidden = !subscribed
}

const tell = async (subscription, leave) => {
  const said = new URLSearchParams({ endpoint: subscription.endpoint })
  if (leave) said.set("leave", "1")
  else {
    said.set("p256dh", plain(subscription.getKey("p256dh")))
    said.set("auth", plain(subscription.getKey("auth")))
  }
  const answer = await fetch(device.dataset.post, { method: "POST", body: said })
  if (!answer.ok) throw new Error(answer.status)
}

const registered = async () => {
  const registration = await navigator.serviceWorker.register(device.dataset.worker)
  const worker = registration.installing || registration.waiting
  if (!registration.active && worker) {
    await new Promise(done => worker.addEventListener("statechange", () => worker.state === "activated" && done()))
  }
  return registration
}

const start = async () => {
  const registration = await registered()
  if (await Notification.requestPermission() !== "granted") throw new Error("refused")
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(device.dataset.key) })
  await tell(subscription)
}

const stop = async () => {
  const registration = await navigator.serviceWorker.getRegistration(device.dataset.worker)
  const subscription = await registration?.pushManager.getSubscription()
  if (subscription) await tell(subscription, true) // other orders of this shop may use the same one
}

if (able) {
  device.hidden = false
  const kept = `told:${location.pathname}`
  let told = false
  try { told = localStorage.getItem(kept) === "1" } catch { /* no storage: ask again */ }
  show(told && Notification.permission === "granted")
  device.addEventListener("click", async event => {
    const wanted = event.target.closest("[data-push]")?.dataset.push
    if (wanted !== "on" && wanted !== "off") return
    event.target.disabled = true
    part("refused").hidden = true
    try {
      await (wanted === "on" ? start() : stop())
      try { localStorage.setItem(kept, wanted === "on" ? "1" : "") } catch { /* the page asks again next time */ }
      location.hash = "said"
      location.reload()
    } catch {
      part("refused").hidden = false
    }
    event.target.disabled = false
  })
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue
  button.hidden = false
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value)
    document.querySelector("[data-copied]").hidden = false
  })
}
