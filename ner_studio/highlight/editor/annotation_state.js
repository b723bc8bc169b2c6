// The state of one text that is being annotated, and what can be done to it. It knows no page: all of it
// is plain data. Offsets are UTF-16 units, half-open.
//
// `spans` are sorted, disjoint, inside the text, and have no blank at either end. A span that a model
// suggested has its `score` until somebody touches it. The caret is on the word `at`; the selection
// reaches from the word `from` to it, unless `picked` has a range of characters.

function newState(text, words, spans) {
  const state = { text, words, spans: [], at: 0, from: 0, picked: null, done: [], undone: [] };
  for (const span of spans) {
    const range = trimmed(text, span.start, span.end);
    if (range) state.spans = withSpan(state, state.spans, { ...span, ...range });
  }
  return state;
}

// What is selected, as a range of characters; null in a text without words.
function selected({ words, at, from, picked }) {
  if (picked || !words.length) return picked;
  return { start: words[Math.min(at, from)][0], end: words[Math.max(at, from)][1] };
}

const isExtended = ({ at, from, picked }) => picked !== null || at !== from;

// The spans that the selection touches.
function touched(state) {
  const range = selected(state);
  return range ? state.spans.filter((span) => overlap(span, range)) : [];
}

const overlap = (one, other) => one.start < other.end && other.start < one.end;

// The word at an offset, or else the last one before it; the first one if there is none.
function wordAt({ words }, offset) {
  return Math.max(0, countBefore(words, ([start]) => start <= offset) - 1);
}

function moveTo(state, word, extend = false) {
  state.at = Math.max(0, Math.min(word, state.words.length - 1));
  state.picked = null;
  if (!extend) state.from = state.at;
}

function move(state, step, extend = false) {
  // Arrows leave a selection at the end to which they point.
  if (!extend && isExtended(state)) moveTo(state, step < 0 ? Math.min(state.at, state.from) : Math.max(state.at, state.from));
  else moveTo(state, state.at + step, extend);
}

function selectWords(state, from, at) {
  moveTo(state, from);
  moveTo(state, at, true);
}

// Select characters. No surrogate pair is cut in two.
function selectCharacters(state, one, other) {
  let [start, end] = [Math.min(one, other), Math.max(one, other)].map((at) => Math.max(0, Math.min(at, state.text.length)));
  if (isInPair(state.text, start)) start -= 1;
  if (isInPair(state.text, end)) end += 1;
  const range = trimmed(state.text, start, end);
  if (!range) return;
  moveTo(state, wordAt(state, range.start));
  state.picked = range;
}

// Forget the selection; the caret stays.
function unselect(state) {
  moveTo(state, state.at);
}

// A range without the blanks at its ends; null if it has nothing else.
function trimmed(text, start, end) {
  while (start < end && /\s/.test(text[start])) start += 1;
  while (start < end && /\s/.test(text[end - 1])) end -= 1;
  return start < end ? { start, end } : null;
}

// Give the selection a type. Without a selection, the span at the caret gets it, or else the word there.
function mark(state, label) {
  const range = selected(state);
  if (!range) return null;
  const [span] = touched(state);
  const made = { ...(span && !isExtended(state) ? bounds(span) : range), label };
  change(state, withSpan(state, state.spans, made));
  return made;
}

const bounds = ({ start, end }) => ({ start, end });

function relabel(state, span, label) {
  const made = { ...bounds(span), label };
  change(state, withSpan(state, state.spans, made));
  return made;
}

// Give all spans of one type another one.
function relabelAll(state, old, label) {
  if (!state.spans.some((span) => span.label === old)) return;
  change(state, state.spans.map((span) => (span.label === old ? { ...span, label } : span)));
}

// Move one edge of a span ("start" or "end") by a word: `step` is -1 or 1. Return the span as it is then,
// null if it can't be moved.
function stretch(state, span, edge, step) {
  const side = edge === "start" ? 0 : 1;
  const edges = state.words.map((word) => word[side]);
  const place = step < 0 ? countBefore(edges, (at) => at < span[edge]) - 1 : countBefore(edges, (at) => at <= span[edge]);
  if (place < 0 || place >= edges.length) return null;
  const made = { ...bounds(span), label: span.label, [edge]: edges[place] };
  if (made.start >= made.end) return null;
  change(state, withSpan(state, state.spans.filter((other) => other !== span), made));
  return made;
}

// Remove these spans, or those that the selection touches; return them.
function remove(state, spans = touched(state)) {
  if (spans.length) change(state, state.spans.filter((span) => !spans.includes(span)));
  return spans;
}

// Spans with one more, which takes its characters from all others: those are shortened to what is left of
// them before it or, if nothing is, after it. What has nothing left is removed.
function withSpan({ text }, spans, made) {
  const kept = [];
  for (const span of spans) {
    if (!overlap(span, made)) kept.push(span);
    else {
      const rest = trimmed(text, span.start, made.start) ?? trimmed(text, made.end, span.end);
      if (rest) kept.push({ ...rest, label: span.label });
    }
  }
  return [...kept, made].sort((one, other) => one.start - other.start);
}

function change(state, spans) {
  if (JSON.stringify(spans) === JSON.stringify(state.spans)) return;
  state.done.push(moment(state));
  state.undone = [];
  state.spans = spans;
  // The selection was used.
  unselect(state);
}

const moment = ({ spans, at, from, picked }) => ({ spans, at, from, picked });

function undo(state) {
  return swap(state, state.done, state.undone);
}

function redo(state) {
  return swap(state, state.undone, state.done);
}

function swap(state, source, target) {
  if (!source.length) return false;
  target.push(moment(state));
  Object.assign(state, source.pop());
  return true;
}
