// Opens the form that publishes the run, and scrolls to it.
() => {
  const form = document.getElementById('publish');
  if (!document.getElementById('publish-repo')?.checkVisibility()) {
    form?.querySelector(':scope > button')?.click();
  }
  form?.scrollIntoView({behavior: 'smooth', block: 'start'});
}
