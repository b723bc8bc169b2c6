// Return the text, model and second model of a link that was opened, or from before a reload, or
// else the current ones. Parameters and result are those of a Gradio event; the last one is new in
// any case.
(text, model, compare) => {
  const opened = "opened";
  const address = new URL(window.location);
  const linked = new URLSearchParams(address.hash.slice(1)).get("text");
  if (linked !== null || address.searchParams.has("model")) {
    const query = address.searchParams;
    return [linked ?? text, query.get("model") || model, query.get("compare") || "", opened];
  }
  try {
    const kept = JSON.parse(window.sessionStorage.getItem("ner-studio"));
    if (kept) return [kept.text, kept.model || model, kept.compare, opened];
  } catch {
    // Storage is not allowed: nothing was kept.
  }
  return [text, model, compare, opened];
}
