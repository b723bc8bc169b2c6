// Scrolls from the table of runs up to the form, which now holds the settings of a run.
() => document.getElementById('data')?.scrollIntoView({behavior: 'smooth', block: 'center'})
