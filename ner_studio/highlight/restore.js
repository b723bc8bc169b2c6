// Gives text, model and comparison of a link that was opened, or of before a reload; without either
// what is there already. The parameters and the result are those of an event of the page.
(text, model, compare) => {
  const address = new URL(window.location);
  const linked = new URLSearchParams(address.hash.slice(1)).get("text");
  if (linked !== null || address.searchParams.has("model")) {
    const query = address.searchParams;
    return [linked ?? text, query.get("model") || model, query.get("compare") || ""];
  }
  try {
    const kept = JSON.parse(window.sessionStorage.getItem("ner-studio"));
    if (kept) return [kept.text, kept.model || model, kept.compare];
  } catch {
    // Forbidden by the browser: nothing was kept.
  }
  return [text, model, compare];
}
