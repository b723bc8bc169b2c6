"""Whether this process runs on a Hugging Face Space."""

import os


def on_space() -> bool:
    """Return whether this process runs on a Space, where users are visitors."""
    return bool(os.environ.get("SPACE_ID"))
