// What Gradio's fields lack for those who work with the keyboard. It is called once, with the page.
() => {
  // Gradio answers a key in a list a moment later. After Tab that opens the list again, over fields
  // that have the focus by then.
  const leaving = (event) => {
    if (event.key === "Tab" && event.target.matches("input[role=combobox]")) event.stopPropagation();
  };
  document.addEventListener("keydown", leaving, true);

  // Gradio gives each radio button a name of its own. With one name they are one group: one stop for
  // Tab, and the arrow keys choose.
  let groups = 0;
  const group = () => {
    for (const fieldset of document.querySelectorAll("fieldset.block:has([type=radio])")) {
      fieldset.dataset.radios ??= `radios-${(groups += 1)}`;
      for (const radio of fieldset.querySelectorAll("[type=radio]")) {
        if (radio.name !== fieldset.dataset.radios) radio.name = fieldset.dataset.radios;
      }
    }
  };
  group();
  new MutationObserver(group).observe(document.body, { childList: true, subtree: true });
}
