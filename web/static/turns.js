// What the other modules know about the page: turns, the templates for their states, and the words that go in.

/** The words with their {names} filled in. */
export function fill(words, values) {
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** A copy of the element inside a <template>. */
export function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** The elements that a partial's HTML holds. Scripts in it would not run: it is parsed as a document of its own. */
export function elementsOf(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return [...page.body.children].map((element) => document.importNode(element, true));
}

/** Thrown with what the reader needs to know: `detail`, and `hint` about what to do. */
export class Problem extends Error {
  constructor(detail, hint = "") {
    super(detail);
    this.detail = detail;
    this.hint = hint;
  }
}

/** Fetch a partial. Rejects with a Problem, or with an AbortError once `signal` is aborted. */
export async function fetchPartial(address, signal) {
  const words = document.getElementById("problem-words").dataset;
  let response;
  try {
    response = await fetch(address, { signal, headers: { Accept: "text/html, application/problem+json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(words.unreachable, words.unreachableHint);
  }
  const type = response.headers.get("content-type") || "";
  if (response.ok && type.startsWith("text/html")) return elementsOf(await response.text());
  if (type.startsWith("application/problem+json")) {
    const problem = await response.json();
    throw new Problem(problem.detail || problem.title, problem.hint);
  }
  throw new Problem(words.unexpected, `${response.status} ${response.statusText}`);
}

/** The link in a turn's list of sources that a citation chip stands for. */
export function sourceOf(chip) {
  const turn = chip.closest(".turn");
  return turn ? turn.querySelector(`.sources a[data-panel="${chip.dataset.cite}"]`) : null;
}

/** Whether a click asks for a new tab or window, which is the browser's business. */
export function isPlainClick(event) {
  return event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
}
