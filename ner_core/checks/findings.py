"""Find what is wrong with data: a function for each kind, with the places and what to do."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from ner_core.checks.finding import MOST_ROWS, Finding, SplitCounts, entities, places
from ner_core.counting import many
from ner_core.data.corpus import Corpus, sentences, too_few

FEW_EXAMPLES = 20


def repeated(corpus: Corpus) -> Iterator[Finding]:
    """Yield sentences that occur twice, with the same or other tags, and those of train that are
    also in validation or test.
    """
    seen: dict[str, dict[int, int]] = {}
    for name, split in corpus.dataset.items():
        tags_of: dict[int, int] = {}
        again: list[int] = []
        otherwise: list[int] = []
        for row, (words, numbers) in enumerate(sentences(split)):
            key, tagged = hash(tuple(words)), hash(tuple(numbers))
            if key in tags_of:
                (again if tags_of[key] == tagged else otherwise).append(row)
            else:
                tags_of[key] = tagged
        seen[name] = tags_of
        if otherwise:
            yield Finding(
                "warning",
                "conflict",
                f"{many(len(otherwise), 'sentence')} of {name} appeared there before with other "
                "tags. Correct the wrong ones.",
                len(otherwise),
                places(corpus, name, otherwise),
            )
        if again:
            yield Finding(
                "note",
                "duplicates",
                f"{many(len(again), 'sentence')} of {name} appeared there before.",
                len(again),
                places(corpus, name, again),
            )
    for name in ("validation", "test"):
        if name not in seen:
            continue
        leaked = [
            row
            for row, (words, _) in enumerate(sentences(corpus.dataset[name]))
            if len(words) > 1 and hash(tuple(words)) in seen["train"]
        ]
        if leaked:
            one = len(leaked) == 1
            message = (
                f"{many(len(leaked), 'sentence')} put aside for validation {_are(len(leaked))} "
                f"also in train, because the data repeat {'it' if one else 'them'}. Scores will "
                "look too good until you remove the repeats."
                if name == "validation" and corpus.cut_from_train
                else f"{many(len(leaked), f'{name} sentence')} {_are(len(leaked))} also in train, "
                f"so scores will look too good. Remove {'it' if one else 'them'} from one of the "
                "two."
            )
            yield Finding(
                "warning",
                "leak",
                message,
                len(leaked),
                places(corpus, name, leaked),
            )


def too_small(corpus: Corpus) -> Iterator[Finding]:
    """Yield that there is a single training sentence, of which none can be put aside."""
    if message := too_few(corpus):
        yield Finding("error", "one_sentence", message, 1)


def types(corpus: Corpus, splits: dict[str, SplitCounts]) -> Iterator[Finding]:
    """Yield entity types that have few examples, or are missing in some splits.

    A validation part without any entity is a finding too.
    """
    yield from _odd_types(corpus.entity_types)
    if not splits["train"].entities:
        yield Finding(
            "error",
            "no_entities",
            "The training part has no entities. Annotate some, or check the tag column.",
            1,
        )
        return
    if "validation" in splits and not splits["validation"].entities:
        yield Finding(
            "warning",
            "nothing_to_score",
            "validation has no entities, so there is nothing to score during training and the "
            "last model is kept. Annotate some of its sentences, or remove it to hold out a part "
            "of train instead.",
            1,
        )
    for label in corpus.entity_types:
        count = splits["train"].per_type[label]
        others = [name for name in splits if name != "train"]
        if not count:
            where = [name for name in others if splits[name].per_type[label]]
            yield Finding(
                "warning",
                "unseen_type",
                f"{label} is in {' and '.join(where)} but not in train, so the model can't learn "
                "it and each one counts as missed. Add examples to train, or remove it.",
                1,
            )
            continue
        if count < FEW_EXAMPLES:
            yield Finding(
                "warning",
                "few_examples",
                f"{label} has {many(count, 'example')} in train, and with fewer than "
                f"{FEW_EXAMPLES} a model hardly learns it. Annotate more, or leave it out.",
                count,
            )
        absent = [name for name in others if not splits[name].per_type[label]]
        if absent:
            yield Finding(
                "note",
                "absent_type",
                f"{label} doesn't occur in {' and '.join(absent)}, so it has no score there.",
                len(absent),
            )


def _odd_types(labels: Iterable[str]) -> Iterator[Finding]:
    """Yield types that are written in two ways, and those that are named as words outside are."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for label in labels:
        alike[label.casefold()].append(label)
    for found in alike.values():
        if len(found) > 1:
            yield Finding(
                "warning",
                "case",
                f"{' and '.join(found)} differ only in capital letters, and count as separate "
                "types. Write them alike if they mean the same.",
                len(found),
            )
    for label in alike.get("o", []):
        yield Finding(
            "warning",
            "type_o",
            f"{label} is an entity type here, but O by itself marks words outside entities. "
            "Rename the type, or correct its tags.",
            1,
        )


def ambiguous(corpus: Corpus) -> Iterator[Finding]:
    """Yield names that are annotated with different types, the most frequent first."""
    labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    first: dict[tuple[str, str], tuple[str, int]] = {}
    for split in corpus.dataset:
        for row, words, spans in entities(corpus, split):
            for span in spans:
                name = " ".join(words[span.start : span.end])
                labels[name][span.label] += 1
                first.setdefault((name, span.label), (split, row))
    several = {name: found for name, found in labels.items() if len(found) > 1}
    if not several:
        return
    order = sorted(several, key=lambda name: (-several[name].total(), name))
    rows = []
    for name in order[:MOST_ROWS]:
        rarest = min(several[name], key=lambda label: (several[name][label], label))
        split, row = first[name, rarest]
        (place,) = places(corpus, split, [row])
        used = ", ".join(f"{label} {count:,}" for label, count in several[name].most_common())
        rows.append({**place, "text": f"{name[:80]}: {used}"})
    yield Finding(
        "note",
        "ambiguous",
        f"{many(len(several), 'name')} {_are(len(several))} annotated with more than one type. "
        "Check whether they really have several meanings; the line shown is the first with the "
        "rarest type.",
        len(several),
        rows,
    )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
