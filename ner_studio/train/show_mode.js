// Shows the form for a new run, or the run that is watched; page.css hides the other.
(mode) => {
  document.body.dataset.train = mode;
  const address = new URL(window.location);
  if (mode !== "new" || !address.searchParams.has("run")) return;
  address.searchParams.delete("run");
  window.nerStudio.keepAddress(address);
}
