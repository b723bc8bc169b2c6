// What happens when something in the list of all runs is used, and what is said afterwards.

const KEPT_NOTICES = "ner-studio-deleted-runs";
let notices = [];
let answered = null; // the number of the last answer of the server

const runOf = (inside) => inside.closest("tr[data-run]")?.dataset.run;
const rowData = (id) => rows.find((row) => row.id === id);
const focusOn = (id, does = "menu") => rowOf(id)?.querySelector(`[data-do="${does}"]`)?.focus();

const actions = {
  open: (run) => trigger("open_run", { run }),
  try: (run) => trigger("try_run", { run }),
  use: (run) => trigger("use_run", { run }),
  stop: (run) => {
    trigger("stop_run", { run });
    focusOn(run);
  },
  download: (run) => {
    say({ about: run, text: `Packing the files of ${rowData(run).name} …` });
    trigger("download_run", { run });
    focusOn(run);
  },
  rename: (run) => {
    renaming = { run, name: rowData(run).name };
    draw();
    rowOf(run)?.querySelector("[data-do=name]")?.select();
  },
  "cancel-rename": (run) => {
    renaming = null;
    draw();
    focusOn(run);
  },
  delete: (run) => {
    const ids = [...drawn.keys()];
    const place = ids.indexOf(run);
    const next = ids[place + 1] ?? ids[place - 1];
    leaving.add(run);
    uncompare([run]);
    draw();
    if (next) focusOn(next);
    else element.querySelector("[data-do=search]").focus();
    trigger("delete_run", { run });
  },
  menu: (run, button) => openMenu(run, button),
  sort: (_, { dataset }) => {
    const { kind } = [...COLUMNS, ...MORE].find(({ key }) => key === dataset.column);
    // Numbers begin with the largest, texts with the first of the alphabet.
    chosen.down = chosen.by === dataset.column ? !chosen.down : kind === "number";
    chosen.by = dataset.column;
    draw();
  },
  "more-columns": (_, button) => {
    chosen.more = !chosen.more;
    button.setAttribute("aria-pressed", chosen.more);
    draw();
  },
  "show-more": () => {
    const last = [...drawn.keys()].pop();
    chosen.drawn += DRAWN_AT_ONCE;
    draw();
    rowOf(last)?.nextElementSibling?.querySelector("[data-do=open]")?.focus({ preventScroll: true });
  },
  "clear-search": () => {
    const search = element.querySelector("[data-do=search]");
    search.value = chosen.search = "";
    draw();
    search.focus();
  },
  "show-compared": () => {
    const shown = document.getElementById("runs-compare");
    shown?.scrollIntoView({ behavior: "smooth", block: "start" });
    shown?.querySelector("input")?.focus({ preventScroll: true });
  },
  "clear-compared": () => {
    uncompare([...chosen.compared]);
    draw();
    element.querySelector("[data-do=compare]")?.focus();
  },
  undo: (_, { dataset }) => {
    const notice = notices.find(({ run }) => run === dataset.run);
    if (notice) notice.undone = true;
    trigger("undo_delete", { run: dataset.run });
  },
  dismiss: (_, { dataset }) => forget(({ key }) => key !== dataset.key),
};

function uncompare(runs) {
  const kept = chosen.compared.filter((run) => !runs.includes(run));
  if (kept.length === chosen.compared.length) return;
  chosen.compared = kept;
  trigger("compare_runs", { runs: kept });
}

element.addEventListener("click", (event) => {
  const used = event.target.closest("button[data-do]");
  if (!used || used.dataset.do === "save" || used.getAttribute("aria-disabled")) return;
  const run = used.closest("[data-part=menu]")?.dataset.run ?? runOf(used);
  if (used.closest("[data-part=menu]")) part("menu").hidePopover();
  actions[used.dataset.do](run, used);
});

element.addEventListener("submit", (event) => {
  event.preventDefault();
  const run = runOf(event.target);
  renaming.name = event.target.querySelector("[data-do=name]").value;
  trigger("rename_run", { run, name: renaming.name });
});

element.addEventListener("input", ({ target }) => {
  if (target.dataset.do === "search") {
    chosen.search = target.value;
    chosen.drawn = DRAWN_AT_ONCE;
    draw();
  } else if (target.dataset.do === "sort-by") {
    actions.sort(null, { dataset: { column: target.value } });
  } else if (target.dataset.do === "compare") {
    const run = runOf(target);
    if (!target.checked) uncompare([run]);
    else {
      chosen.compared = [...chosen.compared, run];
      trigger("compare_runs", { runs: chosen.compared });
    }
    draw();
  } else if (target.dataset.do === "name") renaming.name = target.value;
});

element.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.dataset.do === "name") actions["cancel-rename"](renaming.run);
  const menu = event.target.closest("[data-part=menu]");
  if (menu) moveInMenu(event, menu);
});

