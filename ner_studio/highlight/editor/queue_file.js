// What goes to the server with a file of texts: the file, the set, and what its texts are cut into.
(file) => {
  const editor = document.querySelector("#editor");
  const unit = editor.querySelector("[data-do=unit]").value;
  return [file, editor.querySelector(".ed").dataset.set ?? "{}", unit];
}
