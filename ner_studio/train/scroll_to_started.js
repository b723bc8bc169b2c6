// Scrolls from the button to the run that it has started, which is far below it on a phone.
() => {
  if (document.querySelector('#problem p')) return;
  document.getElementById('run-choice')?.scrollIntoView({behavior: 'smooth', block: 'start'});
}
