"""What becomes of the entity types that a model knows when it is trained on other data."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ner_core.models.label_spelling import types_of


@dataclass(frozen=True)
class HeadChange:
    """The entity types of a model's head that stay, come and go, sorted."""

    kept: list[str]
    new: list[str]
    dropped: list[str]

    @classmethod
    def of(cls, own: Sequence[str], wanted: Sequence[str]) -> "HeadChange | None":
        """Compare the labels of a model with those of data; None for an encoder without types."""
        known, learned = types_of(own), types_of(wanted)
        if not known:
            return None
        return cls(*(sorted(some) for some in (known & learned, learned - known, known - learned)))

    def as_json(self) -> dict[str, list[str]]:
        """Return the types as the report has them."""
        return asdict(self)

    def note(self, model: str) -> str | None:
        """Return what stays, comes and goes, as a sentence; None if all stays as it is."""
        if not self.new and not self.dropped:
            return None
        if not self.kept:
            return (
                f"Your data have none of the types {model} knows ({_and(self.dropped)}), so it "
                f"forgets them and learns {_and(self.new)} from scratch."
            )
        parts = [f"keeps what it knows of {_and(self.kept)}"]
        if self.new:
            parts.append(f"learns {_and(self.new)} from scratch")
        if self.dropped:
            parts.append(f"forgets {_and(self.dropped)}")
        return f"{model} {_and(parts)}."

    def warning(self, model: str) -> str | None:
        """Return what is lost, and how to keep it; None if nothing is."""
        if not self.dropped:
            return None
        them = "it" if len(self.dropped) == 1 else "them"
        return (
            f"{model} can find {_and(self.dropped)}, but your data have no examples of {them}, so "
            f"the trained model finds {them} only with “Keep known types” (keep_types). Turn it "
            f"on, add examples of {them} to train, or rename the types of the data if they mean "
            "the same."
        )


def labels_in(folder: Path) -> list[str]:
    """Return the label names in the config.json of a folder; empty if it has none."""
    try:
        named = json.loads((folder / "config.json").read_bytes())["id2label"]
        return [str(named[number]) for number in sorted(named, key=int)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
