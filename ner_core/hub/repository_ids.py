"""How repositories on the Hugging Face Hub are named here: models, datasets, and with ``hub:``."""

import re
from dataclasses import dataclass

from ner_core.errors import PublishError
from ner_core.hub.addresses import dataset_address, model_address, space_address

_PREFIX = "hub:"

CONVERTED = "refs/convert/parquet"
"""The revision at which the Hub keeps its own conversion of a dataset to Parquet."""

# As huggingface_hub checks it: letters, digits, "_", and inside "." and "-", at most 96 of them.
_PART = r"\w(?:[\w.-]{0,94}\w)?"
_REPOSITORY = re.compile(rf"(?!.*(?:--|\.\.|\.git$)){_PART}/{_PART}", re.ASCII)
_DATASET = re.compile(
    rf"(?P<repo>{_PART}/{_PART})"
    r"(?::(?P<config>[^\s:@/]{1,200}))?"
    r"(?:@(?P<revision>\w[\w./-]{0,199}))?",
    re.ASCII,
)


def with_hub_prefix(name: str) -> str:
    """Return a name with ``hub:`` before it: no run and no folder here is meant, but the Hub's.

    >>> with_hub_prefix("conll2003"), with_hub_prefix("hub:conll2003")
    ('hub:conll2003', 'hub:conll2003')
    """
    return _PREFIX + name.removeprefix(_PREFIX)


def has_hub_prefix(name: str) -> bool:
    """Return whether a name begins with ``hub:``."""
    return name.startswith(_PREFIX)


def without_hub_prefix(name: str) -> str:
    """Return a name without the ``hub:`` before it, if it has one."""
    return name.removeprefix(_PREFIX)


def check_repository(name: str, noun: str = "a repository") -> str:
    """Return the name of a repository, OWNER/NAME, without the blanks around it.

    The address of its page is taken, too: of a model, or of a Space or a dataset if that is the
    noun. The rules are those of ``huggingface_hub.utils.validate_repo_id``, and that there is an
    owner; the Hub is not asked. Raises PublishError, which calls it ``noun``, if it cannot be one.

    >>> check_repository(" me/ner "), check_repository("https://huggingface.co/me/ner/tree/main")
    ('me/ner', 'me/ner')
    """
    name = name.strip()
    read = {"a Space": space_address, "a dataset": dataset_address}.get(noun, model_address)
    address = read(name)
    if address and not address.revision and not address.path:
        name = address.repo
    if not _REPOSITORY.fullmatch(name):
        raise PublishError(
            f"{name[:200]!r} can't be the name of {noun}. Write OWNER/NAME, each of letters, "
            "digits and _, inside also - and . (no -- or .., and no .git at its end), at most 96 "
            "characters long."
        )
    return name


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


def dataset_id(source: str) -> str:
    """Return the name of a dataset for the address of its page; any other text as it is.

    An address of one file or folder of a dataset stays one: it does not mean the whole dataset.

    >>> dataset_id("https://huggingface.co/datasets/me/names/tree/v1"), dataset_id("me/names")
    ('me/names@v1', 'me/names')
    """
    address = dataset_address(source)
    if address is None or address.path:
        return source
    config = address.config if address.config != "default" else None
    return str(HubDataset(address.repo, config, address.revision))


def parse_dataset(source: str) -> HubDataset | None:
    """Return the dataset that a name stands for; None if it cannot be one. The Hub is not asked.

    A relative path of two parts is such a name too: whoever means paths has to look there first.

    >>> parse_dataset("tner/wnut2017:wnut2017@main")
    HubDataset(repo='tner/wnut2017', config='wnut2017', revision='main')
    >>> parse_dataset("./train.txt") is None
    True
    """
    if source in ALIASES:
        return ALIASES[source]
    match = _DATASET.fullmatch(source)
    if match is None or not _REPOSITORY.fullmatch(match["repo"]):
        return None
    return HubDataset(match["repo"], match["config"], match["revision"])
