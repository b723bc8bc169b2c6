// Filter, compare and copy a result in the browser. Its tables are in highlight_tables.js. Both files
// together are the body of a function (js_on_load) that gr.HTML calls once with `element` and
// `watch`. Each answer of the server replaces the markup, so the visitor's choices are kept here and
// applied again. Text from strangers is read and written as text, never as markup.

const MOST_LINKED = 8000;
const chosen = { off: new Set(), threshold: null, only: false, sorted: {} };
const PARAMETERS = ["model", "compare", "view", "threshold", "hidden", "only"]; // of a link

const find = (selector) => element.querySelector(selector);
const all = (selector, root = element) => [...root.querySelectorAll(selector)];
const figure = (number) => number.toLocaleString("en");
const count = (number, one, more) => `${figure(number)} ${number === 1 ? one : more}`;
// Until a visitor chooses one, the threshold is the one that the model comes with.
const started = () => Number(find(".hl-result")?.dataset.threshold ?? 0);
const threshold = () => chosen.threshold ?? started();
const passes = (label, score) => score >= threshold() && !chosen.off.has(label);

// For screen readers only. It is outside of the markup, so that answers do not replace it.
const heard = document.createElement("p");
heard.className = "ner-unseen";
heard.setAttribute("role", "status");
element.after(heard);
let hearing;

function say(sentence) {
  const said = find(".hl-said");
  if (said) said.textContent = sentence;
}

function readings() {
  const result = find(".hl-result");
  if (!result) return [];
  return JSON.parse(result.dataset.entities).map((found) =>
    found.map(([start, end, label, score]) => ({ start, end, label, score })),
  );
}

function apply() {
  const found = readings();
  if (!found.length) {
    announce("");
    return;
  }
  for (const entity of found.flat()) entity.on = passes(entity.label, entity.score);
  const shown = found.map((entities) => entities.filter((entity) => entity.on));
  if (shown.length > 1) compare(shown);
  showChoice(found);
  showMarks(found);
  showTables();
  announce(shown.map((entities) => count(entities.length, "entity", "entities")).join(" and "));
}

function announce(sentence) {
  clearTimeout(hearing);
  // After a pause in typing, rather than with each key press.
  hearing = setTimeout(() => {
    if (heard.textContent !== sentence) heard.textContent = sentence;
  }, 700);
}

function showChoice(found) {
  find(".hl-threshold input").value = threshold();
  find(".hl-threshold output").textContent = threshold().toFixed(2);
  for (const chip of all(".hl-chip")) {
    const box = chip.querySelector("input");
    box.checked = !chosen.off.has(box.value);
    const counts = found.map(
      (entities) =>
        entities.filter((e) => e.label === box.value && e.score >= threshold()).length,
    );
    chip.querySelector("b").textContent = counts.map(figure).join(" | ");
    chip.classList.toggle("none", counts.every((number) => number === 0));
  }
}

// The marks of a text have the order of its entities.
function showMarks(found) {
  all(".ner-text").forEach((text, side) => {
    all("mark", text).forEach((mark, index) => {
      const { on, kind, label, score } = found[side][index];
      mark.classList.toggle("off", !on);
      if (found.length === 1) return;
      mark.classList.toggle("alone", on && kind === "alone");
      mark.classList.toggle("differs", on && kind === "differs");
      const word = { alone: `, only in ${"AB"[side]}`, differs: `, other in ${"BA"[side]}` }[kind];
      const said = `${Math.round(score * 100)}%${word ?? ""}`;
      mark.title = `${label}, ${said}`;
      mark.querySelector(".ner-unseen").textContent = ` ${said}`;
    });
  });
}

// Of two lists of entities, one that overlaps nothing in the other list is "alone", one that overlaps
// something else there "differs".
function compare([first, second]) {
  const sides = [first, second];
  sides.forEach((entities, side) => {
    const others = sides[1 - side];
    const same = new Set(others.map((e) => `${e.start}-${e.end} ${e.label}`));
    let next = 0;
    for (const e of entities) {
      while (next < others.length && others[next].end <= e.start) next += 1;
      const beside = next >= others.length || others[next].start >= e.end;
      e.kind = beside ? "alone" : "differs";
      if (same.has(`${e.start}-${e.end} ${e.label}`)) e.kind = "same";
    }
  });
  const number = (side, kind) => figure(sides[side].filter((e) => e.kind === kind).length);
  find(".hl-summary").textContent = [
    `${number(0, "same")} the same`,
    `${number(0, "alone")} only in A`,
    `${number(1, "alone")} only in B`,
    `${places(sides.flat())} at the same place with another type or other borders`,
  ].join(" · ");
}

// The number of places in the text where two models find different entities.
function places(entities) {
  const spans = entities.filter((e) => e.kind === "differs");
  spans.sort((one, other) => one.start - other.start);
  let number = 0;
  let reached = -1;
  for (const span of spans) {
    if (span.start >= reached) number += 1;
    reached = Math.max(reached, span.end);
  }
  return number;
}

