"""Taking the paths of this machine out of what is published: of a path the last part stays."""

import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePath

from huggingface_hub import constants

from ner_core.hub.repository_ids import parse_dataset
from ner_core.runs import store
from ner_core.runs.run import Run
from ner_core.runs.store import RESERVED
from ner_core.system import paths

_ENDS_A_PATH = r"\s\"'`<>|:;,()\[\]{}"


def public_name(name: str) -> str:
    """Return the name of data or a model as others may see it: of a path its last part.

    >>> public_name("/home/me/notes.conll"), public_name("conll2003"), public_name("minilm")
    ('notes.conll', 'conll2003', 'minilm')
    """
    return PurePath(name.rstrip("/")).name if is_path(name) else name


def scrubber(run: Run) -> Callable[[str], str]:
    """Return a function that takes the paths of this machine out of a text."""
    config = run.config()
    exact: dict[str, str] = {}
    for name in (config.data, config.model):
        if is_path(name):
            whole = str(paths.expand(name).absolute())
            exact |= dict.fromkeys((whole, os.path.realpath(whole), name), public_name(name))
    folders = {
        *(str(folder.absolute()) for folder in (run.path, store.home(), Path.home(), Path.cwd())),
        *(os.path.realpath(folder) for folder in (run.path, store.home(), constants.HF_HOME)),
        *(constants.HF_HOME, tempfile.gettempdir(), sys.prefix, sys.base_prefix, *exact),
        str(Path(__file__).parents[2]),
    } - {os.sep}
    beginnings = "|".join(map(re.escape, sorted(folders, key=len, reverse=True)))
    below = re.compile(rf"(?<![\w./~-])(?:{beginnings})(?:/[^{_ENDS_A_PATH}]*|(?![\w-]))")
    # A path that was given may have spaces in it: it goes first, and as a whole.
    given = sorted(exact, key=len, reverse=True)
    given_whole = re.compile(rf"(?<![\w./~-])(?:{'|'.join(map(re.escape, given))})(?![\w/-])")

    def scrub(text: str) -> str:
        if given:
            text = given_whole.sub(lambda match: exact[match[0]], text)
        return below.sub(_last_part, text)

    return scrub


def _last_part(match: re.Match[str]) -> str:
    path = match[0].rstrip("./")
    return PurePath(path).name + "." * (len(match[0]) - len(match[0].rstrip(".")))


def is_path(name: str) -> bool:
    """Return whether the name of data or a model is a path, as its readers would take it."""
    if name in RESERVED or name == "sample" or store.exists(name):
        return False
    return paths.exists(paths.expand(name)) or (parse_dataset(name) is None and "/" in name)
