// Moves on to the text, after the model of a run was chosen for it. Returns the text: what a visitor
// has written, or instead of an example the first sentence of the run.
(text, offered) => {
  document.dispatchEvent(new Event("ner-highlight"));
  setTimeout(() => document.querySelector("#text textarea")?.focus(), 100);
  const { first, replaced } = JSON.parse(offered || "{}");
  return first && (!text.trim() || replaced.includes(text)) ? first : text;
}
