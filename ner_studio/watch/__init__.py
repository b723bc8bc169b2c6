"""Watching a run while it trains, and after."""
