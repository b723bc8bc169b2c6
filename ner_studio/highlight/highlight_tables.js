// The tables of a result, a part of highlight.js, whose functions it uses. The server sends all rows
// as data, and they are filtered, sorted and copied here. Only the first rows are rendered, and more
// on request, so that long texts stay fast.

const DRAWN_AT_ONCE = 500;
let mostDrawn = DRAWN_AT_ONCE;
let read = new Map(); // the rows of each table in the page

// Called after each answer: its tables may be the same elements with other rows.
function forgetTables() {
  mostDrawn = DRAWN_AT_ONCE;
  read = new Map();
}

function showTables() {
  const colours = new Map(
    all(".hl-chip").map((chip) => [
      chip.querySelector("input").value,
      [...chip.classList].find((name) => name.startsWith("ner-c")),
    ]),
  );
  for (const box of all("[data-do=only]")) box.checked = chosen.only;
  for (const box of all(".hl-table")) showTable(box, colours);
}

function showTable(box, colours) {
  const rows = rowsOf(box);
  const drawn = rows.slice(0, mostDrawn);
  const names = columnsOf(box);
  box
    .querySelector("tbody")
    .replaceChildren(...drawn.map((row) => drawRow(row, names, isTokens(box), colours)));
  const wanted = chosen.sorted[box.dataset.table];
  for (const header of all("th", box)) {
    const here = wanted?.name === header.textContent;
    header.setAttribute("aria-sort", here ? (wanted.down ? "descending" : "ascending") : "none");
  }
  const rest = box.querySelector(".hl-rest");
  rest.hidden = drawn.length === rows.length;
  const [some, every] = [figure(drawn.length), figure(rows.length)];
  rest.querySelector("span").textContent =
    `The first ${some} of ${every} rows are shown; sorting and copying take all of them.`;
}

const isTokens = (box) => box.dataset.table === "Tokens";
const columnsOf = (box) => all("th", box).map((header) => header.textContent);
const isScore = (name) => name.startsWith("Score");

// The rows of a table that pass the filters, in the chosen order.
function rowsOf(box) {
  if (!read.has(box)) read.set(box, readRows(box));
  const rows = read.get(box);
  for (const row of rows) row.on = row.label !== "" && passes(row.label, row.score);
  const seen = isTokens(box) && !chosen.only ? rows : rows.filter((row) => row.on);
  const wanted = chosen.sorted[box.dataset.table];
  return wanted ? sorted(seen, columnsOf(box).indexOf(wanted.name), wanted.down) : seen;
}

// A row is [text, type or tag, numbers in the order of the columns]; a missing number is null.
function readRows(box) {
  const names = columnsOf(box);
  const tokens = isTokens(box);
  return JSON.parse(box.dataset.rows).map((cells) => {
    const label = tokens ? typeOf(cells[1]) : cells[1];
    const scores = cells.filter((_, column) => isScore(names[column]));
    return { cells, label, score: Math.max(...scores) };
  });
}

function typeOf(tag) {
  return tag === "O" ? "" : tag.replace(/^[BIESLUM]-/, "");
}

// Texts alphabetically, numbers by size; missing ones come first.
function sorted(rows, column, down) {
  const direction = down ? -1 : 1;
  const compared =
    column < 2 ? new Intl.Collator().compare : (one, other) => (one ?? -1) - (other ?? -1);
  return [...rows].sort((one, other) => direction * compared(one.cells[column], other.cells[column]));
}

function drawRow({ cells, label, on }, names, tokens, colours) {
  const row = document.createElement("tr");
  if (tokens && !on) row.className = label ? "off" : "o";
  cells.forEach((value, column) => {
    const cell = row.insertCell();
    const text = written(value, names[column]);
    if (column === (tokens ? 1 : 0) && label) {
      const dot = document.createElement("span");
      dot.className = `ner-dot ${colours.get(label)}`;
      cell.append(dot);
    }
    if (column === 1) cell.className = "text";
    if (column === 0 && !tokens) cell.dir = "auto";
    if (column === 1 || (column === 0 && tokens)) {
      // Isolated, so that its writing direction does not change the text around it.
      const isolated = document.createElement("bdi");
      isolated.textContent = text;
      cell.append(isolated);
    } else {
      cell.append(text);
    }
    const score = isScore(names[column]) && value !== null;
    if (score && !tokens && !passes(label, value)) cell.classList.add("off");
  });
  return row;
}

function written(value, name) {
  if (value === null) return "–";
  return isScore(name) ? value.toFixed(3) : String(value);
}

function showMore() {
  mostDrawn += DRAWN_AT_ONCE;
  showTables();
}

function sortBy(button) {
  const { table } = button.closest(".hl-table").dataset;
  const name = button.textContent;
  const before = chosen.sorted[table];
  chosen.sorted[table] = { name, down: before?.name === name && !before.down };
  showTables();
}

function copyTable() {
  // All rows that pass the filters, rendered or not. Two tables are separated by a blank line.
  let rows = 0;
  const tables = all(".hl-table").map((box) => {
    const names = columnsOf(box);
    const lines = rowsOf(box).map(({ cells }) =>
      cells.map((value, column) => written(value, names[column])),
    );
    rows += lines.length;
    return [names, ...lines].map(line).join("");
  });
  copy(tables.join("\n"), `Copied ${count(rows, "row", "rows")}.`);
}

function line(texts) {
  return `${texts.map((text) => text.replace(/\s+/g, " ").trim()).join("\t")}\n`;
}
