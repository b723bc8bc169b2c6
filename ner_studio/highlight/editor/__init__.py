"""The editor of the Highlight tab, in which people correct what a model suggests."""
