"""The command ``predict``: the entities of a text, of a file, or of stdin."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from ner_core.cli import output
from ner_core.cli.arguments import MODEL, add_model_settings, names
from ner_core.data.text_tables import TextRow
from ner_core.data.texts import Texts, other_columns, read_rows, read_texts
from ner_core.entities import Entity
from ner_core.errors import ConfigError, DataError
from ner_core.inference.progress import Step, predict_in_steps
from ner_core.render.files import EntityWriter, open_for, renaming
from ner_core.system import atomic

_Write = Callable[[str, Sequence[Entity], Mapping[str, Any]], object]

_FORMATS = ("json", "conll", "table", "csv", "html")
_OF_ENDING = {".csv": "csv", ".conll": "conll", ".html": "html", ".htm": "html"}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of ``predict``."""
    command.add_argument("--model", default="starter", help=f"{MODEL}; default: starter")
    add_model_settings(command)
    command.add_argument("text", nargs="?", help="the text; without it stdin is read")
    command.add_argument(
        "--file", type=Path, help="texts: a line each, a column of .csv or .tsv, or .jsonl"
    )
    command.add_argument(
        "--text-column", metavar="C", help="the column of the texts, or their key in .jsonl"
    )
    command.add_argument(
        "--whole", action="store_true", help="read a --file of lines as one text, not line by line"
    )
    command.add_argument(
        "--format", choices=_FORMATS, help="default: json for a file, table for one text"
    )
    command.add_argument("--threshold", type=float, default=0.0, help="least score, 0 to 1")
    command.add_argument("--labels", metavar="PER,ORG", help="only entities of these types")
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="a new file; its ending decides the format"
    )


def predict(options: argparse.Namespace) -> int:
    """Find entities in a text, in a file of texts, or in stdin."""
    _check(options)
    from ner_core.inference.predictor import Predictor  # late: loads torch

    style = _style(options)
    progress = _shows_progress(options)
    total = None
    columns: Sequence[str] = ()
    if options.file is None:
        text = options.text if options.text is not None else _piped()
        texts = Texts([TextRow(text, {})])
    else:
        wanted = options.file, options.text_column, options.whole
        # A progress bar needs the number of texts: the file is read once more, which also finds
        # its errors early. In a pipe the first results matter more.
        if progress:
            total = sum(1 for _ in read_texts(*wanted))
        texts = Texts(_begun(read_rows(*wanted)))
        # A table names its columns in its first line.
        columns = other_columns(*wanted[:2]) if style == "csv" else ()
    predictor = Predictor.load(options.model, names(options.model_labels), options.precision)
    results = predict_in_steps(
        predictor, texts, options.threshold, names(options.labels), options.batch_size
    )
    if options.file is not None and progress:
        results = _with_bar(results, total)
    title = options.file.name if options.file is not None else "Entities"

    def write(file: TextIO) -> Counter[str]:
        with _writer(style, file, predictor.entity_types, title, columns) as write_text:
            return _write(results, texts, write_text, file)

    if options.output is None:
        write(sys.stdout)
        return 0
    with _new_file(options.output, style) as file:
        counts = write(file)
    document = {"file": str(options.output), "entities": dict(sorted(counts.items()))}
    summary = f"{options.output}: {sum(counts.values()):,} entities"
    output.emit(options.json, document, lambda: summary)
    return 0


def _check(options: argparse.Namespace) -> None:
    """Raise ConfigError for arguments that do not go together, before anything is loaded."""
    if not 0 <= options.threshold <= 1:
        raise ConfigError(f"--threshold must be a number from 0 to 1, not {options.threshold}.")
    if options.text is not None and options.file is not None:
        raise ConfigError("There are both a text and --file. Leave one of them out.")
    if options.text is None and options.file is None and sys.stdin.isatty():
        raise ConfigError("There is no text to read. Give one, or a file with --file.")
    if options.text_column is not None and options.file is None:
        raise ConfigError(
            "--text-column needs a file with columns, but there is no --file. Give one."
        )
    if options.whole and options.file is None:
        raise ConfigError("--whole needs a file of lines, but there is no --file. Give one.")


def _style(options: argparse.Namespace) -> str:
    """Return the format to write: the one asked for, else that of the file's ending."""
    if options.format:
        return str(options.format)
    if options.output is not None:
        return _OF_ENDING.get(options.output.suffix.lower(), "json")
    return "json" if options.json or options.file is not None else "table"


def _begun(rows: Iterator[TextRow]) -> Iterator[TextRow]:
    """Read the first text now, so that a file with an error is refused before a model is loaded."""
    return chain(list(islice(rows, 1)), rows)


def _piped() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise DataError(
            f"stdin: the byte 0x{error.object[error.start]:02x} is not UTF-8 text. Convert it to "
            "UTF-8."
        ) from None


def _shows_progress(options: argparse.Namespace) -> bool:
    """Return whether a progress bar can be shown and nothing else is printed in its line."""
    return sys.stderr.isatty() and (options.output is not None or not sys.stdout.isatty())


def _with_bar(results: Iterable[Step], total: int | None) -> Iterator[Step]:
    """Yield the results and show on stderr how many texts are done."""
    with tqdm(total=total, unit="text", file=sys.stderr, dynamic_ncols=True) as bar:
        for step in results:
            yield step
            bar.update(len(step.texts))


def _write(results: Iterable[Step], texts: Texts, write: _Write, file: TextIO) -> Counter[str]:
    """Write the entities of texts as they come; return how many of each type there were."""
    counts: Counter[str] = Counter()
    for step in results:
        for text, entities in step.texts:
            write(text, entities, texts.next_others())
            counts.update(entity.label for entity in entities)
        file.flush()  # the reader of a pipe gets a step as soon as it is done
    return counts


@contextmanager
def _writer(
    style: str, file: TextIO, types: Sequence[str], title: str, columns: Sequence[str]
) -> Iterator[_Write]:
    """Yield the function that writes the entities of one text."""
    if style == "table":
        yield lambda _, entities, __: file.write(output.entity_table(entities) + "\n")
        return
    with EntityWriter(file, _form(style), types, title, columns) as writer:
        yield writer.write
    if note := renaming(writer.renamed, title):
        output.say(f"note: {note}")


def _form(style: str) -> str:
    return "jsonl" if style == "json" else style


@contextmanager
def _new_file(path: Path, style: str) -> Iterator[TextIO]:
    """Yield a file that appears at ``path`` once it is complete. Raises DataError if it cannot."""
    with ExitStack() as stack:
        with _place_explained(path):
            if path.is_dir() or path.exists():
                raise DataError(
                    f"--output can't be written to {str(path)[:200]!r}: there is already "
                    f"{'a folder' if path.is_dir() else 'a file'}. Choose another name, or remove "
                    "it first."
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            staging = stack.enter_context(atomic.staged(path, replace=False))
            file = open_for(staging, _form(style))
        with file:
            yield file
        with _place_explained(path):
            stack.close()


@contextmanager
def _place_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(
            f"--output can't be written to {str(path)[:200]!r}: {reason}. Choose another place."
        ) from None
