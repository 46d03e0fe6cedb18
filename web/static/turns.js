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

/** The words for what goes wrong on the way. */
export function wordsOfProblems() {
  return document.getElementById("problem-words").dataset;
}

/** Fetch. Rejects with a Problem where there is no answer, or with an AbortError once the signal is aborted. */
export async function reach(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const words = wordsOfProblems();
    throw new Problem(words.unreachable, words.unreachableHint);
  }
}

/** What a response that is not the one hoped for says. */
export async function problemOf(response) {
  if ((response.headers.get("content-type") || "").startsWith("application/problem+json")) {
    const problem = await response.json();
    return new Problem(problem.detail || problem.title, problem.hint);
  }
  return new Problem(wordsOfProblems().unexpected, `${response.status} ${response.statusText}`);
}

/** Fetch a partial. Rejects with a Problem, or with an AbortError once `signal` is aborted. */
export async function fetchPartial(address, signal) {
  const response = await reach(address, { signal, headers: { Accept: "text/html, application/problem+json" } });
  const page = (response.headers.get("content-type") || "").startsWith("text/html");
  if (!response.ok || !page) throw await problemOf(response);
  return elementsOf(await response.text());
}

/** The link in the list of sources of a turn, or of whatever else cites, that a citation chip stands for. */
export function sourceOf(chip) {
  const scope = chip.closest(".turn, [data-cites]");
  return scope ? scope.querySelector(`.sources a[data-panel="${chip.dataset.cite}"]`) : null;
}

/** Whether a click asks for a new tab or window, which is the browser's business. */
export function isPlainClick(event) {
  return event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
}
