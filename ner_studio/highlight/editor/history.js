// Accepting and skipping texts, and undo and redo: first the steps in the text that is shown, then the
// texts that were decided before it.

let past = []; // what was decided, the last one at the end: {last, ask, entry}; `last` is a key
let later = []; // texts to go on with, the next one at the end

function accept() {
  if (!entry) return;
  const { text, model, suggested, state } = entry;
  const { points } = offsetsOf(text);
  const onWire = ({ start, end, label, score }) => [points(start), points(end), label, ...(score === undefined ? [] : [score])];
  const partly = field("partly").checked;
  // Of a text that was looked at in part, what nobody has touched is not decided.
  const isOpen = (one) => partly && one.score !== undefined && state.spans.some((span) => isSame(span, one));
  const spans = state.spans.filter((one) => !isOpen(one));
  const entities = spans.map(({ score, ...span }) => onWire(span));
  const offered = suggested.filter((one) => !isOpen(one)).map(onWire);
  decide({ do: "accept", text, entities, suggested: offered, model, complete: !partly });
}

function isSame(one, other) {
  return one.start === other.start && one.end === other.end && one.label === other.label && one.score === other.score;
}

function skipText() {
  if (entry) decide({ do: "skip", text: entry.text });
}

function decide(what) {
  const asked = { key: newKey(), set: saveTo, types, ...what };
  entry.saved = null;
  past.push({ last: asked.key, ask: asked, entry });
  ask(asked);
  goOn();
}

function goOn() {
  if (later.length) show(later.pop());
  else if (queue?.waiting) {
    entry = null; // it is decided on, and not put off
    nextOfQueue();
  } else show(null);
}

const canUndo = () => Boolean(entry?.state.done.length || past.length);
const canRedo = () => Boolean(entry?.state.undone.length || isAsSaved());
// Whether the text is as it was when it was accepted, before that was undone.
const isAsSaved = () => Boolean(entry?.saved && entry.state.spans === entry.saved.spans);

function undoAny() {
  closeMenu();
  if (entry?.state.done.length) act(undo, () => "Undone");
  else if (past.length) {
    const item = past.pop();
    if (!takeOut(item)) item.last = ask({ do: "undo", of: item.last, set: item.ask.set });
    if (entry) later.push(entry);
    item.entry.saved = { item, spans: item.entry.state.spans };
    show(item.entry);
    said("The text before is open again.");
  }
}

function redoAny() {
  closeMenu();
  if (entry?.state.undone.length) act(redo, () => "Done again");
  else if (isAsSaved()) {
    const { item } = entry.saved;
    entry.saved = null;
    if (item.taken) ask(item.ask);
    else item.last = ask({ do: "redo", of: item.last, set: item.ask.set });
    item.taken = false;
    past.push(item);
    goOn();
  }
}

// Take out of the outbox what was not sent yet; whether that was possible.
function takeOut(item) {
  const place = outbox.findIndex(({ key }) => key === item.last);
  item.taken = place > 0;
  if (item.taken) outbox.splice(place, 1);
  return item.taken;
}
