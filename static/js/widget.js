// Put where the order's status belongs: <script src="…/widget.js" async></script>. With data-order="…", an address
// your server was given for one order, it shows that order; without, a form that finds one. It stores nothing.
(() => {
  const script = document.currentScript
  if (!script) return
  const base = new URL(".", script.src)
  const { order = "", lang = "", title = "Where is my order?" } = script.dataset
  const address = order ? new URL(order, base) : new URL("widget", base)
  // Dark only where the site around it can be.
  const isDark = getComputedStyle(document.documentElement).colorScheme.includes("dark")
  if (isDark) address.searchParams.set("theme", "auto")
  if (lang) address.searchParams.set("lang", lang)
  const frame = document.createElement("iframe")
  frame.title = title
  frame.loading = "lazy"
  frame.referrerPolicy = "no-referrer"
  frame.style.cssText = `display:block;width:100%;max-width:640px;height:${order ? 330 : 300}px;border:0;color-scheme:${isDark ? "light dark" : "light"}`
  frame.src = address.href
  addEventListener("message", event => {
    if (event.source !== frame.contentWindow || event.origin !== address.origin) return
    const height = event.data?.rastroHeight
    if (Number.isFinite(height) && height >= 40 && height <= 2000) frame.style.height = `${height}px`
  })
  script.after(frame)
})()
