"""HTML of a data check: what the data hold, what is wrong with them, and how they are read."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from ner_core.render.colours import EntityColours
from ner_studio.base.markup import dot, empty, error, escape, marked_spans, table
from ner_studio.base.setting_fields import in_page_words

if TYPE_CHECKING:
    from ner_core.checks.finding import Finding
    from ner_core.checks.report import CheckReport

_LEVELS = {"error": "Error", "warning": "Warning", "note": "Note"}

NOT_CHOSEN = empty("Choose data on the left: what is in them is shown here before anything starts.")
READING = '<p class="ner-quiet" role="status">Reading the data …</p>'


def data_summary(report: "CheckReport") -> str:
    """Return the counts of a report, its findings, examples, and lengths in sub-tokens."""
    types = sorted({label for counts in report.splits.values() for label in counts.per_type})
    colours = EntityColours(types)
    return "".join(
        (
            _counts(report, types, colours),
            _origin(report),
            _findings(report.findings),
            _examples(report.examples, colours),
            _encoder(report.encoder),
        )
    )


def blocked(report: "CheckReport") -> str:
    """Return why training cannot start with these data, as HTML; empty if it can."""
    if not report.errors:
        return ""
    message = in_page_words(report.errors[0].message)
    return f'<div data-about="data">{error(message)}</div>'


def _counts(report: "CheckReport", types: list[str], colours: EntityColours) -> str:
    splits = report.splits
    rows: list[tuple[str, ...]] = [
        ("Sentences", *(f"{counts.sentences:,}" for counts in splits.values())),
        ("Tokens", *(f"{counts.tokens:,}" for counts in splits.values())),
        ("Entities", *(f"{counts.entities:,}" for counts in splits.values())),
    ]
    rows += [
        (
            dot(label, colours) + escape(label),
            *(f"{row.per_type[label]:,}" for row in splits.values()),
        )
        for label in types
    ]
    return table(("", *splits), rows, label="Data")


def _origin(report: "CheckReport") -> str:
    formats = ", ".join(sorted(set(report.formats.values())))
    return f'<p class="ner-quiet">{escape(formats)}; tags: {escape(report.scheme)}</p>'


def _findings(findings: "list[Finding]") -> str:
    """Return the findings: errors at once, since they stop the start; the others folded."""
    if not findings:
        return '<p class="ner-quiet">No problems found.</p>'
    errors = [finding for finding in findings if finding.level == "error"]
    others = [finding for finding in findings if finding.level != "error"]
    shown = _list(errors, "Errors") if errors else ""
    if not others:
        return shown
    return (
        f'{shown}<details class="ner-more ner-findings"><summary>{_count(others)}</summary>'
        f"{_list(others, 'Findings')}</details>"
    )


def _list(findings: "list[Finding]", label: str) -> str:
    items = "".join(
        f'<li class="{finding.level}"><b>{_LEVELS[finding.level]}</b> '
        f"{escape(in_page_words(finding.message))}{_places(finding)}</li>"
        for finding in findings
    )
    return f'<ul class="ner-list" aria-label="{label}">{items}</ul>'


def _count(findings: "list[Finding]") -> str:
    """Return how many findings of each level there are, such as "2 warnings, 1 note"."""
    counts = Counter(finding.level for finding in findings)
    return ", ".join(
        f"{counts[level]} {level}{'' if counts[level] == 1 else 's'}"
        for level in ("warning", "note")
        if counts[level]
    )


def _places(finding: "Finding") -> str:
    if not finding.rows:
        return ""
    rows = "".join(
        f"<li><code>{escape(row['source'])}, {row['unit']} {row['line']:,}</code>: "
        f"{escape(in_page_words(row['text']))}</li>"
        for row in finding.rows
    )
    shown, count = len(finding.rows), finding.count
    title = f"Show {'the first ' if shown < count else ''}{shown}" if count > 1 else "Show it"
    return f"<details><summary>{title}</summary><ol>{rows}</ol></details>"


def _examples(examples: list[dict[str, Any]], colours: EntityColours) -> str:
    if not examples:
        return ""
    texts = "".join(
        marked_spans(example["text"], example["entities"], colours) for example in examples
    )
    return f'<details class="ner-more" open><summary>How it is annotated</summary>{texts}</details>'


def _encoder(encoder: dict[str, Any] | None) -> str:
    if encoder is None:
        return ""
    figures = (
        f"{encoder['model']} reads a sentence as {encoder['median']:.0f} sub-tokens (median), "
        f"{encoder['p95']:.0f} or fewer in 95 of 100, {encoder['longest']:,} at most; its window "
        f"is {encoder['max_length']}, so {encoder['sentences']:,} sentences become "
        f"{encoder['windows']:,} windows."
    )
    rows = [
        (escape(row["sub_token"]), escape(row["word"]), escape(row["label"] or "–"))
        for row in encoder["alignment"]
    ]
    aligned = table(("Sub-token", "Word", "Label"), rows, label="Alignment", text_columns=(1, 2))
    return (
        '<details class="ner-more"><summary>How the encoder reads it</summary>'
        f'<p class="ner-quiet">{escape(figures)}</p>{aligned if rows else ""}</details>'
    )
