// What can be done with an answer: copy it as Markdown, copy its address. Without this script both are there to be
// selected and opened.

import { isPlainClick } from "./turns.js";

const SHOWN = 2500; // milliseconds that "Copied" stays

export function offerTools() {
  document.addEventListener("click", async (event) => {
    if (!isPlainClick(event)) return;
    const copy = event.target.closest(".copy > summary");
    const share = event.target.closest("a[data-share]");
    if (!copy && !share) return;
    event.preventDefault();
    const text = copy ? copy.parentElement.querySelector("textarea").value : share.href;
    const done = await put(text);
    if (!done && copy) {
      copy.parentElement.open = true;
      copy.parentElement.querySelector("textarea").select();
    } else if (!done) {
      location.href = share.href;
    } else {
      tell(copy || share);
    }
  });
}

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not allowed here: the text is shown instead
  }
}

function tell(element) {
  const words = document.getElementById("tool-words").dataset.copied;
  document.getElementById("announce").textContent = words;
  element.dataset.done = words;
  setTimeout(() => delete element.dataset.done, SHOWN);
}
