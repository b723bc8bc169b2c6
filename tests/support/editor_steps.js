// Functions for the tests of the editor's state and of what it draws; see test_annotation_state.py.

const COMMANDS = { move, moveTo, selectWords, selectCharacters, mark, unselect, undo, redo, remove: (state) => remove(state) };

// The state of a text as the server sends it, in JSON.
function stateOf(opened) {
  const { text, words, suggested } = JSON.parse(opened);
  const { units } = offsetsOf(text);
  const spans = suggested.map(([start, end, label, score]) => ({ start: units(start), end: units(end), label, score }));
  return newState(text, words.map((word) => word.map(units)), spans);
}

// Take steps; return what the state is before and after each of them, in code points.
function takeSteps([opened, steps]) {
  const state = stateOf(opened);
  const { units, points } = offsetsOf(state.text);
  const nth = (number) => state.spans[number % state.spans.length];
  const commands = {
    ...COMMANDS,
    selectCharacters: (_, one, other) => selectCharacters(state, units(one), units(other)),
    relabel: (_, number, label) => nth(number) && relabel(state, nth(number), label),
    stretch: (_, number, edge, step) => nth(number) && stretch(state, nth(number), edge, step),
  };
  const now = () => ({
    at: state.at,
    from: state.from,
    picked: state.picked && [points(state.picked.start), points(state.picked.end)],
    spans: state.spans.map(({ start, end, label, score }) => [points(start), points(end), label, score ?? null]),
  });
  return [now(), ...steps.map(([name, ...more]) => (commands[name](state, ...more), now()))];
}

// Each offset of some texts, in units, and from there back in code points.
function convertOffsets(texts) {
  return texts.map((json) => {
    const text = JSON.parse(json);
    const { units, points } = offsetsOf(text);
    return Array.from({ length: [...text].length + 1 }, (_, at) => [units(at), points(units(at))]);
  });
}

// Draw a text and take steps; return what the page shows after each, what it should show, and how many
// nodes came and went.
function drawSteps([opened, steps]) {
  const state = stateOf(opened);
  const box = document.querySelector("#box");
  const view = textView(box, () => ({ colour: "ner-c1" }));
  const observer = new MutationObserver(() => {});
  view.show(state);
  observer.observe(box, { childList: true, subtree: true });
  const moved = () => observer.takeRecords().reduce((sum, one) => sum + one.addedNodes.length + one.removedNodes.length, 0);
  const take = ([name, ...more]) => {
    COMMANDS[name](state, ...more);
    view.show(state);
    return { ...shownIn(box), moved: moved(), meant: meantBy(state) };
  };
  return steps.map(take);
}

function shownIn(box) {
  const copy = box.cloneNode(true);
  for (const note of copy.querySelectorAll("small, .ner-unseen")) note.remove();
  const marks = [...box.querySelectorAll("mark")].map((one) => [one.firstChild.data, one.dataset.label, one.classList.contains("suggested")]);
  return { text: copy.textContent, marks, at: writtenIn("ner-caret"), selection: writtenIn("ner-selected") };
}

// The text of a highlight of the browser, without the notes of marks.
function writtenIn(name) {
  const range = [...(CSS.highlights.get(name) ?? [])][0];
  if (!range) return "";
  const copy = range.cloneContents();
  for (const note of copy.querySelectorAll("small, .ner-unseen")) note.remove();
  return copy.textContent;
}

function meantBy(state) {
  const { text, words, spans, at, picked } = state;
  const written = ({ start, end }) => readable(text.slice(start, end));
  return {
    text: readable(text),
    marks: spans.map((span) => [written(span), span.label, span.score !== undefined]),
    at: picked || !words.length ? "" : readable(text.slice(...words[at])),
    selection: isExtended(state) ? written(selected(state)) : "",
  };
}
