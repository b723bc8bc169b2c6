"""Teach by correcting: what to annotate next, and what to suggest for it."""
