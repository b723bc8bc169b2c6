// Return the text, model, second model and view of a link that was opened, or from before a reload,
// or else the current ones. Parameters and result are those of a Gradio event; the last one is new in
// any case. What only the browser knows of a link, such as the threshold, is read in highlight.js.
(text, model, compare, view) => {
  const opened = "opened";
  const address = new URL(window.location);
  const linked = new URLSearchParams(address.hash.slice(1)).get("text");
  if (linked !== null || address.searchParams.has("model")) {
    const query = address.searchParams;
    const views = ["Text", "Table", "Tokens"];
    const wanted = views.includes(query.get("view")) ? query.get("view") : view;
    return [linked ?? text, query.get("model") || model, query.get("compare") || "", wanted, opened];
  }
  try {
    const kept = JSON.parse(window.sessionStorage.getItem("ner-studio"));
    if (kept) return [kept.text, kept.model || model, kept.compare, kept.view ?? view, opened];
  } catch {
    // Storage is not allowed: nothing was kept.
  }
  return [text, model, compare, view, opened];
}
