"""Publishing a run from the page."""
