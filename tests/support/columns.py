"""Readers whose words may stand in lines of their own, held against golden files."""

from ner_core.data.readers.sentence import Fault, ReadOptions
from tests.support.places import GOLDEN


def render(records):
    """Write records one after the other: a head with the document, then line, word and tag."""
    lines = []
    for record in records:
        if isinstance(record, Fault):
            lines.append(f"! {record.code}, line {record.line}: {record.message} [{record.text}]")
        else:
            lines.append(f"# document {record.document}")
            words = zip(record.lines, record.tokens, record.tags, strict=True)
            lines += [f"{line}\t{word}\t{tag}" for line, word, tag in words]
        lines.append("")
    return "\n".join(lines)


def golden(prefix):
    """Name the golden files of a format."""
    return sorted(
        path.name for path in GOLDEN.glob(f"{prefix}_*") if not path.name.endswith(".records.txt")
    )


def read_golden(name, read):
    """Read a golden file; give what was found, and what was expected."""
    path = GOLDEN / name
    found = render(read(path, ReadOptions()))
    return found, path.with_suffix(".records.txt").read_text(encoding="utf-8")
