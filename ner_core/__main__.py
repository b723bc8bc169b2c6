"""``python -m ner_core``."""

import sys

from ner_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
