// Scrolls from the table of runs up to the run that was opened.
() => document.getElementById('run-choice')?.scrollIntoView({behavior: 'smooth', block: 'center'})
