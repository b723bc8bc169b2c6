// Show the field of the second model, or hide it: then there is no second model. Parameter and result
// are those of a Gradio event.
(compare) => {
  const models = document.querySelector("#models");
  const open = !("comparing" in models.dataset);
  models.toggleAttribute("data-comparing", open);
  document.querySelector("#compare-toggle").setAttribute("aria-expanded", open);
  if (!open) return "";
  // After the click, which would take the focus away again.
  setTimeout(() => {
    const field = document.querySelector("#compare input");
    field.focus();
    field.select(); // what is typed replaces it
  });
  return compare;
}
