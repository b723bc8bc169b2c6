"""The run directory: store, events, checkpoints, view, export, diagnosis."""
