"""The names of runs that people read: one that somebody gave, or else one of data and recipe.

A name is only shown. Files, addresses and commands use the id of a run, which never changes.
"""

import re
import unicodedata
from pathlib import PurePath

from ner_core.annotations import addresses
from ner_core.config import TrainConfig
from ner_core.errors import RunError
from ner_core.hub.repository_ids import has_hub_prefix, parse_dataset, without_hub_prefix

MOST_CHARACTERS = 80
"""Of a name that somebody gives to a run."""

UPLOADED = "uploaded files"
"""The name of several uploaded files whose own names have nothing in common."""

_LONGEST_DATA = 48
_NEITHER_SEEN_NOR_SAFE = frozenset({"Cc", "Cs", "Co", "Cn"})  # categories of characters
# They change the direction of the text around them, so that a name could pass for another one, or
# they are not seen at all. Joiners stay: Persian, Hindi and emoji are written with them.
_HIDDEN = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_UPLOADS = re.compile(r"upload-[0-9a-f]{12}")  # uploads of several files once had no other name


def clean(text: str) -> str:
    """Return a text that is safe to show in one line: without control and direction characters.

    Line breaks and several blanks become one blank.

    >>> clean("  Menu\\treviews\\n\\u202e2\\0 ")
    'Menu reviews 2'
    """
    text = unicodedata.normalize("NFC", _HIDDEN.sub("", " ".join(text.split())))
    kept = (c for c in text if unicodedata.category(c) not in _NEITHER_SEEN_NOR_SAFE)
    return " ".join("".join(kept).split())


def checked(text: str, kind: str = "run") -> str:
    """Return the name that somebody typed, cleaned. Raises RunError if it is empty or too long.

    ``kind`` is what has the name.
    """
    name = clean(text)
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        raise RunError(
            f"A {kind} needs a name that can be seen. Type at least one letter or digit."
        )
    if len(name) > MOST_CHARACTERS:
        raise RunError(
            f"The name has {len(name):,} characters, and a {kind}'s name has at most "
            f"{MOST_CHARACTERS}. Shorten it."
        )
    return name


def usual(config: TrainConfig) -> str:
    """Return the name of a run that nobody has named.

    >>> usual(TrainConfig(data="/home/me/menu_reviews.jsonl", recipe="quick"))
    'Menu reviews · quick'
    """
    return clean(f"{of_data(config.data)} · {config.recipe}")


def of_data(source: str) -> str:
    """Return the name of data: of a file its own, of a dataset on the Hub that of its repository.

    >>> of_data("sample"), of_data("hub:owner/wnut_17:wnut@main"), of_data("/data/eng.testa")
    ('Sample', 'wnut_17', 'Eng')
    >>> of_data("annotations:menu-reviews@4096")
    'Menu reviews'
    """
    if has_hub_prefix(source):
        dataset = parse_dataset(without_hub_prefix(source))
        name = (dataset.repo if dataset else without_hub_prefix(source)).rpartition("/")[2]
    else:
        address = addresses.parse(source)
        path = PurePath(address.set_id if address else source)
        name = UPLOADED if _UPLOADS.fullmatch(path.name) else path.stem
        name = clean(name.replace("_", " ").replace("-", " "))
        name = name[:1].upper() + name[1:]
    return name if len(name) <= _LONGEST_DATA else f"{name[: _LONGEST_DATA - 1].rstrip()}…"
