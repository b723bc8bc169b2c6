"""The form of the Train tab."""
