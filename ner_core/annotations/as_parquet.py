"""An annotation set as Parquet files, a row a text, which ``datasets`` and this project read.

The columns: ``tokens`` and ``ner_tags`` (IOB2, a ClassLabel), as the canonical data have them, the
``text`` itself, and its entities as ``spans`` (``start``, ``end``, ``label``) in characters of it.
"""

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow
import pyarrow.parquet
from datasets import ClassLabel, Features, List, Value

from ner_core.annotations.as_data import by_part
from ner_core.annotations.decisions import Contents, Decision
from ner_core.data.readers.sentence import Sentence
from ner_core.data.readers.spans import CharSpan, sentence_of
from ner_core.tags import label_names


@dataclass(frozen=True)
class Rows:
    """The rows of each split, of which there is at least train, and how many texts are in none.

    ``partial`` texts were annotated only in part: in a table without a word for that, what nobody
    decided on would be outside of entities. ``unreadable`` ones have no words, or no such entities.
    """

    splits: Mapping[str, list[dict[str, Any]]]
    types: tuple[str, ...]
    partial: int
    unreadable: int

    def counts(self, split: str) -> Counter[str]:
        """Return the number of entities of each type in a split."""
        return Counter(span["label"] for row in self.splits[split] for span in row["spans"])


def rows_of(contents: Contents) -> Rows:
    """Return the texts of a set that were decided on in full, as rows."""
    complete = [one for one in contents.decisions.values() if one.complete]
    readable = [(one, row) for one in complete if (row := _row(one)) is not None]
    row_of = {one.id: row for one, row in readable}
    parts = by_part([one for one, _ in readable])
    return Rows(
        {
            part: [row_of[one.id] for one in decisions]
            for part, decisions in parts.items()
            if decisions or part == "train"
        },
        tuple(sorted({tag[2:] for row in row_of.values() for tag in row["ner_tags"]} - {""})),
        len(contents.decisions) - len(complete),
        len(complete) - len(readable),
    )


def parquet(rows: Iterable[Mapping[str, Any]], types: Iterable[str]) -> bytes:
    """Return rows as a Parquet file; ``types`` are those of all splits, so that numbers agree."""
    names = label_names(types)
    span = {"start": Value("int64"), "end": Value("int64"), "label": Value("string")}
    schema = Features(
        {
            "tokens": List(Value("string")),
            "ner_tags": List(ClassLabel(names=names)),
            "text": Value("string"),
            "spans": List(span),
        }
    ).arrow_schema
    number_of = {name: number for number, name in enumerate(names)}
    numbered = [{**row, "ner_tags": [number_of[tag] for tag in row["ner_tags"]]} for row in rows]
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(numbered, schema), file)
    return file.getvalue()


def _row(decision: Decision) -> dict[str, Any] | None:
    """Return the row of a text, None if it has no words, or its entities cannot be read."""
    spans = (CharSpan(*span) for span in decision.entities)
    found = [one for one in sentence_of(decision.text, spans, 1) if isinstance(one, Sentence)]
    if not found:
        return None
    return {
        "tokens": found[0].tokens,
        "ner_tags": found[0].tags,
        "text": decision.text,
        "spans": [span._asdict() for span in decision.entities],
    }
