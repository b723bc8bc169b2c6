// Moves on from the list of runs up to the run that was opened.
() => {
  document.getElementById('run-choice')?.scrollIntoView({behavior: 'smooth', block: 'center'});
  const status = document.getElementById('run-status');
  status?.setAttribute('tabindex', '-1');
  status?.focus({preventScroll: true});
}
