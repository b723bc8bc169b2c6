"""What the server shares between visitors: snapshots, loaded models, batching, uploads."""
