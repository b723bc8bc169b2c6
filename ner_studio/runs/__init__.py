"""All runs: their table, what can be done with one, and the comparison of several."""
