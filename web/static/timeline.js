// Keys for the timeline: + and - zoom, the arrow keys go earlier and later, 0 shows all. They press the links.

const KEYS = { "+": "in", "=": "in", "-": "out", ArrowLeft: "earlier", ArrowRight: "later", 0: "all" };

export function zoomByKeys() {
  document.addEventListener("keydown", (event) => {
    const drawing = event.target.closest(".drawing");
    if (!drawing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    const link = document.querySelector(`#zoom-${KEYS[event.key]}`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}
