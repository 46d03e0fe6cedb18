// The card at a citation: who wrote it, when, and the words themselves, on hover and on focus.

import { sourceOf } from "./turns.js";

const GAP = 8; // pixels between a chip and its card
const LINGER = 160; // milliseconds to move from a chip to its card

export function showCards() {
  const card = document.getElementById("card");
  if (card) new Card(card).listen();
}

class Card {
  constructor(card) {
    this.card = card;
    this.chip = null;
    this.leaving = 0;
  }

  listen() {
    document.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch") return;
      const chip = event.target.closest?.("a.chip");
      if (chip) this.show(chip);
      else if (this.card.contains(event.target)) clearTimeout(this.leaving);
      else if (this.chip) this.hideSoon();
    });
    document.addEventListener("focusin", (event) => {
      const chip = event.target.closest("a.chip");
      if (chip && chip.matches(":focus-visible")) this.show(chip);
      else this.hide();
    });
    // While it is captured, before the panel and the conversation hear of it: Escape closes the card alone.
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.card.hidden) return;
      event.preventDefault();
      event.stopPropagation();
      this.hide();
    }, true);
    document.addEventListener("click", () => this.hide());
    addEventListener("scroll", () => this.follow(), { passive: true });
    addEventListener("resize", () => this.hide());
  }

  show(chip) {
    clearTimeout(this.leaving);
    if (chip === this.chip) return;
    const source = sourceOf(chip)?.closest(".source");
    if (!source) return;
    this.hide();
    const parts = [".source-title", ".source-meta", "blockquote"].map((part) => source.querySelector(part));
    const said = chip.closest(".sentence")?.querySelector(".speaker");
    if (said) parts.splice(2, 0, said);
    this.card.replaceChildren(...parts.map((part) => plain(part)));
    this.card.hidden = false;
    this.chip = chip;
    chip.setAttribute("aria-describedby", this.card.id);
    this.place();
  }

  /** Stay with the chip while the page scrolls, which it does by itself when focus moves; leave when the chip does. */
  follow() {
    if (!this.chip) return;
    const { top, bottom } = this.chip.getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) this.hide();
    else this.place();
  }

  /** Below the chip, or above it where there is no room, and never beyond the window's edge. */
  place() {
    const chip = this.chip.getBoundingClientRect();
    const { width, height } = this.card.getBoundingClientRect();
    const room = document.documentElement.clientWidth - width - GAP;
    const below = chip.bottom + GAP;
    const top = below + height > innerHeight && chip.top - GAP - height > 0 ? chip.top - GAP - height : below;
    this.card.style.left = `${Math.max(GAP, Math.min(chip.left, room))}px`;
    this.card.style.top = `${top}px`;
  }

  hideSoon() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => this.hide(), LINGER);
  }

  hide() {
    clearTimeout(this.leaving);
    this.chip?.removeAttribute("aria-describedby");
    this.chip = null;
    this.card.hidden = true;
  }
}

/** A copy with nothing to click or to tab to. */
function plain(element) {
  const copy = document.createElement(element.tagName === "BLOCKQUOTE" ? "blockquote" : "p");
  copy.className = element.className;
  if (element.tagName === "BLOCKQUOTE") copy.append(...[...element.childNodes].map((node) => node.cloneNode(true)));
  else copy.textContent = element.textContent.trim();
  return copy;
}
