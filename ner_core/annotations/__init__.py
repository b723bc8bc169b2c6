"""Annotation sets: what people decided on texts, kept in append-only files."""
