"""From a run to the Hub: model, card, Space."""
