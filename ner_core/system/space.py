"""Whether this process runs on a Hugging Face Space."""

import os


def on_space() -> bool:
    """Tell whether this runs on a Space, where people are visitors."""
    return bool(os.environ.get("SPACE_ID"))
