// Moves on from the list of runs up to the form, which now holds the settings of a run.
() => {
  const data = document.getElementById('data');
  data?.scrollIntoView({behavior: 'smooth', block: 'center'});
  data?.querySelector('input:checked')?.focus({preventScroll: true});
}
