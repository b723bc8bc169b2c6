"""The data check: what the data contain, and what is wrong with them, before training."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ner_core.checks import before_training, findings, reader_findings, tokenization
from ner_core.checks.finding import Finding, SplitCounts, entities
from ner_core.data.corpus import Corpus, load_data
from ner_core.data.readers.sentence import ReadOptions
from ner_core.entities import as_text
from ner_core.models.sources import find_model

EXAMPLES = 3


@dataclass(frozen=True)
class CheckReport:
    """The result of a check; ``as_json`` is what ``check --json`` prints.

    ``scheme`` names the tag schemes of the splits, ``formats`` has the format of each. ``splits``
    has the counts of each, ``findings`` what is wrong or was decided, errors first. ``examples``
    are the first sentences of train that have entities: ``text`` (words joined by blanks) and
    ``entities`` (``start`` and ``end`` in characters, half-open, and ``label``). ``encoder`` has
    the figures of ``tokenization.measure``, None if no model was given.
    """

    source: str
    scheme: str
    formats: dict[str, str]
    splits: dict[str, SplitCounts]
    findings: list[Finding]
    examples: list[dict[str, Any]] = field(default_factory=list)
    encoder: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON types."""
        return asdict(self)

    @property
    def errors(self) -> list[Finding]:
        """The findings that prevent training."""
        return [finding for finding in self.findings if finding.level == "error"]


def check_data(
    source: str,
    seed: int = 42,
    options: ReadOptions | None = None,
    model: str | None = None,
    folders: bool = True,
) -> CheckReport:
    """Return what a source contains and what is wrong with it.

    ``source``, ``seed`` and ``options`` are those of ``load_data``; rows that cannot be read become
    findings. With ``model`` the report also tells how the tokenizer of that encoder reads the data:
    lengths in sub-tokens, windows, unknown words. If ``folders`` is false, ``model`` is never taken
    for a path.

    Raises DataError if no row can be read, ModelError if there is no such model.

    >>> check_data("sample").splits["train"].sentences
    3467
    """
    return check_corpus(load_data(source, seed, options, strict=False), model, folders)


def check_corpus(corpus: Corpus, model: str | None = None, folders: bool = True) -> CheckReport:
    """Return the report on data that were loaded already; see ``check_data``."""
    splits = {name: SplitCounts.of(split) for name, split in corpus.dataset.items()}
    found = [
        *reader_findings.faults(corpus),
        *reader_findings.remarks(corpus),
        *findings.too_small(corpus),
        *findings.repeated(corpus),
        *findings.types(corpus, splits),
        *findings.ambiguous(corpus),
        *(Finding("note", "decided", note, 1) for note in corpus.notes),
    ]
    encoder = None
    if model is not None:
        found += before_training.lost_types(corpus, find_model(model, folders))
        measured = tokenization.measure(corpus, model, folders)
        encoder = measured.as_json()
        found += measured.findings(corpus)
    order = ("error", "warning", "note")
    found.sort(key=lambda finding: order.index(finding.level))
    return CheckReport(
        source=corpus.source,
        scheme=", ".join(sorted(set(corpus.schemes.values()))),
        formats={name: split.format for name, split in corpus.sources.items()},
        splits=splits,
        findings=found,
        examples=_examples(corpus),
        encoder=encoder,
    )


def _examples(corpus: Corpus) -> list[dict[str, Any]]:
    """Return the first sentences with entities, as text and spans of characters."""
    examples: list[dict[str, Any]] = []
    for _, words, spans in entities(corpus, "train"):
        text, places = as_text(words, spans)
        examples.append({"text": text, "entities": [place._asdict() for place in places]})
        if len(examples) == EXAMPLES:
            break
    return examples
