// What the pages below an order's do beyond plain forms. Each is complete without it.

/** One tap, one request: a second one on a slow line would only ask again. */
document.addEventListener("submit", event => {
  const form = event.target
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = "1"
  setTimeout(() => { delete form.dataset.sent }, 4000) // and after going back
})
