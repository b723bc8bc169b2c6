"""Annotated data: from any source to one canonical shape."""
