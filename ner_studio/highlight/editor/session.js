// What a reload brings back: the set, the text with its entities, and what was not saved yet.

const KEPT = "ner-studio-editor";
const MOST_KEPT = 20; // texts that can be undone after a reload
let saveTo = { id: "", title: "" }; // the annotation set
let sets = [];
let keeping = 0;

function keep() {
  keeping ||= setTimeout(keepNow, 400);
}

function keepNow() {
  clearTimeout(keeping);
  keeping = 0;
  const items = past.slice(-MOST_KEPT);
  const state = { open, openedFrom, saveTo, outbox, partly: field("partly").checked, typed: field("next-text").value };
  const texts = { entry: lean(entry), later: later.map(lean), past: items.map((item) => ({ ...item, entry: lean(item.entry) })) };
  try {
    window.sessionStorage.setItem(KEPT, JSON.stringify({ ...state, ...texts }));
  } catch {
    // Storage is full or not allowed: then a reload loses what is not saved.
  }
}

// A text without the steps that led to it.
function lean(one) {
  if (!one) return null;
  const { state, saved, ...rest } = one;
  return { ...rest, spans: state.spans, at: state.at };
}

function whole(one) {
  if (!one) return null;
  const { spans, at, ...rest } = one;
  const state = newState(one.text, one.words, spans);
  moveTo(state, at);
  return { ...rest, state };
}

function restore() {
  let kept = null;
  try {
    kept = JSON.parse(window.sessionStorage.getItem(KEPT));
  } catch {
    // Storage is not allowed: nothing was kept.
  }
  if (!kept) return;
  ({ open, openedFrom, saveTo, outbox } = kept);
  entry = whole(kept.entry);
  later = kept.later.map(whole);
  past = kept.past.map((item) => ({ ...item, entry: whole(item.entry) }));
  field("partly").checked = kept.partly;
  field("next-text").value = kept.typed;
  field("set").value = saveTo.title;
  // The types and their colours, and what is new in the set.
  if (open) askToOpen(entry ? entry.text : null);
  else send();
}

window.addEventListener("pagehide", () => element.isConnected && keepNow());

function takeSet(answer, done) {
  if (answer.sets) {
    sets = answer.sets;
    part("sets").replaceChildren(...sets.map(({ title }) => make("option", { value: title })));
  }
  // A set that was renamed or brought back is the one from now on.
  if (!answer.set || (done.set.title !== saveTo.title && !answer.title)) return;
  saveTo = { id: answer.set.id, title: answer.set.title };
  if (document.activeElement !== field("set")) field("set").value = saveTo.title;
  part("count").textContent = answer.set.texts ? `${count(answer.set.texts, "text", "texts")} saved` : "";
  for (const name of ["train", "set-menu"]) field(name).hidden = !answer.set.texts;
  takeQueue(answer.queue ?? null);
}

field("set").addEventListener("change", ({ target }) => {
  const title = target.value.trim();
  saveTo = { id: sets.find((one) => one.title === title)?.id ?? "", title };
  for (const name of ["train", "set-menu"]) field(name).hidden = true; // until it is known what is in it
  askToOpen(entry ? entry.text : null);
});
