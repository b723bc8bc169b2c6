"""The score from which on a model's entities are worth showing, kept in its config.json.

It is the threshold with the best F1 on validation, which ``ner_core.evaluation.thresholds`` finds.
Nothing applies it by itself: a page may begin with it.
"""

import json
from pathlib import Path
from typing import Any

from ner_core.models.windows import SETTINGS_KEY
from ner_core.system import atomic

_NAME = "threshold"


def threshold_of(config: Any) -> float:
    """Return the threshold in a model's config, 0 if it has none or one that can't be right."""
    saved = getattr(config, SETTINGS_KEY, None)
    found = saved.get(_NAME) if isinstance(saved, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found < 1:
        return 0.0
    return float(found)


def keep_threshold(folder: Path, threshold: float) -> None:
    """Keep a threshold above 0 in the config.json of a saved model, and of its adapter."""
    if threshold <= 0:
        return
    for path in (folder / "config.json", folder / "adapter" / "config.json"):
        if path.is_file():
            config = json.loads(path.read_text(encoding="utf-8"))
            config[SETTINGS_KEY][_NAME] = threshold
            # Replaced, not written to: a checkpoint may share the file.
            atomic.write_text(path, json.dumps(config, indent=2, sort_keys=True) + "\n")
