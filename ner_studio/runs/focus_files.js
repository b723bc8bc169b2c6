// Moves on to the files of a run once they are there to be downloaded.
() => setTimeout(() => {
  const files = document.querySelector('#runs-files');
  files?.scrollIntoView({block: 'nearest'});
  files?.querySelector('a')?.focus({preventScroll: true});
}, 100)
