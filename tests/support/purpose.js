// What is visible on the page without a purpose, as sentences: names that Gradio gives to what has
// none, boxes with nothing in them, and fields, groups, tables and charts that nothing names.
() => {
  const DEFAULTS = new Set(
    "Audio Button Chatbot Checkbox CheckboxGroup Code Dataframe Dropdown File Gallery HTML Image JSON Label LinePlot Markdown Number Plot Radio Slider State Textbox"
      .split(" ")
      .concat(["Checkbox Group", "Line Plot", "Text box", "Vega visualization"]),
  );
  const found = [];
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true }) && box.width > 0 && box.height > 0;
  };
  const where = (element) => {
    const near = element.closest("[id]");
    return `${element.tagName.toLowerCase()} in #${near ? near.id : "?"}`;
  };
  const nameOf = (element) => {
    const ids = (element.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
    const referred = ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(" ");
    const legend = element.querySelector?.(":scope > legend, :scope > caption")?.textContent ?? "";
    const own = element.getAttribute("aria-label") ?? "";
    return [referred, own, labels, legend, element.title ?? ""].map((t) => t.trim()).find(Boolean) ?? "";
  };

  for (const element of document.querySelectorAll("main *, .gradio-container *")) {
    if (!shown(element)) continue;
    const own = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join("").trim();
    const data = element.closest("td, [role=gridcell], .ner-text, textarea, .cm-content, #file-downloads");
    for (const name of [own, element.getAttribute("aria-label")]) {
      if (DEFAULTS.has(name) && !data) found.push(`${where(element)} is called ${name}`);
    }
  }
  const NAMED = "input:not([type=hidden]), textarea, select, fieldset, table:not([role=none]), [role=grid], [role=radiogroup], [role=progressbar], [role=img], [role=graphics-document], button, [role=tab]";
  for (const element of document.querySelectorAll(NAMED)) {
    if (!shown(element)) continue;
    const named = nameOf(element) || (/^(BUTTON)$/.test(element.tagName) && element.textContent.trim());
    if (!named) found.push(`${where(element)} has no name`);
  }
  const CONTENT = "input, textarea, select, button, canvas, svg, img, iframe, table";
  for (const block of document.querySelectorAll(".block")) {
    if (!shown(block) || block.getBoundingClientRect().height < 4) continue;
    const things = [...block.querySelectorAll(CONTENT)].some(shown);
    if (!things && !block.innerText.trim()) found.push(`${where(block)} is an empty box`);
  }
  return [...new Set(found)];
}
