"""The weight files of a model folder: what their headers say, without loading them."""

import json
import re
from pathlib import Path

from safetensors import safe_open

from ner_core.errors import ModelError
from ner_core.models.hub_safety import INDEX, SMALL, WEIGHTS
from ner_core.models.sources import ADAPTER_WEIGHTS

_POINTER = b"version https://git-lfs"
_HEAD = re.compile(r"(?:.*\.)?(?:classifier|score)\.weight")
_WRAPPED = re.compile(r"(?:module\.|model\.)+(?=[a-z])")


def check_pointers(folder: Path, name: str) -> None:
    """Raise ModelError if a file of a model is a Git LFS pointer, which names the real file."""
    for file in sorted({*SMALL, WEIGHTS, ADAPTER_WEIGHTS} | {p.name for p in _shards(folder)}):
        try:
            with (folder / file).open("rb") as content:
                is_pointer = content.read(len(_POINTER)) == _POINTER
        except OSError:
            continue
        if is_pointer:
            raise ModelError(
                f"{file} of {name} is only a Git LFS pointer, not the real file. Run `git lfs "
                "pull` in its folder, or download the model again."
            )


def head_size(folder: Path) -> int | None:
    """Return the number of labels of a model's head, None if it has no head."""
    shapes = {name: shape for name, shape in _shapes(folder).items() if _HEAD.fullmatch(name)}
    return next((shape[0] for shape in shapes.values() if len(shape) == 2), None)


def wrapper_of(folder: Path, base: str) -> str | None:
    """Return what stands before the names of all weights: ``module.`` or ``model.``, or both.

    A model that was saved inside of another module has it. ``base`` is the name of the encoder's
    part in the architecture. None if there is nothing in the way.
    """
    names = list(_shapes(folder))
    found = next((name for name in names if f".{base}." in name), "")
    match = _WRAPPED.match(found)
    if match is None or not found.startswith(f"{match[0]}{base}."):
        return None
    return match[0] if all(name.startswith(match[0]) for name in names) else None


def _shards(folder: Path) -> list[Path]:
    try:
        placed = json.loads((folder / INDEX).read_bytes())["weight_map"].values()
        return [folder / name for name in sorted(set(placed))]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []


def _shapes(folder: Path) -> dict[str, list[int]]:
    """Return the shapes of all weights by name; empty if a file can't be read."""
    files = [folder / name for name in (WEIGHTS, ADAPTER_WEIGHTS) if (folder / name).is_file()][:1]
    found: dict[str, list[int]] = {}
    try:
        for file in files or _shards(folder):
            with safe_open(file, "np") as weights:
                for name in weights.keys():  # noqa: SIM118 - it is no dict
                    found[name] = list(weights.get_slice(name).get_shape())
    except Exception:  # what is wrong with a file is said when it is loaded
        return {}
    return found
