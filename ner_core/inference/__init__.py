"""From text to entities."""
