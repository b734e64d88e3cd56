// The frame a mail is shown in: loaded anew behind the old one, which stays until the new one is there.

export class Preview {
  constructor(stage, { address, at, click }) {
    Object.assign(this, { stage, address, at, click, chosen: "", scroll: 0 });
    this.frame = stage.querySelector("iframe");
    addEventListener("message", (event) => this.heard(event));
  }

  heard(event) {
    const from = [this.frame, this.coming].find((frame) => frame?.contentWindow === event.source);
    if (!from || event.data?.rastro !== "preview") return;
    if (event.data.ready) this.arrived(from);
    else if ("click" in event.data) this.click(event.data.click);
    else if (from === this.frame && "scroll" in event.data) this.scroll = event.data.scroll;
  }

  arrived(frame) {
    if (frame === this.coming) {
      this.frame.remove();
      frame.classList.remove("coming");
      frame.id = "preview";
      this.frame = frame;
      this.coming = undefined;
    }
    this.tell({ chosen: this.chosen, scroll: this.scroll });
  }

  tell(said) {
    this.frame.contentWindow.postMessage(said, "*"); // of no origin; it holds nothing that the mail does not
  }

  choose(block) {
    this.chosen = block;
    this.tell({ chosen: block });
  }

  width(to) {
    for (const one of [this.stage, this.frame]) {
      one.classList.toggle("phone", to === "phone");
      one.classList.toggle("desk", to === "desk");
    }
    this.at.set("width", to);
  }

  load() {
    this.coming?.remove();
    const next = this.frame.cloneNode();
    next.removeAttribute("id");
    next.classList.add("coming");
    const asked = new URLSearchParams(this.at);
    asked.delete("block");
    next.src = `${this.address.split("?")[0]}?${asked}`;
    // One that cannot be shown has no script to say that it is there.
    next.addEventListener("load", () => setTimeout(() => next === this.coming && this.arrived(next), 400));
    this.coming = next;
    this.stage.append(next);
  }
}
