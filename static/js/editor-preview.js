// Inside the mail's frame, which is of no origin: says which block was clicked, and outlines the chosen one.
(() => {
  const blocks = document.currentScript.dataset.blocks.split(" ");
  const home = new URL(location.href).origin;
  const tell = (said) => parent.postMessage({ rastro: "preview", ...said }, home);
  const number = (element) => {
    for (let one = element; one?.classList; one = one.parentElement) {
      const mark = [...one.classList].find((name) => /^b\d+$/.test(name));
      if (mark) return Number(mark.slice(1));
    }
    return -1;
  };
  const sections = (block) => document.querySelectorAll(`.b${blocks.indexOf(block)}`);
  const outline = (chosen) => {
    for (const one of document.querySelectorAll("[data-chosen]")) {
      one.removeAttribute("data-chosen");
      one.style.outline = "";
    }
    for (const one of sections(chosen)) {
      one.setAttribute("data-chosen", "");
      one.style.outline = "2px solid #3b5bdb";
      one.style.outlineOffset = "-2px";
    }
  };
  document.documentElement.style.cursor = "default";
  document.addEventListener("click", (event) => {
    event.preventDefault();
    tell({ click: blocks[number(event.target)] ?? "" });
  });
  addEventListener("scroll", () => tell({ scroll: scrollY }), { passive: true });
  addEventListener("message", (event) => {
    if (event.source !== parent) return;
    outline(event.data.chosen);
    if ("scroll" in event.data) scrollTo(0, event.data.scroll);
    else sections(event.data.chosen)[0]?.scrollIntoView({ block: "nearest" });
  });
  tell({ ready: true });
})();
