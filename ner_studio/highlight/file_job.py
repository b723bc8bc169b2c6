"""Find the entities of a file of texts, with its progress, and write them to files.

The results are in a folder whose name can't be guessed, among the files that Gradio serves.
"""

import os
import re
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from ner_core.data.texts import Texts, other_columns, read_rows, read_texts
from ner_core.errors import DataError
from ner_core.inference.progress import predict_in_steps
from ner_core.render.colours import EntityColours
from ner_core.render.files import FILE_FORMATS, EntityWriter, open_for, renaming
from ner_studio.base.durations import duration
from ner_studio.base.markup import escape
from ner_studio.base.theme import colour_class
from ner_studio.state.predictors import MODELS

MOST_BYTES = 20 * 2**20
MOST_TEXTS = 100_000
MOST_CHARACTERS = 5_000_000
"""Of one text: all its words are in memory, and Cancel has to wait until they are written."""

STEP_SECONDS = 0.4
KEPT_SECONDS = 3600.0

_FOLDER = "ner-entities-"
_MOST_TYPES = 24
_COMMAND = "`python -m ner_core predict --file`, which has no limit"

TEMPLATE = """
<section class="ner-job" aria-label="Work on the file" data-state="${value.state}">
  <div class="ner-bar" role="progressbar" aria-label="Progress of the file" aria-valuemin="0"
    aria-valuemax="100" aria-valuenow="${value.percent}">
    <div style="width: ${value.percent}%"></div></div>
  <div class="ner-facts">${value.facts}</div>
  <ul class="ner-legend" aria-label="Found so far">${value.counts}</ul>
  <div role="status">${value.message}</div>
</section>
"""


class FileJob:
    """The work on one file: count its texts, find their entities, write the results."""

    def __init__(self, file: Path, column: str | None, whole: bool, folder: Path) -> None:
        self.folder = folder
        self._file = file
        self._wanted = file, column, whole
        stem = re.sub("[^A-Za-z0-9]+", "-", file.stem).strip("-")[:60]
        self.files = [folder / f"{stem or 'texts'}-entities.{form}" for form in FILE_FORMATS]
        self._texts = self._all_texts = 0
        self._characters = self._all_characters = 0
        self._counts: Counter[str] = Counter()
        self._types: Sequence[str] = ()
        self._notes: list[str] = []
        self._began = time.monotonic()

    def run(self, model: str, label_names: Sequence[str]) -> Iterator[dict[str, str]]:
        """Yield the state of the work every ``STEP_SECONDS``. Raises NerError and OSError."""
        check_size(self._file)
        self.folder.mkdir(parents=True, mode=0o700)
        yield state("working", message=sentence("Reading the file …"))
        blank = True
        for text in read_texts(*self._wanted):
            self._count(text)
            blank = blank and not text.strip()
        if blank:
            raise DataError(
                f"{self._file.name} is empty: there is no text in it. Choose another file."
            )
        yield state("working", message=sentence("Loading the model …"))
        predictor = MODELS.get(model, label_names)
        self._types = predictor.entity_types
        self._began = time.monotonic()
        with ExitStack() as stack:
            writers = []
            columns = other_columns(*self._wanted[:2])
            for path, form in zip(self.files, FILE_FORMATS, strict=True):
                file = stack.enter_context(open_for(path, form))
                writer = EntityWriter(file, form, self._types, self._file.name, columns)
                writers.append(stack.enter_context(writer))
            texts = Texts(read_rows(*self._wanted))
            for step in predict_in_steps(predictor, texts, seconds=STEP_SECONDS):
                for text, entities in step.texts:
                    others = texts.next_others()
                    for writer in writers:
                        writer.write(text, entities, others)
                    self._texts += 1
                self._counts.update(entity.label for entity in step.found)
                self._characters += step.characters
                yield self._now()
            for form, writer in zip(FILE_FORMATS, writers, strict=True):
                if writer.renamed:
                    result = f"the {form.upper()} file"
                    self._notes.append(renaming(writer.renamed, self._file.name, result))

    def finished(self) -> dict[str, str]:
        """Return the state after the last text."""
        os.utime(self.folder)  # it is kept for an hour from now on
        spent = time.monotonic() - self._began
        took = ("Took", duration(spent) if spent >= 1 else "less than 1 s")
        ready = "".join(map(sentence, [*self._notes, "Ready to download:"]))
        return state("done", 100, self._facts(took), self._counts, ready, self._types)

    def _count(self, text: str) -> None:
        """Count a text before the work begins. Raises DataError if a limit is passed."""
        self._all_texts += 1
        self._all_characters += len(text) + 1
        if self._all_texts > MOST_TEXTS:
            raise DataError(
                f"{self._file.name} has more than {MOST_TEXTS:,} texts, the limit of this page. "
                f"Split the file, or use {_COMMAND}."
            )
        if len(text) > MOST_CHARACTERS:
            raise DataError(
                f"Text {self._all_texts:,} of {self._file.name} has {len(text):,} characters, and "
                f"this page reads at most {MOST_CHARACTERS:,}. Split it, or use {_COMMAND}."
            )

    def _now(self) -> dict[str, str]:
        spent = time.monotonic() - self._began
        left = spent * (self._all_characters / self._characters - 1)
        percent = 100 * self._characters / self._all_characters
        facts = self._facts(("Time left", duration(left)))
        return state("working", percent, facts, self._counts, types=self._types)

    def _facts(self, last: tuple[str, str]) -> list[tuple[str, str]]:
        return [
            ("Texts", f"{self._texts:,} of {self._all_texts:,}"),
            ("Entities", f"{sum(self._counts.values()):,}"),
            last,
        ]


def state(
    name: str,
    percent: float = 0,
    facts: Sequence[tuple[str, str]] = (),
    counts: Mapping[str, int] | None = None,
    message: str = "",
    types: Sequence[str] = (),
) -> dict[str, str]:
    """Return the values of the template, all of them escaped; ``message`` is HTML.

    ``types`` are all types of the model, so that each keeps its colour.
    """
    colours = EntityColours(types)
    found = sorted((counts or {}).items(), key=lambda item: (-item[1], item[0]))
    chips = [
        f'<li class="{colour_class(label, colours)}">{escape(label)} <b>{number:,}</b></li>'
        for label, number in found[:_MOST_TYPES]
    ]
    if len(found) > _MOST_TYPES:
        chips.append(f"<li>{len(found) - _MOST_TYPES} more types</li>")
    return {
        "state": name,
        "percent": f"{percent:.1f}",
        "facts": "".join(f"<span>{key} <b>{escape(value)}</b></span>" for key, value in facts),
        "counts": "".join(chips),
        "message": message,
    }


def sentence(text: str) -> str:
    """Return a line of text in the style of hints."""
    return f'<p class="ner-quiet">{escape(text)}</p>'


def check_size(file: Path) -> None:
    """Raise DataError if a file is too large for a page."""
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise DataError(
            f"The file has {size / 2**20:.1f} MB, and this page reads at most "
            f"{MOST_BYTES // 2**20} MB. Split the file, or use {_COMMAND}."
        )


def drop(folder: str) -> None:
    """Delete the results of a job, if there are any."""
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def new_folder(place: Path) -> Path:
    """Return the path of a folder that can't be guessed; delete the folders that have expired."""
    for folder in place.glob(f"{_FOLDER}*"):
        try:
            old = time.time() - folder.stat().st_mtime > KEPT_SECONDS
        except OSError:  # deleted by another visitor's request
            continue
        if old:
            drop(str(folder))
    return place / (_FOLDER + secrets.token_urlsafe(24))
