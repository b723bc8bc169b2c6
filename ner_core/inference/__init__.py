"""Find entities in text with a trained model."""
