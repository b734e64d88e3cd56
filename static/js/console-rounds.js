// A round's stops can be dragged; the buttons do the same without this.
const form = document.getElementById("stops")
let held = null
for (const row of form?.querySelectorAll("[data-stop]") ?? []) {
  row.draggable = true
  row.addEventListener("dragstart", event => {
    held = row
    event.dataTransfer.effectAllowed = "move"
  })
  row.addEventListener("dragover", event => {
    if (!held || held === row) return
    event.preventDefault()
    const box = row.getBoundingClientRect()
    row[event.clientY < box.top + box.height / 2 ? "before" : "after"](held)
  })
  row.addEventListener("dragend", () => {
    held = null
    form.submit()
  })
}
