// Returns what is still wrong after a setting was changed: a problem of the data stays.
(problem) => (problem?.includes('data-about="data"') ? problem : "")
