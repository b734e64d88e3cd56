// Shows what is pushed, and opens the order's page on a tap. Nothing is kept, and no page goes through here.
self.addEventListener("install", () => self.skipWaiting())
self.addEventListener("activate", event => event.waitUntil(self.clients.claim()))

self.addEventListener("push", event => {
  const said = event.data ? event.data.json() : {}
  event.waitUntil(self.registration.showNotification(said.title || "", {
    body: said.body || "", tag: said.tag || "", data: { url: said.url || "" }, renotify: Boolean(said.tag),
  }))
})

self.addEventListener("notificationclick", event => {
  event.notification.close()
  const url = event.notification.data.url
  if (!url) return
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true })
    const there = open.find(client => client.url.split("#")[0] === url)
    return there ? there.focus() : self.clients.openWindow(url)
  })())
})
