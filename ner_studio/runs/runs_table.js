// Draws the list of all runs, and keeps what is in it: the focus, and a row that did not change.

const part = (name) => element.querySelector(`[data-part=${name}]`);
const rowOf = (id) => element.querySelector(`tr[data-run="${CSS.escape(id)}"]`);
let rows = [];
let limits = {};
let leaving = new Set(); // rows that are being deleted
let renaming = null; // the row whose name is being changed: {run, name, problem}
let drawn = new Map(); // the rows of the page by run: [what they show, element]

function draw() {
  const found = shownRows(rows.filter((row) => !leaving.has(row.id)));
  part("count").textContent = rows.length ? figure(rows.length - leaving.size) : "";
  drawHead();
  const before = drawn;
  drawn = new Map();
  for (const row of found.slice(0, chosen.drawn)) {
    const [known, one] = before.get(row.id) ?? [];
    const shows = JSON.stringify([row, chosen.more, renaming?.run === row.id && renaming, when(row.when)]);
    drawn.set(row.id, [shows, shows === known ? one : drawRow(row)]);
    tick(drawn.get(row.id)[1], row.id);
  }
  const elements = [...drawn.values()].map(([, one]) => one);
  keepFocus(() => {
    const shown = [...part("body").children];
    const same = shown.length === elements.length && shown.every((one, place) => one === elements[place]);
    if (!same || !elements.length) part("body").replaceChildren(...elements, ...nothing(found));
  });
  drawRest(found.length);
  drawCompared();
}

// Replacing a focused element loses the focus: it goes to the same control of the same run.
function keepFocus(change) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const run = focused?.closest("tr[data-run]")?.dataset.run;
  const does = focused?.dataset.do;
  const selection = does === "name" ? [focused.selectionStart, focused.selectionEnd] : null;
  change();
  if (!run || document.activeElement === focused) return;
  const same = rowOf(run)?.querySelector(`[data-do="${does}"]:not(:disabled)`);
  const next = same ?? rowOf(run)?.querySelector("[data-do=menu]");
  next?.focus({ preventScroll: true });
  if (selection && next?.dataset.do === "name") next.setSelectionRange(...selection);
}

function drawHead() {
  const key = `${chosen.more} ${chosen.by} ${chosen.down}`;
  const head = part("head");
  if (head.dataset.key === key) return;
  head.dataset.key = key;
  const focused = head.contains(document.activeElement) && document.activeElement.dataset.column;
  const cells = columns().map(({ key: name, title }) => {
    const sorted = chosen.by === name ? (chosen.down ? "descending" : "ascending") : "none";
    const sort = make("button", { type: "button", "data-do": "sort", "data-column": name }, title);
    return make("th", { role: "columnheader", scope: "col", "aria-label": title, "aria-sort": sorted, class: `runs-${name.replace("_", "-")}` }, sort);
  });
  const unseen = (text) => make("span", { class: "ner-unseen" }, text);
  const compare = make("th", { role: "columnheader", scope: "col", class: "runs-tick" }, unseen("Compare"));
  const actions = make("th", { role: "columnheader", scope: "col", class: "runs-do" }, unseen("Actions"));
  head.replaceChildren(compare, ...cells.slice(0, COLUMNS.length), ...cells.slice(COLUMNS.length), actions);
  if (focused) head.querySelector(`[data-column="${focused}"]`)?.focus();
  const by = element.querySelector("[data-do=sort-by]");
  by.replaceChildren(
    ...[...COLUMNS, ...MORE].map(({ key: name, title }) => make("option", { value: name }, title)),
  );
  by.value = chosen.by;
  element.querySelector(".runs").classList.toggle("runs-wide", chosen.more);
}

function drawRow(row) {
  const box = make("input", { type: "checkbox", "data-do": "compare", "aria-label": `Compare ${row.name}` });
  const cells = columns().map((column) => drawCell(column, row));
  if (renaming?.run === row.id) cells[0].replaceChildren(drawRename());
  return make(
    "tr",
    { role: "row", "data-run": row.id, "data-status": row.status },
    make("td", { role: "cell", class: "runs-tick" }, box),
    ...cells,
    make("td", { role: "cell", class: "runs-do" }, make("div", {}, ...drawActions(row))),
  );
}

function drawActions(row) {
  const made = [button("Open", "open", `Open ${row.name}`)];
  if (row.active) {
    const word = row.status === "queued" ? "Cancel" : "Stop";
    made.push(button(word, "stop", `${word} ${row.name}`, { disabled: row.status === "stopping" }));
  } else if (row.model_here) {
    made.push(button("Try it", "try", `Try ${row.name} in Highlight`));
  }
  const menu = { "aria-haspopup": "menu", "aria-expanded": "false", title: "More actions" };
  made.push(button("⋯", "menu", `More actions for ${row.name}`, menu));
  return made;
}

function drawRename() {
  const name = make("input", { type: "text", "data-do": "name", "aria-label": "New name", maxlength: limits.name });
  name.value = renaming.name;
  const problem = renaming.problem && make("span", { class: "runs-problem", role: "alert" }, renaming.problem);
  return make(
    "form",
    { class: "runs-rename" },
    name,
    make("button", { type: "submit", class: "runs-button", "data-do": "save" }, "Save"),
    button("Cancel", "cancel-rename", null),
    ...(problem ? [problem] : []),
  );
}

function tick(one, id) {
  const place = chosen.compared.indexOf(id);
  const box = one.querySelector("[data-do=compare]");
  box.checked = place >= 0;
  box.disabled = place < 0 && chosen.compared.length >= limits.compared;
  one.classList.toggle("runs-ticked", place >= 0);
}

// The row that stands for a list without rows.
function nothing(found) {
  if (found.length) return [];
  const text = rows.length > leaving.size ? `No run matches “${chosen.search.trim()}”. ` : "There are no runs.";
  const cell = make("td", { role: "cell", colspan: columns().length + 2, class: "runs-none" }, isolated(text));
  if (rows.length > leaving.size) cell.append(" ", button("Show all runs", "clear-search", null));
  return [make("tr", { role: "row", class: "runs-empty" }, cell)];
}

function drawRest(count) {
  const more = count - Math.min(count, chosen.drawn);
  const said = chosen.search.trim() ? `${figure(count)} of ${figure(rows.length)} runs match.` : "";
  if (part("said").textContent !== said) part("said").textContent = said;
  const rest = part("rest");
  rest.hidden = !more;
  if (more && rest.dataset.more !== `${more}`) {
    rest.replaceChildren(button(`Show more (${figure(more)} are not shown)`, "show-more", null));
  }
  rest.dataset.more = `${more}`;
}

function drawCompared() {
  const ticked = chosen.compared.length;
  const key = `${ticked}`;
  const bar = part("compared");
  if (bar.dataset.key === key) return;
  bar.dataset.key = key;
  bar.hidden = !ticked;
  if (ticked === 1) bar.replaceChildren("Tick another run to compare it with this one.");
  else if (ticked) {
    const most = ticked === limits.compared ? ", the most that are compared" : "";
    bar.replaceChildren(`${ticked} runs are compared${most}. `, button("Show the comparison", "show-compared", null));
  }
  if (ticked) bar.append(" ", button("Clear", "clear-compared", "Clear the comparison"));
}
