// What can be done with a set as a whole. Each of it can be undone by the button beside what is said then.

function openSetMenu() {
  const menu = part("set-menu");
  const option = (value, text) => make("option", { value }, text);
  const others = sets.filter(({ id }) => id !== saveTo.id);
  const form = (what) => menu.querySelector(`[data-set="${what}"]`);
  form("rename").elements.new.value = saveTo.title;
  form("rename-type").elements.old.replaceChildren(...types.map((label) => option(label, readable(label))));
  form("rename-type").elements.new.value = "";
  form("rename-type").hidden = !types.length;
  form("rename-type").querySelector("datalist").replaceChildren(...types.map((label) => option(label, "")));
  form("merge").elements.old.replaceChildren(...others.map(({ id, title }) => option(id, title)));
  form("merge").hidden = !others.length;
  menu.showModal();
}

function changeSet(form) {
  const { old, new: named } = Object.fromEntries(new FormData(form));
  part("set-menu").close();
  ask({ do: form.dataset.set, old: old ?? "", new: named ?? "" });
}

function askOfSet(what) {
  part("set-menu").close();
  ask({ do: what });
}

// What was done is said, with a button that takes it back.
function doneWithSet({ done, back, file }, asked) {
  said(done);
  if (asked.do === "rename-type") act((state) => relabelAll(state, asked.old, asked.new), () => "");
  if (file) offer(file);
  // The button that opened the menu is hidden with the set.
  if (document.activeElement === document.body) (entry ? part("text") : field("next-text")).focus();
  if (!back) return;
  const button = make("button", { type: "button", class: "hl-button" }, "Undo");
  button.addEventListener("click", () => ask({ set: asked.set, ...back }), { once: true });
  part("said").append(" ", button);
}

function offer({ name, text }) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
