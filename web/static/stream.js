// Reads an answer as it comes about: server-sent events over fetch, because a question is sent in a body.

import { Problem, problemOf, reach, wordsOfProblems } from "./turns.js";

/**
 * Send a form and hand each event to `heard(name, data)`, until `done`.
 * Rejects with a Problem, or with an AbortError once `signal` is aborted.
 */
export async function streamTurn(address, body, signal, heard) {
  const response = await reach(address, { method: "POST", body, signal, headers: { Accept: "text/event-stream, application/problem+json" } });
  if (!response.ok || !(response.headers.get("content-type") || "").startsWith("text/event-stream")) throw await problemOf(response);
  for await (const { name, data } of eventsOf(response.body)) {
    if (name === "error") throw new Problem(data.detail, data.hint);
    heard(name, data);
    if (name === "done") return;
  }
  throw brokenOff();
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (held + value).split("\n\n");
      held = blocks.pop();
      for (const block of blocks) {
        const event = read(block);
        if (event) yield event;
      }
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw brokenOff();
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** One event; none for a comment, which is only a sign of life. */
function read(block) {
  const lines = block.split("\n");
  const valuesOf = (field) => lines.filter((line) => line.startsWith(`${field}: `)).map((line) => line.slice(field.length + 2));
  const [name] = valuesOf("event");
  return name ? { name, data: JSON.parse(valuesOf("data").join("\n")) } : null;
}

function brokenOff() {
  const words = wordsOfProblems();
  return new Problem(words.broken, words.brokenHint);
}
