"""Encoders and trained models: finding, checking and loading them."""
