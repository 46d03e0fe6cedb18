// Asks without a reload: the question, its waiting, its answer or its error, one turn below the other.

import { streamTurn } from "./stream.js";
import { copyOf, elementsOf, fill, isPlainClick, Problem } from "./turns.js";

const NOT_LIMITS = new Set(["q", "turn"]);

export function answerInPage() {
  const form = document.getElementById("ask");
  if (form) new Conversation(form).listen();
}

class Conversation {
  constructor(form) {
    this.form = form;
    this.box = form.elements.q;
    this.list = document.getElementById("conversation");
    this.start = document.getElementById("start");
    this.announcer = document.getElementById("announce");
    this.count = this.list.querySelectorAll(".turn").length;
    this.pending = null;
  }

  listen() {
    this.form.noValidate = true;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(this.box.value);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.box.addEventListener("input", () => this.complain(""));
    this.form.addEventListener("change", () => this.tellLimits());
    this.form.querySelector("[data-stop]").addEventListener("click", () => this.stop());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.pending && !event.defaultPrevented) this.stop();
    });
    document.addEventListener("click", (event) => this.clicked(event));
  }

  clicked(event) {
    if (!isPlainClick(event)) return;
    const link = event.target.closest("a[data-question]");
    if (link) {
      event.preventDefault();
      if ("unlimited" in link.dataset) this.clearLimits();
      this.ask(link.dataset.question);
    }
    const edited = event.target.closest("a[data-edit-question]");
    if (edited) {
      event.preventDefault();
      this.edit(edited.dataset.editQuestion);
    }
    if (event.target.closest("a[data-clear]")) {
      event.preventDefault();
      this.clearLimits();
    }
  }

  ask(question) {
    const text = question.trim();
    if (this.pending) return;
    if (!text) return this.complain(this.form.dataset.empty);
    const length = [...text].length;
    const most = Number(this.form.dataset.longest);
    if (length > most) {
      const numbers = { n: written(length), most: written(most) };
      return this.complain(fill(this.form.dataset.tooLong, numbers));
    }
    this.complain("");
    this.box.value = "";
    this.send(this.parameters(text));
  }

  async send(parameters) {
    const turn = ++this.count;
    const controller = new AbortController();
    const working = this.add(copyOf("turn-working"), parameters.get("q"));
    this.wait(controller);
    this.announce(this.form.dataset.working);
    this.entitle(parameters.get("q"));
    let answered = null;
    try {
      await streamTurn(`/partials/answer?turn=${turn}`, parameters, controller.signal, (name, data) => {
        if (name === "found") this.found(working, data);
        if (name === "sentence") this.sentence(working, data);
        if (name !== "done") return;
        [answered] = elementsOf(data.html);
        this.kept(data.conversation);
      });
      const told = working.querySelectorAll(".sentence").length;
      working.replaceWith(answered);
      if (!told) this.arrive(answered);
      this.announce(this.summary(answered, told));
    } catch (error) {
      const stopped = error.name === "AbortError";
      const problem = stopped ? new Problem(this.form.dataset.stopped) : error;
      this.fail(working, parameters, problem, turn);
      this.announce([problem.detail, problem.hint].filter(Boolean).join(" "));
      if (!(problem instanceof Problem)) throw error;
    } finally {
      this.wait(null);
    }
  }

  found(working, { passages }) {
    const line = working.querySelector(".working");
    line.textContent = fill(line.dataset.writing, { n: passages });
  }

  /** A sentence that has been checked. Its sources stay hidden until the answer is whole, so that nothing moves. */
  sentence(working, { html, sources }) {
    const [sentence] = elementsOf(html);
    working.querySelector(".sentences").append(sentence);
    for (const source of sources) working.querySelector(".sources").append(...elementsOf(source));
    this.announce(sentence.querySelector(".said-text").textContent);
  }

  add(turn, question) {
    turn.querySelector(".question").textContent = question;
    if (this.start) this.start.hidden = true;
    this.list.hidden = false;
    this.list.append(turn);
    turn.scrollIntoView({ block: "start" });
    return turn;
  }

  /** Show a finished turn. A touch screen's keyboard would cover it, so the box is left there. */
  arrive(turn) {
    turn.scrollIntoView({ block: "start" });
    if (matchMedia("(pointer: coarse)").matches) turn.querySelector(".question").focus({ preventScroll: true });
  }

  /** Say what went wrong, in the place of the turn or, where sentences have come that stand, below them. */
  fail(working, parameters, problem, turn) {
    const failed = this.failed(parameters, problem, turn);
    if (working.querySelector(".sentence")) {
      working.querySelector(".working").remove();
      working.removeAttribute("aria-busy");
      working.querySelector(".sources").hidden = false;
      failed.querySelector(".problem").before(...[...working.children].slice(1));
    }
    working.replaceWith(failed);
    if (!failed.querySelector(".sentence")) this.arrive(failed);
  }

  failed(parameters, problem, turn) {
    const element = copyOf("turn-failed");
    element.id = `turn-${turn}`;
    element.querySelector(".question").textContent = parameters.get("q");
    element.querySelector(".problem-detail").textContent = problem.detail || problem.message;
    element.querySelector(".problem-hint").textContent = problem.hint || "";
    element.querySelector("[data-retry]").addEventListener("click", () => {
      if (this.pending) return;
      element.remove();
      this.box.focus();
      this.send(parameters);
    });
    element.querySelector("[data-edit]").addEventListener("click", () => this.edit(parameters.get("q")));
    return element;
  }

  edit(question) {
    this.box.value = question;
    this.box.focus();
    this.box.select();
  }

  wait(controller) {
    this.pending = controller;
    const [submit, stop] = [this.form.querySelector("[data-submit]"), this.form.querySelector("[data-stop]")];
    const focused = document.activeElement;
    submit.hidden = Boolean(controller);
    stop.hidden = !controller;
    if (focused === submit || focused === stop) this.box.focus();
  }

  stop() {
    this.pending?.abort();
  }

  parameters(question) {
    const parameters = new URLSearchParams();
    parameters.set("q", question);
    for (const [name, value] of new FormData(this.form)) {
      if (!NOT_LIMITS.has(name) && value) parameters.append(name, value);
    }
    return parameters;
  }

  clearLimits() {
    for (const input of this.form.querySelectorAll(".limits input")) {
      if (input.type === "checkbox") input.checked = false;
      else input.value = "";
    }
    this.tellLimits();
  }

  tellLimits() {
    const label = this.form.querySelector("[data-limits]");
    const told = [];
    for (const input of this.form.querySelectorAll(".limits input")) {
      if (input.type === "checkbox" ? input.checked : input.value) {
        const name = input.closest("label").textContent.trim();
        told.push(input.type === "checkbox" ? name : `${name.toLowerCase()} ${input.value}`);
      }
    }
    label.textContent = told.length ? fill(label.dataset.some, { limits: told.join(" · ") }) : label.dataset.none;
  }

  complain(words) {
    const place = document.getElementById("ask-error");
    place.hidden = !words;
    place.textContent = words;
    this.box.setAttribute("aria-invalid", words ? "true" : "false");
    if (words) this.box.focus();
  }

  announce(words) {
    this.announcer.textContent = words;
  }

  /** What a screen reader is told: the outcome, and those sentences that it has not been told yet. */
  summary(turn, told) {
    const said = [...turn.querySelectorAll(".said-text, .message")].map((element) => element.textContent.trim());
    const status = turn.querySelector(".badge").textContent.trim();
    return fill(this.form.dataset.announce, { status, text: said.slice(told).join(" ") }).trim();
  }

  /** From here on the page is that conversation's: a reload shows it, and the next question goes on with it. */
  kept(conversation) {
    this.form.elements.conversation.value = conversation;
    const address = `/conversations/${conversation}`;
    if (location.pathname !== address) history.pushState(null, "", address);
  }

  entitle(question) {
    const name = document.querySelector(".brand").textContent.trim();
    document.title = `${question} – ${name}`;
  }
}

function written(number) {
  return number.toLocaleString(document.documentElement.lang);
}
