// The panel beside the answers: the source of a citation at the cited passage, the next one a key away.

import { copyOf, elementsOf, fetchPartial, fill, isPlainClick, sourceOf } from "./turns.js";

const STEPS = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1 };

export function openSources() {
  const dialog = document.getElementById("panel");
  if (dialog) new Panel(dialog).listen();
}

class Panel {
  constructor(dialog) {
    this.dialog = dialog;
    this.body = dialog.querySelector(".panel-body");
    this.wide = matchMedia("(min-width: 64rem)");
    this.links = [];
    this.at = 0;
    this.opener = null;
    this.loading = null;
  }

  listen() {
    document.addEventListener("click", (event) => {
      if (!isPlainClick(event)) return;
      const chip = event.target.closest("a.chip");
      const link = chip ? sourceOf(chip) : event.target.closest("a[data-panel]");
      if (!link) return;
      event.preventDefault();
      this.open(link, chip || link);
    });
    this.dialog.addEventListener("click", (event) => {
      const step = event.target.closest("[data-step]");
      if (step) this.step(Number(step.dataset.step));
      if (event.target.closest("[data-close]") || event.target === this.dialog) this.close();
    });
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in STEPS)) return;
      event.preventDefault();
      this.step(STEPS[event.key]);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.dialog.open) return;
      event.preventDefault();
      this.close();
    });
    this.wide.addEventListener("change", () => {
      if (!this.dialog.open) return;
      this.swapping = true;
      this.dialog.close();
    });
  }

  open(link, opener) {
    const list = link.closest("[data-panels]") || link.closest("ol, ul");
    this.links = [...list.querySelectorAll("a[data-panel]")];
    this.opener = opener;
    this.show();
    this.load(this.links.indexOf(link));
  }

  show() {
    if (this.dialog.open) return;
    if (this.wide.matches) this.dialog.show();
    else this.dialog.showModal();
    document.documentElement.classList.toggle("beside", this.wide.matches);
  }

  step(by) {
    const next = this.at + by;
    if (next >= 0 && next < this.links.length) this.load(next);
  }

  async load(index) {
    this.at = index;
    const link = this.links[index];
    this.loading?.abort();
    this.loading = new AbortController();
    this.tell(link);
    const waiting = setTimeout(() => this.body.replaceChildren(copyOf("panel-loading")), 150);
    try {
      const { pathname, search } = new URL(link.href);
      const elements = await fetchPartial(`/partials${pathname}${search}`, this.loading.signal);
      clearTimeout(waiting);
      this.body.replaceChildren(...elements);
      this.settle();
    } catch (error) {
      clearTimeout(waiting);
      if (error.name === "AbortError") return;
      const [place] = elementsOf('<div class="problem"><p class="problem-detail"></p><p class="problem-hint"></p></div>');
      place.firstElementChild.textContent = error.detail || error.message;
      place.lastElementChild.textContent = error.hint || "";
      this.body.replaceChildren(place);
    }
  }

  tell(link) {
    const position = this.dialog.querySelector(".panel-position");
    position.textContent = fill(position.dataset.words, { n: this.at + 1, total: this.links.length });
    const title = link.textContent.trim();
    this.dialog.querySelector(".panel-title").textContent = title;
    this.body.setAttribute("aria-label", title);
    this.dialog.querySelector(".panel-whole").href = link.href;
    this.dialog.querySelector('[data-step="-1"]').disabled = this.at === 0;
    this.dialog.querySelector('[data-step="1"]').disabled = this.at === this.links.length - 1;
    this.point(link);
  }

  /** Bring the passage to the upper third of the panel, and the reader with it. */
  settle() {
    const mark = this.body.querySelector("mark");
    this.body.focus({ preventScroll: true });
    if (!mark) return this.body.scrollTo(0, 0);
    const offset = mark.getBoundingClientRect().top - this.body.getBoundingClientRect().top;
    this.body.scrollTo(0, this.body.scrollTop + offset - this.body.clientHeight / 3);
  }

  point(link) {
    for (const old of document.querySelectorAll(".is-open")) old.classList.remove("is-open");
    if (!link) return;
    (link.closest("li, td") || link).classList.add("is-open");
    const chips = link.closest(".turn, [data-cites]")?.querySelectorAll(`.chip[data-cite="${link.dataset.panel}"]`) || [];
    for (const chip of chips) chip.classList.add("is-open");
  }

  close() {
    this.dialog.close();
  }

  closed() {
    if (this.swapping) {
      this.swapping = false;
      this.show();
      return;
    }
    this.loading?.abort();
    document.documentElement.classList.remove("beside");
    this.point(null);
    this.body.replaceChildren();
    if (this.opener?.isConnected) this.opener.focus();
  }
}
