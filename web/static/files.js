// Files that are dropped on a form, or chosen: their names are told, and the field holds them as if they were chosen.

import { fill } from "./turns.js";

export function takeFiles() {
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      const zone = event.target.closest?.(".drop");
      if (!zone || !event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    const zone = event.target.closest?.(".drop");
    if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    const zone = event.target.closest?.(".drop");
    if (!zone || !event.dataTransfer.files.length) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    const field = zone.querySelector("input[type=file]");
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("change", (event) => {
    const zone = event.target.closest?.(".drop");
    if (zone && event.target.type === "file") tell(zone, event.target.files);
  });
}

function tell(zone, files) {
  const line = zone.querySelector("[data-chosen]");
  const names = [...files].map((file) => file.name).join(", ");
  line.textContent = names ? fill(line.dataset.chosen, { names }) : "";
}
