// What is asked of the server, one thing after the other, and its answers. What has no answer stays here,
// also over a reload, and is asked again: the server knows by its key whether it has done it already.

const PATIENCE = 6000; // milliseconds until something is asked again
const PATIENCE_TO_OPEN = 60_000; // a model may have to read a long text
let outbox = []; // the first one is on its way while `flying`
let flying = 0; // the timer that asks again
let isLate = false; // whether the server did not answer in time

const newKey = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

function ask(what) {
  const asked = { key: newKey(), set: saveTo, ...what };
  outbox.push(asked);
  keepNow();
  send();
  return asked.key;
}

function askToOpen(text) {
  outbox = outbox.filter((one, place) => one.do !== "open" || (place === 0 && flying));
  ask({ do: "open", text });
}

function send() {
  if (!flying && outbox.length) {
    flying = setTimeout(sendAgain, outbox[0].do === "open" ? PATIENCE_TO_OPEN : PATIENCE);
    trigger("ask", { asked: JSON.stringify(outbox[0]) });
  }
  showUnsaved();
}

function sendAgain() {
  flying = 0;
  isLate = true;
  send();
}

function hear(answer) {
  if (answer.key !== outbox[0]?.key) return;
  clearTimeout(flying);
  flying = 0;
  isLate = false;
  const done = outbox.shift();
  tell(answer.problem ?? answer.notice ?? "");
  takeSet(answer, done);
  if (answer.problem) refused(done);
  else if (done.do === "open") opened(answer, done);
  else takeTypes(answer);
  if (!answer.problem && done.do === "accept") said(`Saved to ${answer.set.title}.`);
  if (!answer.problem && done.do === "queue") queued(answer);
  if (answer.done) doneWithSet(answer, done);
  draw();
  keepNow();
  send();
}

function opened(answer, { text }) {
  if (isWanted(text)) {
    const before = entry;
    const waited = waits !== "";
    entry = answer.text === null ? null : entryOf(answer);
    takeTypes(answer);
    if (before) moveTo(entry.state, before.state.at);
    else if (entry || waited) arrived();
  } else takeTypes(answer);
  // Its suggestions come when the model is loaded.
  if (answer.loading) trigger("wait", {});
}

// Whether the answer is a text that is waited for, the next one of the queue while nothing is shown, or
// the shown text with other suggestions, which replace those that nobody has touched.
function isWanted(text) {
  if (entry) return entry.text === text && !entry.edited && !entry.saved;
  return waits === text || (text === null && !field("next-text").value);
}

function arrived() {
  if (entry) field("next-text").value = "";
  show(entry);
  if (!entry) return;
  const words = count(entry.words.length, "word", "words");
  const found = entry.state.spans.length;
  announce(`Opened a text of ${words}, ${count(found, "entity is", "entities are")} marked`);
}

// What the server would not save comes back into the editor, with the reason; a text that it would not
// open, into its field.
function refused(done) {
  const item = past.find(({ last }) => last === done.key);
  if (item) {
    past = past.filter((one) => one !== item);
    if (entry) later.push(entry);
    show(item.entry);
  } else if (done.do === "open" && entry === null) {
    field("next-text").value ||= done.text ?? "";
    show(null);
  }
}

function tell(sentence) {
  part("problem").textContent = sentence;
  part("problem").hidden = !sentence;
}

function said(sentence) {
  part("said").textContent = sentence;
}

function showUnsaved() {
  const unsaved = outbox.filter((one) => one.do !== "open").length;
  part("said").classList.toggle("late", isLate);
  if (!isLate) return;
  const what = unsaved ? `Not saved yet: ${count(unsaved, "change", "changes")}. ` : "";
  said(`${what}The server does not answer. Go on: it is tried again by itself.`);
}
