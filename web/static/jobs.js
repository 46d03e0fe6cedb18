// A job's page kept up to date: at every event of the job the part of the page that tells of it is loaded again.

import { load } from "./swap.js";

export function followJobs() {
  follow();
  document.addEventListener("swapped", follow);
}

let source = null;

function follow() {
  const part = document.querySelector("[data-events]");
  if (!part) {
    source?.close();
    source = null;
    return;
  }
  if (source) return;
  source = new EventSource(part.dataset.events);
  let at = null; // the first event tells what the page tells already
  const again = (event) => {
    if (at !== null && event.data !== at || event.type === "done") load(location.href, { quiet: true }, "job", document.body);
    at = event.data;
  };
  source.addEventListener("progress", again);
  source.addEventListener("done", again);
}
