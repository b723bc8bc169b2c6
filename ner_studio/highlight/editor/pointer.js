// Mouse and touch. A drag selects words, with Alt characters; a double click takes a word; a click on an
// entity opens its menu. A tap takes a word, and a second one all words between the two.

let drag = null; // {offset, moved, characters} while a button of the mouse is down
let tapped = false; // whether one word was tapped, and the next tap goes on from it

const spanAt = (offset) => entry.state.spans.find(({ start, end }) => start <= offset && offset < end);

part("text").addEventListener("pointerdown", (event) => {
  if (event.pointerType === "touch" || event.button !== 0 || !entry?.words.length) return;
  const offset = view.offsetAt(event.clientX, event.clientY);
  if (offset === null) return;
  drag = { offset, moved: false, characters: event.altKey };
  part("text").setPointerCapture(event.pointerId);
});

// The browser would select text of its own.
part("text").addEventListener("mousedown", (event) => {
  event.preventDefault();
  part("text").focus({ preventScroll: true });
});

part("text").addEventListener("pointermove", (event) => {
  if (!drag) return;
  const offset = view.offsetAt(event.clientX, event.clientY);
  if (offset === null) return;
  const here = wordAt(entry.state, offset);
  if (!drag.moved && (drag.characters ? offset === drag.offset : here === wordAt(entry.state, drag.offset))) return;
  drag.moved = true;
  act(
    (state) => (drag.characters ? selectCharacters(state, drag.offset, offset) : selectWords(state, wordAt(state, drag.offset), here)),
    () => "",
  );
});

part("text").addEventListener("pointerup", (event) => {
  if (!drag) return;
  const { offset, moved } = drag;
  drag = null;
  if (moved) {
    announce(place(entry.state));
    openMenu(selected(entry.state));
  } else clicked(offset, event.shiftKey);
});

part("text").addEventListener("pointercancel", () => {
  drag = null;
});

function clicked(offset, extend) {
  const span = extend ? undefined : spanAt(offset);
  act((state) => moveTo(state, wordAt(state, offset), extend), (_, state) => place(state));
  if (span) openMenu(bounds(span));
  else if (extend) openMenu(selected(entry.state));
  else closeMenu();
}

part("text").addEventListener("dblclick", () => {
  if (!entry?.words.length || menuIsOpen()) return;
  openMenu(selected(entry.state));
});

part("text").addEventListener("click", (event) => {
  if (event.pointerType !== "touch" || !entry?.words.length) return;
  const offset = view.offsetAt(event.clientX, event.clientY);
  if (offset === null) return;
  const span = spanAt(offset);
  if (span && !tapped) {
    clicked(offset, false);
    return;
  }
  tapped = !tapped;
  act(
    (state) => (tapped ? moveTo(state, wordAt(state, offset)) : selectWords(state, state.from, wordAt(state, offset))),
    (_, state) => place(state),
  );
  openMenu(selected(entry.state));
});