async function copy(text, sentence) {
  try {
    await navigator.clipboard.writeText(text);
    say(sentence);
  } catch {
    say("The browser does not allow copying. Select the text and copy it by hand.");
  }
}

function writtenText() {
  return document.querySelector("#text textarea")?.value ?? "";
}

function copyLink() {
  const text = writtenText();
  if (text.length > MOST_LINKED) {
    const [size, most] = [figure(text.length), figure(MOST_LINKED)];
    say(`The text has ${size} characters, and a link at most ${most}. Shorten it, or share a file.`);
    return;
  }
  copy(link(text).href, "Copied a link to this text and model.");
}

// The address that shows this text as it is shown now.
function link(text) {
  const { model, compare: other, view } = find(".hl").dataset;
  const address = new URL(window.location.pathname, window.location.origin);
  const query = address.searchParams;
  query.set("model", model);
  if (other) query.set("compare", other);
  if (view !== "Text") query.set("view", view);
  if (threshold() !== started()) query.set("threshold", threshold().toFixed(2));
  for (const label of [...chosen.off].sort()) query.append("hidden", label);
  if (chosen.only) query.set("only", "1");
  // In the fragment, which browsers do not send to servers. It can't contain half a surrogate pair.
  const whole = text.replace(/\p{Surrogate}/gu, "\ufffd");
  address.hash = `text=${encodeURIComponent(whole)}`;
  return address;
}

const linkedText = (address) => new URLSearchParams(address.hash.slice(1)).get("text");
const isLink = (address) => linkedText(address) !== null || address.searchParams.has("model");

// Choose what a link leaves out; the rest of it is in restore.js.
function chooseLinked() {
  const address = new URL(window.location);
  if (!isLink(address)) return;
  const wanted = Number(address.searchParams.get("threshold") ?? NaN);
  if (wanted >= 0 && wanted <= 1) chosen.threshold = wanted;
  chosen.off = new Set(address.searchParams.getAll("hidden"));
  chosen.only = address.searchParams.has("only");
}

// Keep what restore.js brings back after a reload; drop an address that no longer fits.
function remember() {
  const frame = find(".hl");
  if (!frame) return;
  const { model, compare: other, view } = frame.dataset;
  const text = writtenText();
  try {
    const kept = { text, model, compare: other, view };
    window.sessionStorage.setItem("ner-studio", JSON.stringify(kept));
  } catch {
    // Storage is full or not allowed: then a reload brings nothing back.
  }
  const address = new URL(window.location);
  if (!isLink(address) || fits(address, link(text))) return;
  address.hash = "";
  for (const name of PARAMETERS) address.searchParams.delete(name);
  window.nerStudio.keepAddress(address);
}

function fits(address, now) {
  const said = (url, name) => url.searchParams.getAll(name).sort().join("\n");
  const differs = (name) => said(address, name) !== said(now, name);
  return linkedText(address) === linkedText(now) && !PARAMETERS.some(differs);
}

// A browser does not load an address that differs in its fragment only, such as a second link pasted
// after a first one.
window.addEventListener("hashchange", () => {
  if (linkedText(new URL(window.location)) !== null) window.location.reload();
});

// An example is to be typed over: all of it is selected when a visitor first comes to it.
let offered = "";
let selecting = false;
document.addEventListener("focusin", ({ target }) => {
  if (!target.matches("#text textarea")) return;
  selecting = EXAMPLES.includes(target.value) && target.value !== offered;
  if (!selecting) return;
  offered = target.value;
  target.select();
});
// A click puts the cursor somewhere after it has moved the focus, unless it has selected something.
document.addEventListener("click", ({ target }) => {
  if (!target.matches("#text textarea")) return;
  if (selecting && target.selectionStart === target.selectionEnd) target.select();
  selecting = false;
});

// The result of an example is shown, where the text above it leaves no room for it.
let picked = false;
document.addEventListener("click", ({ target }) => {
  if (target.closest("#examples button")) picked = true;
});

function showPicked() {
  if (!picked || !find(".hl-result")) return;
  picked = false;
  const { top } = find(".hl-result").getBoundingClientRect();
  if (top > window.innerHeight * 0.75) document.querySelector("#text").scrollIntoView();
}

// A link or a reload may bring a second model, whose field is shown then.
function showComparing() {
  const models = document.querySelector("#models");
  if (find(".hl")?.dataset.compare) models.toggleAttribute("data-comparing", true);
  const open = "comparing" in models.dataset;
  document.querySelector("#compare-toggle").setAttribute("aria-expanded", open);
}

const actions = { copy: copyTable, link: copyLink, more: showMore, sort: sortBy };
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button) actions[button.dataset.do](button);
});

element.addEventListener("input", ({ target }) => {
  if (target.closest(".hl-threshold")) chosen.threshold = Number(target.value);
  else if (target.dataset.do === "only") chosen.only = target.checked;
  else if (target.checked) chosen.off.delete(target.value);
  else chosen.off.add(target.value);
  apply();
  remember();
});

watch("value", () => {
  forgetTables();
  apply();
  remember();
  showComparing();
  showPicked();
});

chooseLinked();
apply();
