// Says which photos were chosen, and that one is too large before it is sent. The form is complete without it.

const MOST = 8 * 1024 * 1024 // bytes, as the server takes them

function size(bytes) {
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit", unit: "megabyte", maximumFractionDigits: 1,
  }).format(bytes / 1024 / 1024)
}

for (const field of document.querySelectorAll("input[type=file]")) {
  const list = document.createElement("ul")
  list.className = "chosen"
  field.after(list)
  field.addEventListener("change", () => {
    list.replaceChildren(...[...field.files].map(file => {
      const line = document.createElement("li")
      const name = document.createElement("span")
      const weight = document.createElement("span")
      name.textContent = file.name
      weight.textContent = size(file.size)
      line.classList.toggle("too-large", file.size > MOST)
      line.append(name, weight)
      return line
    }))
  })
}
