// A chart of lines over steps, drawn as SVG. This is the body of a function (js_on_load) that gr.HTML
// calls once with `element`, `props` and `watch`; charts.py makes the value. Only what differs from
// before is written, so that a run can be watched for hours. Names come from strangers' data: they
// are written as text, never as markup.

const HEIGHT = 210;
const MARGIN = { top: 10, right: 12, bottom: 24, left: 40 };
const ZOOMED = "ner-zoom"; // charts of one group are zoomed together

let value = {}; // as charts.py has made it
let width = 0;
let zoom = null; // [first, last] on the x axis
let scale = null; // from values to pixels, as it was last drawn
let dragged = null; // where a drag began, in pixels
let pointed = null; // the x value that the tooltip is about
const lines = new Map(); // the elements of each series

const part = (name) => element.querySelector(`[data-part=${name}]`);

function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "line", "text", "circle", "rect", "clipPath"].includes(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, it] of Object.entries(attributes)) made.setAttribute(name, it);
  made.append(...children);
  return made;
}

function set(node, attributes) {
  for (const [name, it] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== String(it)) node.setAttribute(name, it);
  }
}

const svg = make("svg", { role: "img", tabindex: "0", height: HEIGHT });
const grid = svg.appendChild(make("g", { class: "grid" }));
const labels = svg.appendChild(make("g", { class: "ticks" }));
const cut = make("rect"); // what is outside of it is not drawn, as of lines that are zoomed
const id = `cut-${Math.random().toString(36).slice(2)}`;
svg.append(make("clipPath", { id }, cut));
const cutting = svg.appendChild(make("g", { "clip-path": `url(#${id})` }));
const drawn = cutting.appendChild(make("g"));
const chosen = svg.appendChild(make("rect", { class: "chosen", y: MARGIN.top, width: 0 }));
const guide = svg.appendChild(make("line", { class: "guide", visibility: "hidden" }));
const none = make("p", { class: "ner-chart-none" });
const tip = make("div", { class: "ner-tip", role: "status", hidden: "" });

// About so many round numbers from `low` to `high`; whole ones where `whole` says so.
function ticks(low, high, count, whole = false) {
  const rough = (high - low) / Math.max(1, count) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * ([1, 2, 5, 10].find((it) => it * power >= rough * 0.999) ?? 10);
  if (whole) step = Math.max(1, Math.round(step));
  const found = [];
  for (let it = Math.ceil(low / step - 1e-9); it * step <= high + step * 1e-9; it += 1) found.push(it * step || 0);
  return { step, found };
}

