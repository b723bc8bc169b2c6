// Moves from the button to the run that it has started, which is far below it on a phone. The first
// run of a page is drawn a moment later; whoever has moved on by then is left where they are.
() => {
  if (document.querySelector('#problem p')) return;
  document.getElementById('run-choice')?.scrollIntoView({behavior: 'smooth', block: 'start'});
  const move = (tries) => {
    const at = document.activeElement;
    if (!at.matches('body, #train, #start') && at.checkVisibility()) return;
    const status = document.getElementById('run-status');
    if (status?.checkVisibility()) {
      status.setAttribute('tabindex', '-1');
      status.focus({preventScroll: true});
    } else if (tries) setTimeout(move, 100, tries - 1);
  };
  move(50);
}
