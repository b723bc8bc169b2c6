"""The report of a run: scores, what explains them, and the errors."""
