// Keeps the watched run in the address of the page, so that a reload shows it again.
(run) => {
  const shown = document.querySelector("#watch")?.offsetParent;
  const address = new URL(window.location);
  if (shown && run) address.searchParams.set("run", run);
  else address.searchParams.delete("run");
  window.nerStudio.keepAddress(address);
}
