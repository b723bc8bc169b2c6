// What each button does, what comes from the rest of the page, and the start of all this.

const actions = {
  accept,
  skip: skipText,
  undo: undoAny,
  redo: redoAny,
  close: () => {
    close();
    document.querySelector("#correct")?.focus();
  },
  keys: () => part("keys").showModal(),
  queue: addToQueue,
  "set-menu": openSetMenu,
  export: () => askOfSet("export"),
  "delete-set": () => askOfSet("delete"),
  "queue-next": nextOfQueue,
  train: () => trigger("train", { set: saveTo.id }),
  type: ({ dataset }) => markAs(dataset.label),
  "drop-type": ({ dataset }) => dropType(dataset.label),
  edge: ({ dataset }) => stretchChosen(dataset.edge, Number(dataset.step)),
  remove: () => removeMarks([chosenSpan()]),
};

function close() {
  closeMenu();
  open = false;
  draw();
  keep();
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button) actions[button.dataset.do](button);
});

element.addEventListener("submit", (event) => {
  if (event.target.method === "dialog") return;
  event.preventDefault();
  if (event.target === part("next")) openTyped();
  else if (event.target.dataset.set) changeSet(event.target);
  else addType(event.target);
});

function openTyped() {
  const typed = field("next-text").value;
  if (typed.trim()) openText(typed);
}

function openText(text) {
  entry = null;
  waits = text;
  draw();
  askToOpen(text);
}

field("next-text").addEventListener("keydown", (event) => {
  const { key, shiftKey, ctrlKey, metaKey, target } = event;
  if (event.isComposing) return;
  // In an empty field there is nothing else to undo.
  if (key.toLowerCase() === "z" && (ctrlKey || metaKey) && !shiftKey && !target.value) undoAny();
  else if (key === "Enter" && !shiftKey) openTyped();
  else return;
  event.preventDefault();
});

// The button beside the views: the text of the tab is opened, unless it was opened before. Then it goes
// on where it was left.
document.addEventListener("ner-correct", () => {
  open = true;
  const text = document.querySelector("#text textarea")?.value ?? "";
  if (text === openedFrom || !text.trim()) {
    show(entry);
    if (!text.trim() && !entry) askToOpen(null);
  } else {
    openedFrom = text;
    if (entry?.edited) later.push(entry);
    openText(text);
  }
});

// The model of a run is tried: its marks are shown instead of the editor.
document.addEventListener("ner-highlight", () => {
  if (open) close();
});

// The texts of a file were added, or could not be.
document.addEventListener("ner-queued", ({ detail }) => {
  said(detail);
  nextOfQueue();
});

// Another model was chosen, or it has been loaded: suggestions nobody has touched are replaced.
document.addEventListener("ner-reread", () => {
  if (open && entry && !entry.edited && !entry.saved) askToOpen(entry.text);
});

function take() {
  if (!props.value?.opened) return;
  hear(JSON.parse(props.value.opened));
}

watch("value", take);
restore();
take();
show(entry);
