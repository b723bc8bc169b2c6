// Rename the watched run in its heading. This file and ending.js are together the body of a function
// (js_on_load) that gr.HTML calls once with `element`, `props`, `trigger` and `watch`. The field is
// outside of the markup, which the server replaces each second.

const editor = document.createElement("input");
editor.className = "ner-name";
editor.setAttribute("aria-label", "Name of the run");
editor.maxLength = 80;
editor.hidden = true;
element.after(editor);
let named = ""; // the id of the run that is renamed

const heading = () => element.querySelector("h3 bdi");

function edit() {
  named = element.querySelector("section").dataset.run;
  editor.value = heading().textContent;
  editor.style.top = `${element.querySelector("h3").offsetTop}px`;
  editor.hidden = false;
  editor.focus();
  editor.select();
}

function leave(keep) {
  if (editor.hidden) return;
  const name = editor.value.trim();
  const changed = name !== heading().textContent;
  editor.hidden = true;
  if (keep && changed) trigger("rename_run", { run: named, name });
}

editor.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  leave(event.key === "Enter");
  element.querySelector("[data-do=rename]")?.focus();
});
editor.addEventListener("blur", () => leave(false));
element.addEventListener("click", ({ target }) => target.closest("[data-do=rename]") && edit());
