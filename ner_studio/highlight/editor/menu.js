// The menu beside what is selected: the types and, for an entity, how far it reaches.

const EDGES = { start: "Start", end: "End" };
let about = null; // what the menu is about: a range, or a span

const menuIsOpen = () => part("menu").matches(":popover-open");

function openMenu(range, withFocus = false) {
  about = range;
  drawMenu();
  if (!menuIsOpen()) part("menu").showPopover();
  placeMenu();
  if (withFocus) part("menu").querySelector("button, input").focus();
}

function closeMenu() {
  if (!menuIsOpen()) return;
  const had = part("menu").contains(document.activeElement);
  part("menu").hidePopover();
  if (had) part("text").focus({ preventScroll: true });
}

// The span that the menu is about, as it is now; undefined if it is about words without one.
const chosenSpan = () => entry?.state.spans.find(({ start, end }) => start === about?.start && end === about?.end);

function drawMenu() {
  const span = chosenSpan();
  const menu = part("menu");
  const focused = menu.contains(document.activeElement) ? [...menu.querySelectorAll("button")].indexOf(document.activeElement) : -1;
  const title = make("p", { class: "ed-what" }, make("bdi", {}, readable(shortly(written(about)))));
  if (span?.score !== undefined) title.append(make("small", {}, ` suggested by ${entry.model}, ${Math.round(span.score * 100)}%`));
  const choices = types.map((label, number) => {
    const key = number < 9 ? make("kbd", { "aria-hidden": "true" }, `${number + 1}`) : "";
    return make("button", { type: "button", class: lookOf(label).colour, "data-do": "type", "data-label": label, "aria-pressed": span ? `${span.label === label}` : null }, make("span", { class: "ner-dot" }), make("bdi", {}, readable(label)), key);
  });
  const edges = Object.entries(EDGES).map(([edge, word]) => make("span", {}, word, edgeButton(edge, -1, `${word} one word earlier`), edgeButton(edge, 1, `${word} one word later`)));
  const removing = make("button", { type: "button", class: "ed-remove", "data-do": "remove" }, "Remove");
  menu.replaceChildren(title, make("div", { class: "ed-choices" }, ...choices), newTypeForm("New type"));
  if (span) menu.append(make("div", { class: "ed-edges", role: "group", "aria-label": "How far it reaches" }, ...edges, removing));
  if (focused >= 0) menu.querySelectorAll("button")[focused]?.focus();
}

function edgeButton(edge, step, name) {
  return make("button", { type: "button", "data-do": "edge", "data-edge": edge, "data-step": step, "aria-label": name, title: name }, step < 0 ? "←" : "→");
}

function stretchChosen(edge, step) {
  act(
    (state) => stretch(state, chosenSpan(), edge, step),
    (made) => {
      if (!made) return "There is no other word";
      about = bounds(made);
      drawMenu();
      placeMenu();
      return `${made.label}: ${shortly(written(made))}`;
    },
  );
}

// Below what it is about, or above where there is no room. On a phone it is at the lower edge of the
// window, where it hides no word that could be next.
function placeMenu() {
  const menu = part("menu");
  menu.style.cssText = "";
  if (window.innerWidth <= 640) return;
  const here = view.rectOf(about);
  const size = menu.getBoundingClientRect();
  const below = here.bottom + 6;
  const top = below + size.height <= window.innerHeight - 4 ? below : here.top - 6 - size.height;
  menu.style.top = `${Math.max(4, top)}px`;
  menu.style.left = `${Math.max(4, Math.min(here.left, window.innerWidth - size.width - 4))}px`;
}

for (const moved of ["scroll", "resize"]) {
  window.addEventListener(moved, () => part("menu")?.isConnected && menuIsOpen() && placeMenu(), true);
}

document.addEventListener("pointerdown", ({ target }) => {
  if (element.isConnected && menuIsOpen() && !part("menu").contains(target) && !part("text").contains(target)) closeMenu();
});
