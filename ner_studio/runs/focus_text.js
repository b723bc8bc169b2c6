// Moves on to the text of the Highlight tab, which has just been opened with the model of a run.
() => setTimeout(() => document.querySelector('#text textarea')?.focus(), 100)
