"""What a dataset on the Hugging Face Hub is called here: ``owner/name[:config][@revision]``."""

import re
from dataclasses import dataclass

HUB = "hub:"
"""Before a dataset's name it says that the Hub's is meant, whatever folders there are."""

CONVERTED = "refs/convert/parquet"
"""The revision at which the Hub keeps its own conversion of a dataset to Parquet."""

# As huggingface_hub checks it: letters, digits, "_", and inside "." and "-", at most 96 of them.
_PART = r"\w(?:[\w.-]{0,94}\w)?"
_DATASET = re.compile(
    rf"(?P<repo>{_PART}/{_PART})"
    r"(?::(?P<config>[^\s:@/]{1,200}))?"
    r"(?:@(?P<revision>\w[\w./-]{0,199}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class HubDataset:
    """A dataset on the Hub: its repository, and which configuration and revision are wanted."""

    repo: str
    config: str | None = None
    revision: str | None = None

    def __str__(self) -> str:
        config = f":{self.config}" if self.config else ""
        return f"{self.repo}{config}" + (f"@{self.revision}" if self.revision else "")


ALIASES = {"conll2003": HubDataset("eriktks/conll2003", revision=CONVERTED)}
"""Datasets known by a name without an owner. CoNLL-2003 is a script there, so its conversion."""


def parse(source: str) -> HubDataset | None:
    """Read a dataset's name on the Hub; None if it cannot be one. Nothing is asked of the Hub.

    A relative path of two parts is such a name too: whoever means paths has to look there first.

    >>> parse("tner/wnut2017:wnut2017@main")
    HubDataset(repo='tner/wnut2017', config='wnut2017', revision='main')
    >>> parse("./train.txt") is None
    True
    """
    if source in ALIASES:
        return ALIASES[source]
    match = _DATASET.fullmatch(source)
    if match is None or re.search(r"\.\.|--|\.git$", match["repo"]):
        return None
    return HubDataset(match["repo"], match["config"], match["revision"])
