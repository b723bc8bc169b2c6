"""What a Hugging Face Space runs: ``python app.py`` is ``ner-studio serve``."""

import os
import sys

from ner_studio.command import main

if __name__ == "__main__":
    os.environ.setdefault(
        "NER_DEBUG", "1"
    )  # a fault of ours shows its traceback in the Space's log
    sys.exit(main(["serve", *sys.argv[1:]]))
