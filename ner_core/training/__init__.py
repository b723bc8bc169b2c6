"""Training: one fine-tuning run."""