function openMenu(run, from) {
  const row = rowData(run);
  const menu = part("menu");
  menu.dataset.run = run;
  const item = (text, does, more = {}) =>
    make("button", { type: "button", role: "menuitem", tabindex: "-1", "data-do": does, ...more }, text);
  const busy = row.active && { "aria-disabled": "true", title: "Stop it first" };
  menu.replaceChildren(
    item("Rename", "rename"),
    item("Use settings again", "use"),
    item("Download", "download"),
    item("Delete", "delete", { class: "runs-danger", ...busy }),
  );
  menu.setAttribute("aria-label", `More actions for ${row.name}`);
  menu.showPopover();
  from.setAttribute("aria-expanded", "true");
  placeMenu();
  menu.firstElementChild.focus();
}

// Below its button, or above where there is no room, and always inside of the window, which it is fixed
// to: the page scrolls, and grows while it is being loaded.
function placeMenu() {
  const menu = part("menu");
  const from = rowOf(menu.dataset.run)?.querySelector("[data-do=menu]");
  if (!from) {
    menu.hidePopover(); // its run is gone
    return;
  }
  const [here, size] = [from.getBoundingClientRect(), menu.getBoundingClientRect()];
  const most = window.innerHeight - size.height - 4;
  const top = here.bottom + 4 <= most ? here.bottom + 4 : here.top - 4 - size.height;
  menu.style.top = `${Math.max(4, Math.min(top, most))}px`;
  menu.style.left = `${Math.max(4, here.right - size.width)}px`;
}

function moveInMenu(event, menu) {
  const items = [...menu.children];
  const place = items.indexOf(event.target);
  const last = items.length - 1;
  const next = { ArrowDown: place === last ? 0 : place + 1, ArrowUp: place ? place - 1 : last, Home: 0, End: last }[event.key];
  if (event.key === "Tab") {
    event.preventDefault();
    menu.hidePopover();
  } else if (next !== undefined) {
    event.preventDefault();
    items[next].focus();
  }
}

part("menu").addEventListener("toggle", ({ newState }) => {
  if (newState === "open") return;
  const { run } = part("menu").dataset;
  const from = rowOf(run)?.querySelector("[data-do=menu]");
  from?.setAttribute("aria-expanded", "false");
  // After Escape or Tab, but not where an action has moved on already.
  if (document.activeElement === document.body || part("menu").contains(document.activeElement)) from?.focus();
});
for (const moved of ["scroll", "resize"]) {
  window.addEventListener(moved, () => part("menu")?.matches(":popover-open") && placeMenu(), true);
}

// The notices above the list. One about a deleted run stays for as long as it can be undone, also after
// a reload; any other is replaced by the next one about the same run.
function say(notice) {
  notices = notices.filter((other) => other.run || other.about !== notice.about);
  notices.push({ key: `${Math.random()}`, ...notice });
  showNotices();
}

function forget(kept) {
  notices = notices.filter(kept);
  showNotices();
}

function showNotices() {
  const undoable = notices.filter(({ run, undone }) => run && !undone);
  try {
    window.sessionStorage.setItem(KEPT_NOTICES, JSON.stringify(undoable));
  } catch {
    // Storage is full or not allowed: then a reload loses the notice.
  }
  part("notices").replaceChildren(...notices.map((notice) => {
    const shown = make("p", { class: notice.problem ? "ner-error" : "runs-notice", role: notice.problem ? "alert" : "status" });
    if (notice.run) {
      const undo = button("Undo", "undo", `Undo deleting ${notice.name}`, { "data-run": notice.run });
      shown.append(make("span", {}, "Deleted ", isolated(notice.name), "."), undo);
    } else shown.append(isolated(notice.text));
    shown.append(button("×", "dismiss", "Dismiss this notice", { "data-key": notice.key, title: "Dismiss" }));
    return shown;
  }));
}

function dropOldNotices() {
  const now = Date.now();
  if (notices.some(({ until }) => until < now)) forget(({ until }) => !(until < now));
}

function restoreNotices() {
  try {
    notices = JSON.parse(window.sessionStorage.getItem(KEPT_NOTICES)) ?? [];
  } catch {
    notices = [];
  }
  dropOldNotices();
  if (notices.length) showNotices();
}

// What the server says after an action.
function hear({ done, run, name, problem }) {
  if (done === "delete_run") leaving.delete(run);
  if (done === "rename_run" && renaming?.run === run) renaming = problem ? { ...renaming, problem } : null;
  draw();
  if (done === "rename_run") {
    focusOn(run, problem ? "name" : "menu");
    return;
  }
  forget((notice) => notice.about !== run && !(done === "undo_delete" && notice.run === run));
  if (problem) say({ about: run, text: problem, problem: true });
  else if (done === "delete_run") say({ run, name, until: Date.now() + 1000 * limits.undo_seconds });
  if (done === "undo_delete" && !problem) focusOn(run);
}

function take() {
  ({ rows, limits } = props.value);
  const { answer } = props.value;
  const there = new Set(rows.map(({ id }) => id));
  chosen.compared = chosen.compared.filter((run) => there.has(run));
  leaving = new Set([...leaving].filter((run) => there.has(run)));
  if (renaming && !there.has(renaming.run)) renaming = null;
  if (answer && answer.number !== answered) {
    answered = answer.number;
    hear(answer);
  } else draw();
}

watch("value", take);
take();
restoreNotices();
const clock = setInterval(() => {
  if (!element.isConnected) clearInterval(clock);
  else dropOldNotices();
}, 5000);