function figure(number, step) {
  if (Math.abs(number) >= 10000) return number.toLocaleString("en", { notation: "compact" });
  const digits = Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  return number.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const inWords = (number) =>
  number.toLocaleString("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const position = (x) => x.toLocaleString("en", { maximumFractionDigits: 2 });

function measure() {
  const series = value.series ?? [];
  const xs = series.flatMap(({ points }) => [points[0]?.[0], points.at(-1)?.[0]]).filter((x) => x !== undefined);
  const whole = [Math.min(0, ...xs), Math.max(1, value.until ?? 0, ...xs)];
  const [first, last] = zoom ?? whole;
  const seen = series.flatMap(({ points }) => points.filter(([x]) => x >= first && x <= last).map(([, y]) => y));
  let [low, high] = value.range ?? [0, Math.max(...seen, 0)];
  if (!(high > low)) high = low + 1;
  const across = ticks(first, last, Math.max(2, Math.floor((width - MARGIN.left) / 90)), value.whole);
  const up = ticks(low, high, 5);
  if (!value.range) high = Math.max(high, Math.ceil(high / up.step - 1e-9) * up.step);
  const upwards = value.range ? up : ticks(low, high, 5);
  const size = [Math.max(1, width - MARGIN.left - MARGIN.right), HEIGHT - MARGIN.top - MARGIN.bottom];
  return {
    first, last, across, up: upwards, size, any: seen.length > 0,
    x: (x) => ((x - first) / (last - first || 1)) * size[0],
    y: (y) => (1 - (y - low) / (high - low)) * size[1],
    back: (pixels) => first + (Math.min(Math.max(pixels, 0), size[0]) / size[0]) * (last - first),
  };
}

function drawAxes() {
  const { across, up, size, x, y } = scale;
  const key = JSON.stringify([width, across, up, scale.first, scale.last]);
  if (grid.dataset.key === key) return;
  grid.dataset.key = key;
  const bottom = MARGIN.top + size[1];
  const right = MARGIN.left + size[0];
  grid.replaceChildren(...up.found.map((at) => {
    const where = MARGIN.top + y(at);
    return make("line", { x1: MARGIN.left, x2: right, y1: where, y2: where });
  }));
  labels.replaceChildren(
    ...up.found.map((at) => make("text", { x: MARGIN.left - 7, y: MARGIN.top + y(at) + 4, "text-anchor": "end" }, figure(at, up.step))),
    ...across.found.map((at) => {
      const where = MARGIN.left + x(at);
      const anchor = where > right - 14 ? "end" : "middle";
      return make("text", { x: where, y: bottom + 17, "text-anchor": anchor }, figure(at, across.step));
    }),
  );
}

function drawLines() {
  const { x, y, size } = scale;
  set(cut, { x: MARGIN.left, y: MARGIN.top - 4, width: size[0] + 6, height: size[1] + 8 });
  set(drawn, { transform: `translate(${MARGIN.left} ${MARGIN.top})` });
  const series = value.series ?? [];
  const there = new Set(series.map(({ name }) => name));
  for (const [name, { line, dot }] of lines) {
    if (there.has(name)) continue;
    line.remove();
    dot.remove();
    lines.delete(name);
  }
  for (const { name, colour, weight, points } of series) {
    if (!lines.has(name)) {
      lines.set(name, { line: make("path"), dot: make("circle") });
    }
    const { line, dot } = lines.get(name);
    const path = points.map(([at, it], index) => `${index ? "L" : "M"}${x(at).toFixed(1)} ${y(it).toFixed(1)}`);
    set(line, { class: weight, stroke: colour, d: path.join("") });
    const [at, it] = points.at(-1) ?? [0, 0];
    set(dot, { class: weight, fill: colour, cx: x(at).toFixed(1), cy: y(it).toFixed(1), r: weight === "strong" ? 3.5 : 2.5 });
    set(dot, { visibility: points.length ? "visible" : "hidden" });
  }
  // The strongest line is on top: in SVG the last one is.
  const order = [...series].sort((one, other) => (one.weight === "strong") - (other.weight === "strong"));
  const wanted = order.flatMap(({ name }) => [lines.get(name).line, lines.get(name).dot]);
  if (wanted.some((node, index) => drawn.children[index] !== node)) drawn.append(...wanted);
}

function drawLegend() {
  const items = (value.series ?? []).map(({ name, colour, weight, points }) => ({
    name, colour, weight, newest: !points.length ? "" : inWords(points.at(-1)[1]),
  }));
  const key = JSON.stringify(items);
  const legend = part("legend");
  if (legend.dataset.key === key) return;
  legend.dataset.key = key;
  legend.replaceChildren(...items.map(({ name, colour, weight, newest }) => {
    const mark = make("i", { class: weight, style: `--line: ${colour}` });
    return make("span", {}, mark, make("bdi", {}, name), ...(newest ? [" ", make("b", {}, newest)] : []));
  }));
}

function drawTable() {
  if (!part("details").open) return;
  const series = value.series ?? [];
  const key = JSON.stringify(series.map(({ name, points }) => [name, points.length, points.at(-1)]));
  const box = part("table");
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  const steps = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const columns = series.map(({ points }) => new Map(points));
  const heads = [value.x ?? "", ...series.map(({ name }) => name)].map((name) => make("th", { scope: "col" }, name));
  const rows = steps.map((step) => make("tr", {}, make("td", {}, position(step)),
    ...columns.map((column) => make("td", {}, column.has(step) ? inWords(column.get(step)) : ""))));
  box.replaceChildren(make("table", { class: "ner-table", "aria-label": value.title ?? "" },
    make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows)));
}

// Draws what has changed, if the chart can be seen: hidden, it has no width yet.
function draw() {
  const plot = part("plot");
  if (!plot) return;
  if (svg.parentNode !== plot) plot.replaceChildren(svg, none, tip);
  width = Math.round(plot.clientWidth);
  set(svg, { "aria-label": value.said ?? "" });
  if (part("title").textContent !== (value.title ?? "")) part("title").textContent = value.title ?? "";
  part("whole").hidden = !zoom;
  drawLegend();
  drawTable();
  if (!width) return;
  set(svg, { width, viewBox: `0 0 ${width} ${HEIGHT}` });
  scale = measure();
  drawAxes();
  drawLines();
  none.hidden = scale.any;
  const words = zoom ? "No values at these steps." : value.empty ?? "";
  if (none.textContent !== words) none.textContent = words;
  if (pointed !== null) point(pointed);
}

// Shows the values at the step that is nearest to this place on the x axis.
function point(x) {
  const seen = (value.series ?? []).flatMap(({ points }) => points.map(([at]) => at))
    .filter((at) => at >= scale.first && at <= scale.last);
  if (!seen.length) return unpoint();
  pointed = seen.reduce((best, at) => (Math.abs(at - x) < Math.abs(best - x) ? at : best));
  const where = MARGIN.left + scale.x(pointed);
  set(guide, { x1: where, x2: where, y1: MARGIN.top, y2: MARGIN.top + scale.size[1], visibility: "visible" });
  const values = value.series.flatMap(({ name, colour, weight, points }) => {
    const found = points.find(([at]) => at === pointed);
    return found ? [make("span", {}, make("i", { class: weight, style: `--line: ${colour}` }),
      make("bdi", {}, name), " ", make("b", {}, inWords(found[1])))] : [];
  });
  tip.replaceChildren(make("b", {}, `${value.x} ${position(pointed)}`), ...values);
  tip.hidden = false;
  const left = where > width / 2 ? where - tip.offsetWidth - 10 : where + 10;
  tip.style.transform = `translate(${Math.max(0, Math.round(left))}px, ${MARGIN.top}px)`;
}

function unpoint() {
  pointed = null;
  tip.hidden = true;
  set(guide, { visibility: "hidden" });
}

function show(range) {
  document.dispatchEvent(new CustomEvent(ZOOMED, { detail: { group: value.group, range } }));
}

const across = (event) => event.clientX - svg.getBoundingClientRect().left - MARGIN.left;

svg.addEventListener("pointerdown", (event) => {
  if (event.button || event.pointerType === "touch" || !scale) return;
  event.preventDefault(); // selects no text
  svg.focus({ preventScroll: true });
  dragged = across(event);
  svg.setPointerCapture(event.pointerId);
});
svg.addEventListener("pointermove", (event) => {
  if (!scale) return;
  point(scale.back(across(event)));
  if (dragged === null) return;
  const [from, to] = [dragged, across(event)].map((it) => scale.x(scale.back(it))).sort((a, b) => a - b);
  set(chosen, { x: MARGIN.left + from, width: to - from, height: scale.size[1] });
});
svg.addEventListener("pointerup", (event) => {
  if (dragged === null) return;
  const [from, to] = [dragged, across(event)].sort((a, b) => a - b);
  dragged = null;
  set(chosen, { width: 0 });
  if (to - from > 8) show([scale.back(from), scale.back(to)]);
});
svg.addEventListener("pointercancel", () => {
  dragged = null;
  set(chosen, { width: 0 });
});
svg.addEventListener("pointerleave", () => dragged === null && unpoint());
svg.addEventListener("blur", unpoint);
svg.addEventListener("dblclick", () => show(null));
svg.addEventListener("keydown", (event) => {
  const seen = [...new Set((value.series ?? []).flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const steps = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === "Escape") unpoint();
  if (!steps || !seen.length || !scale) return;
  event.preventDefault();
  const at = pointed === null ? seen.length - 1 : seen.indexOf(pointed) + steps;
  point(seen[Math.min(Math.max(at, 0), seen.length - 1)]);
});
element.addEventListener("click", ({ target }) => target.closest("[data-part=whole]") && show(null));
part("details").addEventListener("toggle", drawTable);

function zoomed({ detail }) {
  if (!element.isConnected) document.removeEventListener(ZOOMED, zoomed);
  else if (detail.group === value.group) {
    zoom = detail.range;
    draw();
  }
}
document.addEventListener(ZOOMED, zoomed);
new ResizeObserver(() => {
  if (Math.round(part("plot")?.clientWidth ?? 0) !== width) draw();
}).observe(part("plot"));

function take() {
  const before = value.about;
  value = props.value ?? {};
  if (value.about !== before) {
    zoom = null;
    unpoint();
  }
  draw();
}
watch("value", take);
take();
