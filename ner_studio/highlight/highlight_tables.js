// The tables of a result; a part of highlight.js, whose functions it uses. The server sends what is
// in them as data, all of it. Here it is filtered, sorted and copied; of what is left the first rows
// are drawn, and more where they are asked for, so that long texts stay smooth.

const DRAWN_AT_ONCE = 500;
let mostDrawn = DRAWN_AT_ONCE;
let read = new Map(); // the rows of each table in the page

// An answer has come. Its tables may be the same elements with other rows.
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
  rest.querySelector("span").textContent =
    `The first ${figure(drawn.length)} of ${figure(rows.length)} rows are shown; ` +
    "sorting and copying take all of them.";
}

const isTokens = (box) => box.dataset.table === "Tokens";
const columnsOf = (box) => all("th", box).map((header) => header.textContent);
const isScore = (name) => name.startsWith("Score");

// What is to be seen of a table, in the order that was chosen.
function rowsOf(box) {
  if (!read.has(box)) read.set(box, readRows(box));
  const rows = read.get(box);
  for (const row of rows) row.on = row.label !== "" && passes(row.label, row.score);
  const seen = isTokens(box) && !chosen.only ? rows : rows.filter((row) => row.on);
  const wanted = chosen.sorted[box.dataset.table];
  return wanted ? sorted(seen, columnsOf(box).indexOf(wanted.name), wanted.down) : seen;
}

// A row is sent as [text, type or tag, figures as the columns say]; a figure that is not is null.
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

// Texts by the alphabet; figures by their size, with nothing before something.
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
      // A text of its own: the direction of its writing changes nothing around it.
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
  // All that passes the filters, drawn or not. Two tables have a blank line between.
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
