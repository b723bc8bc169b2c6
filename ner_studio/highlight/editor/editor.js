// The editor, in which a visitor corrects the entities of one text after another. Its files are together
// the body of a function (js_on_load) that gr.HTML calls once with `element`, `props`, `trigger` and
// `watch`. This one has what is shown now, and what each button does.

const part = (name) => element.querySelector(`[data-part="${name}"]`);
const field = (name) => element.querySelector(`[data-do="${name}"]`);
const figure = (number) => number.toLocaleString("en");
const count = (number, one, more) => `${figure(number)} ${number === 1 ? one : more}`;

let open = false; // whether the visitor is correcting
let entry = null; // the text that is shown: {text, words, suggested, model, state, edited, saved}
let openedFrom = ""; // the text of the tab that was opened last
let waits = ""; // the text that was asked for, until it comes; null for the next one of the queue
const view = textView(part("text"), lookOf);
const announce = announcer(part("heard"));

function draw() {
  document.body.toggleAttribute("data-correcting", open);
  if (!open) return;
  for (const name of ["text", "types", "decide", "part-only"]) part(name).hidden = !entry;
  part("waiting").hidden = entry !== null || waits === "";
  part("next").hidden = entry !== null || waits !== "";
  if (entry) view.show(entry.state);
  drawTypes();
  field("undo").disabled = !canUndo();
  field("redo").disabled = !canRedo();
  keep();
}

function show(next) {
  closeMenu();
  entry = next;
  waits = "";
  draw();
  if (!open) return;
  if (entry) part("text").focus({ preventScroll: true });
  else field("next-text").focus({ preventScroll: true });
}

// A text as the server sends it, with offsets in code points, as it is kept here.
function entryOf({ text, words, suggested, model, entities, about }) {
  const { units } = offsetsOf(text);
  const spans = suggested.map(([start, end, label, score]) => ({ start: units(start), end: units(end), label, score }));
  const decided = entities?.map(([start, end, label]) => ({ start: units(start), end: units(end), label }));
  const places = words.map(([start, end]) => [units(start), units(end)]);
  return { text, words: places, suggested: spans, model, about, state: newState(text, places, decided ?? spans) };
}

// What changes the text of the page; it is drawn, and said to those who do not see it.
function act(change, sentence) {
  if (!entry) return;
  const before = entry.state.spans;
  const result = change(entry.state);
  if (entry.state.spans !== before) entry.edited = true;
  draw();
  const said = sentence(result, entry.state);
  if (said) announce(said);
}

const written = ({ start, end }) => entry.text.slice(start, end);
const shortly = (text) => (text.length > 80 ? `${text.slice(0, 80)} …` : text);

function markAs(label) {
  closeMenu();
  act((state) => mark(state, label), (made) => (made ? `Marked ${shortly(written(made))} as ${label}` : ""));
  part("text").focus({ preventScroll: true });
}

function removeMarks(spans) {
  closeMenu();
  act(
    (state) => remove(state, spans),
    (gone) => (gone.length ? `Removed ${gone.map((span) => `${span.label} from ${shortly(written(span))}`).join(", ")}` : "No entity is here"),
  );
  part("text").focus({ preventScroll: true });
}

// Where the caret is, or what is selected.
function place(state) {
  const range = selected(state);
  if (!range) return "";
  if (isExtended(state)) return `Selected ${shortly(written(range))}`;
  const [span] = touched(state);
  const about = span ? `, ${span.label}${span.score === undefined ? "" : ", suggested"}` : "";
  return `Word ${state.at + 1} of ${state.words.length}: ${written(range)}${about}`;
}

// Says a sentence to screen readers, also if it is the same again.
function announcer(where) {
  return (sentence) => {
    where.textContent = where.textContent === sentence ? `${sentence}\u00a0` : sentence;
  };
}
