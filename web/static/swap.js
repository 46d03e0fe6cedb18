// Forms and links that change a part of the page: the same page is loaded, and only that part of it is put in place.
// Without this script the whole page loads, and shows the same.

import { elementsOf, isPlainClick, Problem, problemOf, reach } from "./turns.js";

const announcer = document.getElementById("announce");
let loading = null;

export function swapParts() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-swap]");
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    sendForm(form, event.submitter);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || !isPlainClick(event)) return;
    event.preventDefault();
    load(link.href, {}, link.dataset.swap, link);
  });
  addEventListener("popstate", () => location.reload());
}

function sendForm(form, submitter) {
  const data = new FormData(form, submitter);
  const address = submitter?.getAttribute("formaction") || form.getAttribute("action");
  if ((submitter?.getAttribute("formmethod") || form.method) === "get") {
    const filled = new URLSearchParams([...data].filter(([, value]) => value));
    return load(`${address}?${filled}`, {}, form.dataset.swap, form);
  }
  return load(address, { method: "POST", body: data }, form.dataset.swap, form);
}

/** Put the part that `id` names, as the page at `address` has it, in its place. */
export async function load(address, options, id, cause) {
  loading?.abort();
  loading = new AbortController();
  const part = document.getElementById(id);
  part.setAttribute("aria-busy", "true");
  if (cause.dataset?.working) announcer.textContent = cause.dataset.working;
  const held = [...(cause.querySelectorAll?.("button:not(:disabled)") || [])];
  const focused = document.activeElement;
  for (const button of held) button.disabled = true;
  try {
    const { quiet, ...request } = options; // quiet: the address stays, because it is the page's own
    const response = await reach(address, { ...request, signal: loading.signal, headers: { Accept: "text/html" } });
    const found = await partOf(response, id);
    if (!found) return location.assign(response.url); // the answer is another page
    part.replaceWith(found);
    if (quiet) {
      // nothing to go back to
    } else if (!options.method) history.pushState(null, "", address);
    else if (response.redirected) history.replaceState(null, "", response.url);
    settle(found, focused);
  } catch (error) {
    if (error.name === "AbortError") return;
    part.removeAttribute("aria-busy");
    const told = part.querySelector(".problem") || part.insertBefore(element("problem"), part.firstChild);
    told.replaceChildren(element("problem-detail", error.detail || error.message), element("problem-hint", error.hint || ""));
    told.scrollIntoView({ block: "nearest" });
    announcer.textContent = [error.detail, error.hint].filter(Boolean).join(" ");
    if (!(error instanceof Problem)) throw error;
  } finally {
    for (const button of held) button.disabled = false;
    if (focused?.isConnected && document.activeElement === document.body) focused.focus();
  }
}

async function partOf(response, id) {
  if (!(response.headers.get("content-type") || "").startsWith("text/html")) throw await problemOf(response);
  const page = elementsOf(await response.text());
  const holder = document.createElement("div");
  holder.append(...page);
  const found = holder.querySelector(`#${id}`);
  if (found || response.redirected) return found;
  const text = (selector) => holder.querySelector(selector)?.textContent.trim() || "";
  throw new Problem(text(".problem-detail") || text("h1"), text(".problem-hint"));
}

/** Tell what came, and bring the reader to what they asked for, or keep them at the control that they used. */
function settle(found, focused) {
  const told = found.querySelector("[data-told]") || found;
  announcer.textContent = told.dataset.told || told.getAttribute("aria-label") || "";
  const again = focused?.id ? document.getElementById(focused.id) : null;
  (found.querySelector("[data-arrive]") || again)?.focus();
  found.dispatchEvent(new Event("swapped", { bubbles: true }));
}

function element(name, text = "") {
  const made = document.createElement(name === "problem" ? "div" : "p");
  made.className = name;
  made.textContent = text;
  return made;
}
