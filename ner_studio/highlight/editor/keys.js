// The keys of the editor. They work while the focus is in it, and never while somebody types in a field.

const MOVES = {
  ArrowLeft: (state, extend) => move(state, leftwards(-1), extend),
  ArrowRight: (state, extend) => move(state, leftwards(1), extend),
  ArrowUp: (state, extend) => moveTo(state, wordOnLine(state.at, -1), extend),
  ArrowDown: (state, extend) => moveTo(state, wordOnLine(state.at, 1), extend),
  Home: (state, extend) => moveTo(state, endOfLine(state.at, -1), extend),
  End: (state, extend) => moveTo(state, endOfLine(state.at, 1), extend),
};

// In a text from right to left the next word is to the left.
function leftwards(step) {
  return getComputedStyle(part("text")).direction === "rtl" ? -step : step;
}

function boxOf(word) {
  const [start, end] = entry.words[word] ?? [];
  return end === undefined ? null : view.rectOf({ start, end });
}

// The last word of the line of this word in a direction, and the first one after it.
function endOfLine(word, step) {
  const { top, bottom } = boxOf(word);
  let next = word + step;
  for (let box = boxOf(next); box && box.top < bottom && box.bottom > top; box = boxOf(next)) next += step;
  return next - step;
}

// The word that is nearest to this one on the line above or below.
function wordOnLine(word, step) {
  const middle = ({ left, right }) => (left + right) / 2;
  const first = endOfLine(word, step) + step;
  if (!boxOf(first)) return word;
  const from = middle(boxOf(word));
  const last = endOfLine(first, step);
  let best = first;
  let least = Infinity;
  for (let next = first; next !== last + step; next += step) {
    const away = Math.abs(middle(boxOf(next)) - from);
    if (away < least) [best, least] = [next, away];
  }
  return best;
}

const isField = (target) => target.closest("input, textarea, select, dialog") !== null;

element.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menuIsOpen()) {
    event.preventDefault();
    closeMenu();
  } else if (!isField(event.target) && !event.isComposing && press(event)) event.preventDefault();
});

// Do what a key is for; whether it is for anything.
function press(event) {
  const { key, shiftKey, altKey } = event;
  const command = event.ctrlKey || event.metaKey;
  const low = key.toLowerCase();
  if (command && (low === "z" || low === "y")) {
    if (low === "y" || shiftKey) redoAny();
    else undoAny();
    return true;
  }
  if (!entry || altKey) return false;
  const onText = event.target === part("text");
  if (command) {
    if (low !== "a" || !onText) return false;
    act((state) => selectWords(state, 0, state.words.length - 1), (_, state) => place(state));
    return true;
  }
  if (/^[1-9]$/.test(key)) {
    if (types[key - 1] !== undefined) markAs(types[key - 1]);
    return true;
  }
  if (!onText) return false;
  if (MOVES[key]) {
    if (!entry.words.length) return true;
    act((state) => MOVES[key](state, shiftKey), (_, state) => place(state));
    closeMenu();
    showCaret();
    return true;
  }
  const meant = KEYS[key] ?? KEYS[low];
  meant?.();
  return meant !== undefined;
}

// Scroll to the caret, below the types, which stay at the upper edge of the window.
function showCaret() {
  const { top, bottom } = boxOf(entry.state.at);
  const least = part("types").offsetHeight + 12;
  const most = window.innerHeight - 24;
  if (top < least) window.scrollBy(0, top - least);
  else if (bottom > most) window.scrollBy(0, bottom - most);
}

const KEYS = {
  Enter: () => accept(),
  s: () => skipText(),
  n: () => part("types").querySelector("input").focus(),
  " ": () => openMenuAtCaret(),
  Backspace: () => removeMarks(),
  Delete: () => removeMarks(),
  Escape: () => act((state) => unselect(state), (_, state) => place(state)),
  "?": () => actions.keys(),
};

function openMenuAtCaret() {
  const range = selected(entry.state);
  if (!range) return;
  const [span] = touched(entry.state);
  openMenu(span && !isExtended(entry.state) ? bounds(span) : range, true);
}
