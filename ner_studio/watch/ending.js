// The title of the page says how far the watched run is, and that it has ended until somebody looks;
// a notice leads to its model. Names come from strangers: they are written as text, never as markup.

const USUAL = "NER Studio";
const AT_WORK = new Set(["queued", "starting", "running", "stopping"]);
const ENDINGS = {
  finished: "has finished",
  failed: "has failed",
  stopped: "was stopped",
  interrupted: "was interrupted",
};
let watched = ""; // the id of the run that was shown last
let status = "";
let ended = false; // whether the title says so

const notice = document.createElement("div");
notice.className = "ner-notice";
notice.setAttribute("role", "status");
document.querySelector(".gradio-container").append(notice);

function entitle(title) {
  if (document.title !== title) document.title = title;
}

function button(text, act, more = {}) {
  const made = document.createElement("button");
  made.type = "button";
  made.append(text);
  for (const [name, value] of Object.entries(more)) made.setAttribute(name, value);
  made.addEventListener("click", () => {
    notice.replaceChildren();
    act();
  });
  return made;
}

function announce({ status, f1, can_try: usable }) {
  const run = watched;
  const name = document.createElement("bdi");
  name.textContent = heading().textContent;
  const facts = document.createElement("span");
  facts.append(name, ` ${ENDINGS[status] ?? status}`);
  if (f1) facts.append(`: F1 ${f1}`);
  facts.append(".");
  const parts = [facts];
  if (usable && status === "finished") parts.push(button("Try it", () => trigger("try_run", { run }), { class: "do" }));
  parts.push(button("×", () => {}, { "aria-label": "Close" }));
  notice.replaceChildren(...parts);
}

function take() {
  const now = props.value ?? {};
  const run = element.querySelector("section")?.dataset.run ?? "";
  const wasAtWork = run === watched && AT_WORK.has(status);
  [watched, status] = [run, now.status];
  if (AT_WORK.has(now.status)) {
    ended = false;
    entitle(`${now.status === "running" ? `${Math.floor(now.percent)} %` : now.status} · ${USUAL}`);
  } else if (wasAtWork) {
    ended = true;
    const word = now.status[0].toUpperCase() + now.status.slice(1);
    entitle([word, ...(now.f1 ? [`F1 ${now.f1}`] : []), USUAL].join(" · "));
    announce(now);
  } else if (!ended) entitle(USUAL);
}

// Back to normal once somebody looks: when the page is shown again, or used.
function look() {
  if (!ended || document.hidden) return;
  ended = false;
  setTimeout(() => ended || AT_WORK.has(status) || entitle(USUAL), 1500);
}
for (const event of ["pointermove", "pointerdown", "keydown"]) document.addEventListener(event, look);
document.addEventListener("visibilitychange", look);

watch("value", take);
take();
