"""An annotation set as data to learn from."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from ner_core.annotations import store
from ner_core.annotations.addresses import Address
from ner_core.annotations.decisions import Decision
from ner_core.data.readers.sentence import Fault, Record, Sentence
from ner_core.data.readers.spans import CharSpan, sentence_of
from ner_core.data.readers.text import shorten
from ner_core.data.split_source import SplitSource
from ner_core.errors import AnnotationError
from ner_core.words import Word, paragraphs

_PARTS = ("train", "validation", "test")


def pinned(address: Address) -> Address:
    """Return an address that always means the same data. Raises AnnotationError if it has none."""
    found = store.get(address.set_id)
    return address if address.size is not None else address._replace(size=found.size())


def sources(address: Address) -> dict[str, SplitSource]:
    """Return the splits of a set: train, validation (every fifth text) and those it came with.

    If all texts are held out, they are train. A paragraph of a text is a sentence, and a text is a
    document. Raises AnnotationError if there is no such set, or it has no text.
    """
    address = pinned(address)
    found = store.get(address.set_id)
    decisions = list(found.read(address.size).decisions.values())
    if not decisions:
        raise AnnotationError(f"The set {found.title} has no texts yet. Annotate some first.")
    return {
        part: SplitSource(
            found.title,
            "annotations",
            "text",
            partial(_records, of_part),
            partial(str, f"{address} {part}"),
        )
        for part, of_part in by_part(decisions).items()
        if of_part
    }


def by_part(decisions: Sequence[Decision]) -> dict[str, list[Decision]]:
    """Return decisions by the part of the data that they are in; if all are held out, as train."""
    found = {part: [one for one in decisions if one.part == part] for part in _PARTS}
    if not found["train"]:
        found["train"], found["validation"] = found["validation"], []
    return found


def _records(decisions: Sequence[Decision]) -> Iterator[Record]:
    for number, decision in enumerate(decisions, 1):
        spans = [CharSpan(*span) for span in decision.entities]
        for record in sentence_of(decision.text, spans, number, number):
            if isinstance(record, Sentence):
                yield from _paragraphs(decision, record)
            else:
                yield record


def _paragraphs(decision: Decision, sentence: Sentence) -> Iterator[Record]:
    """Yield the paragraphs of a text, as a model will see them, with what nobody decided on."""
    places: list[Word] = []
    for token in sentence.tokens:
        start = decision.text.index(token, places[-1].end if places else 0)
        places.append(Word(start, start + len(token)))
    number_of = {place: number for number, place in enumerate(places)}
    for part in paragraphs(decision.text, places):
        first, last = number_of[part[0]], number_of[part[-1]] + 1
        tags = sentence.tags[first:last]
        if tags[0].startswith("I-"):
            text = decision.text[part[0].start : part[-1].end]
            message = (
                "an entity goes on after a blank line or a cell's border, so it is read as two"
            )
            yield Fault("odd", sentence.lines[0], f"{message}. Mark each part.", shorten(text))
            tags[0] = f"B-{tags[0][2:]}"
        yield replace(
            sentence,
            tokens=sentence.tokens[first:last],
            tags=tags,
            lines=sentence.lines[first:last],
            undecided=() if decision.complete else tuple(_undecided(decision, part)),
        )


def _undecided(decision: Decision, words: Sequence[Word]) -> Iterator[int]:
    """Yield the words that are neither in an entity nor in a suggestion that was rejected."""
    decided = [one[:2] for one in decision.entities] + [one[:2] for one in decision.rejected]
    for number, word in enumerate(words):
        if not any(word.start < end and start < word.end for start, end in decided):
            yield number
