"""Scores and error analysis."""
