// The rows of all runs: what is shown, in which order, and the elements of a row. This file,
// runs_table.js and runs_actions.js are together the body of a function (js_on_load) that gr.HTML calls
// once with `element`, `props`, `trigger` and `watch`. Names and data come from strangers: they are
// written as text, never as markup.

const COLUMNS = [
  { key: "name", title: "Name", kind: "text" },
  { key: "status", title: "Status", kind: "text" },
  { key: "f1", title: "F1", kind: "number" },
  { key: "data", title: "Data · encoder", kind: "text" },
  { key: "when", title: "When", kind: "number" },
];
const MORE = [
  { key: "validation_f1", title: "Val. F1", kind: "number", text: (row) => score(row.validation_f1) },
  { key: "test_f1", title: "Test F1", kind: "number", text: (row) => score(row.test_f1) },
  { key: "recipe", title: "Recipe", kind: "text", text: (row) => row.recipe },
  { key: "epochs", title: "Epochs", kind: "number", text: (row) => row.shown.epochs },
  { key: "batch_size", title: "Batch", kind: "number", text: (row) => row.shown.batch_size },
  { key: "rate", title: "Rate", kind: "number", text: (row) => row.shown.rate },
  { key: "steps", title: "Steps", kind: "number", text: (row) => figure(row.steps) },
  { key: "seconds", title: "Took", kind: "number", text: (row) => row.took },
  { key: "id", title: "Id", kind: "text", text: (row) => row.id },
];
const chosen = { search: "", by: "when", down: true, more: false, drawn: 50, compared: [] };
const DRAWN_AT_ONCE = 50;

const columns = () => (chosen.more ? [...COLUMNS, ...MORE] : COLUMNS);
const score = (f1) => (f1 === null ? "" : f1.toFixed(3));
const figure = (number) => (number === null ? "" : number.toLocaleString("en"));
const compared = new Intl.Collator("en", { numeric: true }).compare;

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// A button of a row: `does` says what it does, `about` what a screen reader says of it.
function button(text, does, about, more = {}) {
  return make("button", { type: "button", class: "runs-button", "data-do": does, "aria-label": about, ...more }, text);
}

// A text from a stranger, whose writing direction does not change the text around it.
const isolated = (text, more = {}) => make("bdi", more, text);

// The rows that are searched for, in the chosen order.
function shownRows(rows) {
  const words = chosen.search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => {
    const text = [row.name, row.id, row.status, row.data, row.encoder, row.recipe].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const { kind } = [...COLUMNS, ...MORE].find(({ key }) => key === chosen.by);
  const direction = chosen.down ? -1 : 1;
  return found.sort((one, other) => {
    const [a, b] = [one[chosen.by], other[chosen.by]];
    if (kind === "text") return direction * compared(a, b);
    if (a === null || b === null) return (a === null) - (b === null); // what has no number is last
    return direction * (a - b);
  });
}

function when(milliseconds) {
  const then = new Date(milliseconds);
  const clock = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  const days = Math.round((midnight(new Date()) - midnight(then)) / 86_400_000);
  if (days === 0) return `today ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  const sameYear = then.getFullYear() === new Date().getFullYear();
  const year = sameYear ? {} : { year: "numeric" };
  return `${then.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...year })}, ${clock}`;
}

const fullTime = (milliseconds) => new Date(milliseconds).toLocaleString("en-GB");

// A small curve of the validation F1 over the steps. It has a scale of its own, of at least a fifth, so
// that noise does not look like progress.
function curve(points) {
  const [width, height, edge] = [64, 20, 2];
  const namespace = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(namespace, "svg");
  drawn.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawn.setAttribute("class", "runs-curve");
  drawn.setAttribute("aria-hidden", "true");
  if (!points.length) return drawn;
  const [first, last] = [points[0][0], points[points.length - 1][0]];
  const scores = points.map(([, f1]) => f1);
  const top = Math.max(...scores);
  const bottom = Math.min(...scores, top - 0.2);
  const places = points.map(([step, f1]) => [
    last === first ? width - edge : edge + ((step - first) / (last - first)) * (width - 2 * edge),
    height - edge - ((f1 - bottom) / (top - bottom)) * (height - 2 * edge),
  ]);
  const line = document.createElementNS(namespace, "polyline");
  line.setAttribute("points", places.map((place) => place.map((at) => at.toFixed(1)).join()).join(" "));
  const end = document.createElementNS(namespace, "circle");
  const [x, y] = places[places.length - 1];
  for (const [name, value] of [["cx", x], ["cy", y], ["r", 2]]) end.setAttribute(name, value);
  drawn.append(line, end);
  return drawn;
}

function drawCell({ key, title, text }, row) {
  const cell = make("td", { role: "cell", class: `runs-${key.replace("_", "-")}`, "data-title": title });
  if (key === "name") cell.append(isolated(row.name, { class: "runs-title", title: `${row.name}\n${row.id}` }));
  else if (key === "status") cell.append(make("span", { class: `ner-badge ${row.status}` }, row.status));
  else if (key === "f1") drawScore(cell, row);
  else if (key === "data") cell.append(isolated(row.data), " · ", isolated(row.encoder));
  else if (key === "when") {
    const time = make("time", { datetime: new Date(row.when).toISOString(), title: fullTime(row.when) });
    time.append(when(row.when));
    cell.append(time);
  } else cell.append(text(row));
  return cell;
}

function drawScore(cell, row) {
  if (row.f1 === null) {
    cell.append(make("span", { class: "ner-quiet" }, "–"));
    return;
  }
  const about = { validation: "val.", "so far": "so far" }[row.f1_of];
  const figures = make("span", { class: "runs-figure" }, make("b", {}, score(row.f1)));
  if (about) figures.append(" ", make("small", {}, about));
  cell.append(make("div", {}, figures, curve(row.curve)));
}
