// Inside the widget's frame: tells the site around it how high it is. A number, and nothing else, to whoever it is.
const box = document.querySelector("main")
new ResizeObserver(() => {
  parent.postMessage({ rastroHeight: Math.ceil(box.getBoundingClientRect().height) }, "*")
}).observe(box)
