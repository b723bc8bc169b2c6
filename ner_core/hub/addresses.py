"""Addresses of pages on the Hugging Face Hub, which people paste where a name is asked for."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_HOST = r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/"
_PAGE = (
    r"(?:/(?:tree|blob|resolve|commits?)/(?P<revision>refs/[\w.-]+/[\w.-]+|[^/?#]+)"
    r"(?:/(?P<path>[^?#]*))?"
    r"|/viewer(?:/(?P<config>[^/?#]+)(?:/[^?#]*)?)?)?"
    r"/?(?:[?#].*)?"
)
_MODEL = re.compile(_HOST + r"(?P<repo>(?!datasets/|spaces/)[\w.-]+/[\w.-]+)" + _PAGE, re.ASCII)
_SPACE = re.compile(_HOST + r"spaces/(?P<repo>[\w.-]+/[\w.-]+)" + _PAGE, re.ASCII)
# A few old datasets have no owner. An address may end in /viewer, which is no name.
_DATASET = re.compile(
    _HOST + r"datasets/(?P<repo>[\w.-]+(?:/(?!viewer\b)[\w.-]+)?)" + _PAGE, re.ASCII
)


@dataclass(frozen=True)
class Address:
    """What an address names: a repository, and what of it; None and "" where it doesn't say.

    ``revision`` is None for main, too. ``path`` is a file or folder of the repository, ``config``
    the configuration that a dataset's viewer shows.
    """

    repo: str
    revision: str | None = None
    path: str = ""
    config: str | None = None


def model_address(text: str) -> Address | None:
    """Return what the address of a model names, None for any other text.

    >>> model_address("https://huggingface.co/me/ner/tree/v1/")
    Address(repo='me/ner', revision='v1', path='', config=None)
    >>> model_address("me/ner") is None
    True
    """
    return _read(_MODEL, text)


def space_address(text: str) -> Address | None:
    """Return what the address of a Space names, None for any other text.

    >>> space_address("hf.co/spaces/me/studio").repo
    'me/studio'
    """
    return _read(_SPACE, text)


def dataset_address(text: str) -> Address | None:
    """Return what the address of a dataset names, None for any other text.

    >>> dataset_address("https://huggingface.co/datasets/me/names/viewer/en/train").config
    'en'
    """
    return _read(_DATASET, text)


def _read(pattern: re.Pattern[str], text: str) -> Address | None:
    found = pattern.fullmatch(text.strip())
    if found is None:
        return None
    revision = unquote(found["revision"] or "main")
    return Address(
        found["repo"],
        None if revision == "main" else revision,
        found["path"] or "",
        found["config"] and unquote(found["config"]),
    )
