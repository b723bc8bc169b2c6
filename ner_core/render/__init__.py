"""Entities drawn once, for page, export and card."""
