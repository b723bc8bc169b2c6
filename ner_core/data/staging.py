"""Write sentences to an Arrow file as they are read, and convert their tags afterwards.

The tag scheme of a file is known only when all of it was read. Until then its sentences are in an
Arrow file with their tags as written. A thousand rows are in memory at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
from datasets import Dataset, Features

from ner_core.data.readers.sentence import Sentence

_ROWS_AT_A_TIME = 1000
_SCHEMA = pa.schema(
    {
        "tokens": pa.list_(pa.string()),
        "tags": pa.list_(pa.int32()),
        "line": pa.int64(),
        "document": pa.int64(),
        "undecided": pa.list_(pa.int64()),
    }
)

Convert = Callable[[tuple[str, ...]], tuple[Sequence[int], int]]
"""Returns the numbers of a sentence's tags, and how many of the tags were invalid."""


class Staging:
    """A file of sentences: ``add`` each, ``close``, then ``convert``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.clear()

    def clear(self) -> None:
        """Delete all sentences."""
        self._numbers: dict[str, int] = {}  # of the tags as written, in the order they come
        self._waiting: list[Sentence] = []
        self._writer = pa.ipc.new_stream(str(self._path), _SCHEMA)

    def add(self, sentence: Sentence) -> None:
        """Add a sentence."""
        self._waiting.append(sentence)
        if len(self._waiting) == _ROWS_AT_A_TIME:
            self._write()

    def close(self) -> None:
        """Write what is left in memory; nothing can be added any more."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        rows, numbers = self._waiting, self._numbers
        columns = {
            "tokens": [row.tokens for row in rows],
            "tags": [[numbers.setdefault(tag, len(numbers)) for tag in row.tags] for row in rows],
            "line": [row.lines[0] for row in rows],
            "document": [row.document for row in rows],
            "undecided": [row.undecided for row in rows],
        }
        self._writer.write_batch(pa.RecordBatch.from_pydict(columns, schema=_SCHEMA))
        self._waiting = []

    def convert(
        self,
        path: Path,
        features: Features,
        convert: Convert,
        repaired: Callable[[Sentence, int], None],
    ) -> Dataset:
        """Write the sentences to ``path`` with their tags converted, and return it as a dataset.

        ``features`` are those of the columns of ``SplitData``. ``repaired`` is called with each
        sentence that had invalid tags, as written, and with their number.
        """
        schema = features.arrow_schema
        with pa.ipc.new_stream(str(path), schema) as writer, pa.memory_map(str(self._path)) as file:
            for batch in pa.ipc.open_stream(file):
                tags: list[int] = []
                for row, written in enumerate(self._tags(batch.column("tags"))):
                    numbers, count = convert(written)
                    tags += numbers
                    if count:
                        columns = batch.slice(row, 1).to_pylist()[0]
                        lines = [columns["line"]] * len(written)
                        repaired(Sentence(columns["tokens"], list(written), lines), count)
                offsets = batch.column("tags").offsets
                column = pa.ListArray.from_arrays(offsets, pa.array(tags, pa.int64()))
                converted = [
                    column if name == "ner_tags" else batch.column(name) for name in schema.names
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(converted, schema=schema))
        self._path.unlink()
        return Dataset.from_file(str(path))

    def _tags(self, column: pa.ListArray) -> Iterator[tuple[str, ...]]:
        names = list(self._numbers)
        written = [names[number] for number in column.values.to_pylist()]
        for start, end in pairwise(column.offsets.to_pylist()):
            yield tuple(written[start:end])
