// Draws the text that is being annotated: pieces of text, and a mark around each span. A change redraws
// only the parts that it is about. All of the text is written as text, never as markup.
//
// Few nodes and no element for each word: a browser lays a paragraph out anew when a mark in it changes,
// and twenty thousand elements would take it a second. Caret and selection are highlights of the browser,
// ranges with a style (see the style sheet), which need no layout at all.

const SELECTION = "ner-selected";
const CARET = "ner-caret";
const PIECE = 500; // characters: what is drawn anew around a mark is not longer

// `look` returns the class of an entity type.
function textView(box, look) {
  let text = "";
  let words = null;
  let spans = []; // as they are drawn
  let items = []; // the nodes of the box, in their order: {start, end, node}
  let cuts = []; // where pieces of text end
  const starts = new WeakMap(); // where a text node begins in the text

  return { show, redraw, offsetAt, rectOf };

  function show(state) {
    if (state.words !== words) redraw(state);
    else if (state.spans !== spans) drawChange(state.spans);
    const [start, end] = words[state.at] ?? [];
    setHighlight(CARET, !state.picked && end !== undefined ? rangeOf({ start, end }) : null);
    setHighlight(SELECTION, isExtended(state) ? rangeOf(selected(state)) : null);
  }

  function redraw(state) {
    ({ text, words, spans } = state);
    cuts = [];
    for (const [, end] of words) if (end - (cuts.at(-1) ?? 0) >= PIECE) cuts.push(end);
    items = itemsBetween(0, text.length);
    box.replaceChildren(...items.map(({ node }) => node));
  }

  function drawChange(next) {
    const before = spans;
    const shorter = Math.min(before.length, next.length);
    let first = 0;
    while (first < shorter && before[first] === next[first]) first += 1;
    let last = 0;
    while (last < shorter - first && before.at(-1 - last) === next.at(-1 - last)) last += 1;
    const changed = [...before.slice(first, before.length - last), ...next.slice(first, next.length - last)];
    spans = next;
    if (changed.length) drawBetween(Math.min(...changed.map(({ start }) => start)), Math.max(...changed.map(({ end }) => end)));
  }

  function drawBetween(start, end) {
    const from = countBefore(items, (item) => item.end <= start);
    const to = countBefore(items, (item) => item.start < end);
    const old = items.slice(from, to);
    // With its neighbours, pieces of text that one mark has parted become one again.
    const made = itemsBetween(Math.min(start, old[0].start), Math.max(end, old.at(-1).end));
    const after = items[to]?.node ?? null;
    for (const { node } of old) node.remove();
    for (const { node } of made) box.insertBefore(node, after);
    items.splice(from, to - from, ...made);
  }

  // The nodes of a part of the text, which begins and ends where nodes do.
  function itemsBetween(start, end) {
    const made = [];
    for (const span of spans.filter((one) => one.start < end && one.end > start)) {
      made.push(...pieces(start, span.start), { start: span.start, end: span.end, node: drawMark(span) });
      start = span.end;
    }
    return [...made, ...pieces(start, end)];
  }

  function pieces(start, end) {
    const made = [];
    for (let cut = countBefore(cuts, (at) => at <= start); start < end; cut += 1) {
      const until = Math.min(cuts[cut] ?? end, end);
      made.push({ start, end: until, node: textNode(start, until) });
      start = until;
    }
    return made;
  }

  function textNode(start, end) {
    const node = document.createTextNode(readable(text.slice(start, end)));
    starts.set(node, start);
    return node;
  }

  function drawMark({ label, score, start, end }) {
    const { colour } = look(label);
    const suggested = score === undefined ? null : "suggested";
    const said = suggested ? `${label}, suggested, ${Math.round(score * 100)}%` : label;
    const spoken = suggested ? [make("span", { class: "ner-unseen" }, " suggested")] : [];
    return make(
      "mark",
      { class: [colour, suggested].filter(Boolean).join(" "), "data-label": label, title: said },
      textNode(start, end),
      make("small", {}, make("bdi", {}, readable(label)), ...spoken),
    );
  }

  function rangeOf({ start, end }) {
    const range = document.createRange();
    range.setStart(...placeOf(start, (item) => item.end <= start));
    range.setEnd(...placeOf(end, (item) => item.end < end));
    return range;
  }

  // The text node of an offset, and the place in it. Where two nodes meet, `isBefore` says which one.
  function placeOf(offset, isBefore) {
    const { node } = items[Math.min(countBefore(items, isBefore), items.length - 1)];
    const written = node.firstChild ?? node;
    return [written, offset - starts.get(written)];
  }

  // The offset in the text at a place of the window, or null beside the text.
  function offsetAt(x, y) {
    const found = caretFrom(x, y);
    return found && starts.has(found.node) ? starts.get(found.node) + found.offset : null;
  }

  // Where the last line of a range is.
  function rectOf(range) {
    return [...rangeOf(range).getClientRects()].pop() ?? box.getBoundingClientRect();
  }
}

// A page can't show half of a surrogate pair or NUL; what is shown instead has the same length.
const readable = (text) => text.toWellFormed().replaceAll("\0", "\ufffd");

function setHighlight(name, range) {
  if (range) CSS.highlights.set(name, new Highlight(range));
  else CSS.highlights.delete(name);
}

function caretFrom(x, y) {
  if (document.caretPositionFromPoint) {
    const place = document.caretPositionFromPoint(x, y);
    return place && { node: place.offsetNode, offset: place.offset };
  }
  const range = document.caretRangeFromPoint(x, y);
  return range && { node: range.startContainer, offset: range.startOffset };
}

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}
