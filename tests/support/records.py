"""What readers yield, as text that can be compared and kept in golden files."""

from ner_core.data.readers.sentence import Fault


def render(records):
    """Write records one after the other: a head with line and document, then a word a line."""
    lines = []
    for record in records:
        if isinstance(record, Fault):
            lines += [f"! {record.code}, line {record.line}: {record.message}", ""]
            continue
        (line,) = set(record.lines)
        lines.append(f"# line {line}, document {record.document}")
        lines += [f"{word}\t{tag}" for word, tag in zip(record.tokens, record.tags, strict=True)]
        lines.append("")
    return "\n".join(lines)


def pairs(records):
    """Return sentences in short: "Ann B-PER | left O"; a fault as its message."""
    return [
        record.message
        if isinstance(record, Fault)
        else " | ".join(
            f"{word} {tag}" for word, tag in zip(record.tokens, record.tags, strict=True)
        )
        for record in records
    ]
