// Names and states for screen readers that Gradio does not give: radio groups, check boxes and
// lists of files get the name of their label, and fields with a problem are marked as invalid.
(() => {
  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  function nameGroups() {
    for (const group of document.querySelectorAll("fieldset.block:not([aria-labelledby])")) {
      const label = group.querySelector("[data-testid=block-info]");
      if (!label) continue;
      label.id ||= `${group.id}-name`;
      set(group, "aria-labelledby", label.id);
      if (group.querySelector("input[type=radio]")) set(group, "role", "radiogroup");
    }
  }

  // The uploaded files, which Gradio lists in a table.
  function nameFiles() {
    for (const table of document.querySelectorAll("table.file-preview:not([aria-label])")) {
      const label = table.closest(".block")?.querySelector("[data-testid=block-label]");
      if (label) set(table, "aria-label", label.textContent.trim());
    }
  }

  // A problem takes the place of the help of its field; see setting_fields.py.
  function markProblems() {
    for (const field of document.querySelectorAll(".ner-settings .block")) {
      const wrong = field.classList.contains("ner-wrong");
      const info = field.querySelector(".info-text");
      const input = field.querySelector("input, textarea");
      if (!input) continue;
      if (info) info.id ||= `${field.id}-info`;
      if (wrong) set(input, "aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      if (info) set(input, "aria-describedby", info.id);
      else input.removeAttribute("aria-describedby");
    }
  }

  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    // Some changes come with each key press; names may be a moment late.
    setTimeout(() => {
      waiting = false;
      nameGroups();
      nameFiles();
      markProblems();
    }, 250);
  }

  new MutationObserver(soon).observe(document.documentElement, {
    childList: true,
    subtree: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["class", "aria-label"],
  });
  soon();
})();
