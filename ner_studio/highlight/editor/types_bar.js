// The entity types: a button for each, in the order of the keys 1 to 9, and a field for a new one.

let types = [];
let looks = {}; // by type: the class of its colour, and what it means in plain words
let drawnTypes = "";

function lookOf(label) {
  return looks[label] ?? { colour: "", meaning: "" };
}

// The types of an answer; those that were changed here since it was asked for stay as they are here.
function takeTypes({ types: named, looks: described }) {
  if (!named) return;
  const changed = outbox.findLast((one) => one.do === "types" && one.set.title === saveTo.title);
  const own = entry ? entry.state.spans.map(({ label }) => label) : [];
  types = [...new Set([...(changed?.types ?? named), ...own])];
  const before = JSON.stringify(looks);
  looks = { ...looks, ...described };
  // Marks have the colour of their type.
  if (entry && JSON.stringify(looks) !== before) view.redraw(entry.state);
}

function drawTypes() {
  const counts = new Map();
  for (const { label } of entry?.state.spans ?? []) counts.set(label, (counts.get(label) ?? 0) + 1);
  const shown = JSON.stringify([types, looks, [...counts]]);
  if (shown === drawnTypes) return;
  drawnTypes = shown;
  const written = part("types").querySelector("input")?.value ?? "";
  const focused = part("types").contains(document.activeElement) ? document.activeElement.dataset : null;
  const chips = types.map((label, number) => {
    const { colour, meaning } = lookOf(label);
    const key = number < 9 ? make("kbd", { "aria-hidden": "true" }, `${number + 1}`) : "";
    const about = meaning ? make("span", { class: "hl-meaning" }, meaning) : "";
    const name = make("bdi", {}, readable(label));
    const use = make("button", { type: "button", "data-do": "type", "data-label": label, "aria-keyshortcuts": number < 9 && `${number + 1}` }, key, name, about, make("b", {}, counts.get(label) ?? ""));
    const drop = make("button", { type: "button", class: "ed-drop", "data-do": "drop-type", "data-label": label, "aria-label": `Remove the type ${label}`, title: "Remove this type" }, "×");
    return make("span", { class: `ed-type hl-chip ${colour}` }, use, drop);
  });
  part("types").replaceChildren(...chips, newTypeForm(types.length ? "New type" : "Name a type"));
  const input = part("types").querySelector("input");
  input.value = written;
  if (focused?.do === "new-type") input.focus();
  else if (focused) part("types").querySelector(`[data-do="${focused.do}"][data-label="${CSS.escape(focused.label)}"]`)?.focus();
}

function newTypeForm(placeholder) {
  return make(
    "form",
    { class: "ed-new" },
    make("input", { type: "text", "data-do": "new-type", "aria-label": "New type", placeholder, maxlength: 60, autocomplete: "off", spellcheck: "false" }),
    make("button", { type: "submit", "aria-label": "Add the type" }, "+"),
  );
}

// The words of a label are joined by hyphens, as everywhere in the project.
function addType(form) {
  const input = form.querySelector("input");
  const label = input.value.trim().replace(/\s+/g, "-");
  if (!label) return;
  input.value = "";
  if (!types.includes(label)) {
    types = [...types, label];
    ask({ do: "types", types });
  }
  markAs(label);
}

function dropType(label) {
  const marked = entry?.state.spans.filter((span) => span.label === label) ?? [];
  if (marked.some(({ score }) => score === undefined)) {
    tell(`${label} is used in this text. Remove its entities first.`);
    return;
  }
  types = types.filter((one) => one !== label);
  entry.edited = true; // no answer brings back suggestions of this type
  ask({ do: "types", types });
  act((state) => remove(state, marked), () => `Removed the type ${label}`);
  draw();
  part("types").querySelector("input").focus();
}
