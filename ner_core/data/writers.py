"""Write data in formats that the readers of this package and other tools read.

===========  ================================================  =================================
form         one sentence                                      read back
===========  ================================================  =================================
``conll``    ``word TAB tag`` a line, a blank line after it    the same words and tags
``jsonl``    ``{"tokens": [...], "tags": ["O", ...]}``         the same words and tags
``spans``    ``{"text": ..., "spans": [{"start", "end",        the same entities; words anew
             "label"}]}``
``parquet``  a row of Hugging Face ``datasets``, with the      the same words, tags, and names
             names of the tags                                 of tags that no word has
===========  ================================================  =================================

Tags are IOB2. In ``spans`` the text is the words joined by one blank, and offsets count characters
(code points), half-open. The reader splits it with ``words.split_words``, which can give other
words; the text of each entity stays the same.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from datasets import Dataset, DatasetDict

from ner_core.data.corpus import sentences
from ner_core.data.readers.spans import is_encodable, shown
from ner_core.entities import as_text
from ner_core.errors import DataError
from ner_core.system import atomic
from ner_core.tags import OUTSIDE, decode, entity_types

FORMATS = ("conll", "jsonl", "spans", "parquet")
EXTENSIONS = {"conll": ".conll", "jsonl": ".jsonl", "spans": ".jsonl", "parquet": ".parquet"}

_BYTE_ORDER_MARK = "\ufeff"


class _Refusal(NamedTuple):
    """Words that the reader of a form would change, why, and the form to use instead."""

    words: re.Pattern[str]
    reason: str
    better: str


# No reader takes these as a word, see ``rows.checked_word``.
_BLANKS = _Refusal(
    re.compile(r"[ \t\n\r\f\v]|^\s*\Z"), "a word there has no blanks and is not empty", "spans"
)
_REFUSALS = {
    "conll": (
        _BLANKS,
        _Refusal(
            re.compile(r"\0|^-DOCSTART-|^#\s*global\.columns\s*="),
            "there it is a mark such as -DOCSTART-, or has a NUL",
            "jsonl",
        ),
    ),
    "jsonl": (_BLANKS,),
    "spans": (),
    "parquet": (_BLANKS,),
}


def write_split(split: Dataset, form: str, path: Path) -> None:
    """Write one split in the canonical shape to a new file, in a folder that is made if needed.

    Raises DataError if ``form`` is none of FORMATS, something is at ``path`` already, it cannot be
    written, or a sentence cannot be written in this form. ``path`` then stays as it was.
    """
    with _staged(form, path) as staging:
        _write(split, form, staging, path.name)


def write_corpus(dataset: DatasetDict, form: str, output: Path) -> list[Path]:
    """Write the splits of a corpus; return the files, in the order of the splits.

    A single split becomes the file ``output`` if that has an extension. Otherwise ``output``
    becomes a folder with a file for each split: ``train.conll``, ``validation.conll``,
    ``test.conll``. It appears when all of it is written, and may be an empty folder before. Raises
    DataError as ``write_split`` does, and if ``output`` is named like a file for several splits.
    """
    if len(dataset) == 1 and output.suffix:
        write_split(next(iter(dataset.values())), form, output)
        return [output]
    if output.suffix in EXTENSIONS.values():
        raise DataError(
            f"{len(dataset)} splits don't fit in one file, {output.name!r}. Leave out "
            f"{output.suffix} to name a folder."
        )
    with _staged(form, output, folder=True) as staging:
        staging.mkdir()
        names = {split: f"{split}{EXTENSIONS[form]}" for split in dataset}
        for split, name in names.items():
            _write(dataset[split], form, staging / name, name)
    return [output / name for name in names.values()]


@contextmanager
def _staged(form: str, path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Yield a place beside ``path`` to write to; rename it to ``path`` at the end."""
    if form not in FORMATS:
        raise DataError(f"There is no format {form[:40]!r}. Choose one of {', '.join(FORMATS)}.")
    try:
        _refuse_to_overwrite(path, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.staged(path, replace=False) as staging:
            yield staging
            _refuse_to_overwrite(path, folder)
    except OSError as error:
        raise _no_place(path, error.strerror or str(error)) from None


def _refuse_to_overwrite(path: Path, folder: bool) -> None:
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except ValueError as error:  # a NUL in the path, or what no file system can encode
        raise _no_place(path, str(error)) from None
    if not path.is_dir():
        found = "a file"
    elif not folder:
        found = "a folder"
    elif any(path.iterdir()):
        found = "a folder that is not empty"
    else:
        return
    raise DataError(
        f"There is already {found} at {str(path)[:200]!r}. Choose another name, or remove it first."
    )


def _no_place(path: Path, reason: str) -> DataError:
    return DataError(f"Can't write to {str(path)[:200]!r}: {reason}. Choose another place.")


def _write(split: Dataset, form: str, staging: Path, name: str) -> None:
    if "undecided" in split.column_names:
        partial = sum(map(bool, split["undecided"]))
        are = "sentence is" if partial == 1 else "sentences are"
        raise DataError(
            f"{partial:,} {are} annotated only in part, which {form} can't say. Finish "
            f"{'it' if partial == 1 else 'them'} first."
        )
    names = split.features["ner_tags"].feature.names
    for label in entity_types(names):
        _check_type(label, form, name)
    if form == "parquet":
        for _ in _sentences(split, form, name):
            pass  # only to raise for words that could not be read back
        # An open file, because datasets would take some paths for a URL or a pattern.
        with staging.open("wb") as file:
            split.to_parquet(file)
        return
    as_text = _AS_TEXT[form]
    with staging.open("w", encoding="utf-8", newline="") as file:
        for number, words, tags in _sentences(split, form, name):
            text = as_text(words, tags)
            # At the start of a file this character is not read as text.
            file.write("\n" + text if number == 1 and text[0] == _BYTE_ORDER_MARK else text)


def _sentences(split: Dataset, form: str, name: str) -> Iterator[tuple[int, list[str], list[str]]]:
    """Yield number, words and tags of each sentence; raise DataError if the form cannot hold it."""
    names = split.features["ner_tags"].feature.names
    for number, (words, numbers) in enumerate(sentences(split), 1):
        tags = [names[tag] for tag in numbers]
        try:
            _check_words(words, tags, form)
        except DataError as error:
            raise DataError(f"{name}, sentence {number}: {error}") from None
        yield number, words, tags


def _check_type(label: str, form: str, name: str) -> None:
    if label != label.strip() or not is_encodable(label):
        raise DataError(
            f"{name}: the entity type {shown(label)} has blanks around it, or half of a surrogate "
            "pair in it. Rename it."
        )
    no_label = label == OUTSIDE or re.match("[BIESLU]-.", label)
    if (form in ("conll", "spans") and re.search(r"[\s\0]", label)) or (
        form == "spans" and no_label
    ):
        raise DataError(
            f"{name}: the entity type {shown(label)} can't be written as {form}, which takes only "
            "types such as PER, without blanks. Write jsonl instead."
        )


def _check_words(words: list[str], tags: list[str], form: str) -> None:
    for refusal in _REFUSALS[form]:
        for word in words:
            if refusal.words.search(word):
                raise DataError(
                    f"{shown(word)} can't be written as {form}: {refusal.reason}. Write "
                    f"{refusal.better} instead."
                )
    if form == "spans":
        for span in decode(tags):
            entity = " ".join(words[span.start : span.end])
            if not entity.strip():
                raise DataError(
                    f"the entity {shown(entity)} can't be written as {form}, because it is only "
                    "white space. Write jsonl instead."
                )


def _as_conll(words: list[str], tags: list[str]) -> str:
    lines = (f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True))
    return "".join(lines) + "\n"


def as_tokens(words: list[str], tags: list[str]) -> str:
    """Return a sentence as a line of ``jsonl``, with its newline."""
    return _json_line({"tokens": words, "tags": tags})


def _as_spans(words: list[str], tags: list[str]) -> str:
    text, spans = as_text(words, decode(tags))
    return _json_line({"text": text, "spans": [span._asdict() for span in spans]})


_AS_TEXT: dict[str, Callable[[list[str], list[str]], str]] = {
    "conll": _as_conll,
    "jsonl": as_tokens,
    "spans": _as_spans,
}


def _json_line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
