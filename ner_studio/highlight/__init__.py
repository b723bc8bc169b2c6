"""The Highlight tab."""
