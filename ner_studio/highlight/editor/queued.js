// Tell the editor what became of a file.
(sentence) => {
  if (sentence) document.dispatchEvent(new CustomEvent("ner-queued", { detail: sentence }));
}
