"""Decisions from data that were annotated elsewhere, to be mended here, and from pushed sets."""

from collections.abc import Callable, Iterator

from ner_core.annotations import addresses, store
from ner_core.annotations.decision_lines import FILE, from_lines
from ner_core.annotations.decisions import Decision
from ner_core.counting import many
from ner_core.data.corpus import BATCH, gold_tags, load_as_it_is
from ner_core.data.hub.client import download, repository, size_of
from ner_core.data.readers.sentence import ReadOptions
from ner_core.data.sources import canonical_source
from ner_core.entities import as_written
from ner_core.errors import DataError
from ner_core.hub.repository_ids import has_hub_prefix, parse_dataset, without_hub_prefix
from ner_core.tags import decode

MOST_BYTES = 2**28
"""Of the decisions in a repository on the Hub: all of them are in memory while they are read."""


def decisions_from(
    source: str,
    options: ReadOptions | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Decision]:
    """Yield the sentences of any data as decisions; each stays in the part that it is in.

    The words are joined as people write them. Of a repository on the Hub that a set was pushed to
    (``publishing.dataset``), yield the decisions of that set, unless the name has a configuration;
    ``say`` gets a sentence about what of them can't be read. Raises a NerError if the data can't be
    read.
    """
    if address := addresses.parse(source):
        yield from store.get(address.set_id).read(address.size).decisions.values()
        return
    source = canonical_source(source)
    pushed = _pushed(without_hub_prefix(source), say) if has_hub_prefix(source) else []
    yield from pushed or _sentences(source, options)


def _pushed(name: str, say: Callable[[str], None]) -> list[Decision]:
    """Return the decisions of a set in a repository on the Hub, none if there is none.

    Raises DataError if they are too many, or the Hub refuses them.
    """
    dataset = parse_dataset(name)
    if dataset is None or dataset.config is not None:
        return []
    held = repository(dataset.repo, dataset.revision)
    if held is None or FILE not in held.files:
        return []
    if size_of(dataset.repo, held.commit, FILE) > MOST_BYTES:
        raise DataError(
            f"{FILE} of {name} is larger than {MOST_BYTES:,} bytes. Write "
            f"{name}:default to read its data instead."
        )
    with download(dataset.repo, held.commit, FILE).open("rb") as lines:
        decisions, damaged = from_lines(lines)
    if damaged and decisions:
        say(f"Left out {many(damaged, 'line')} of {FILE} in {name} that can't be read.")
    elif damaged:
        say(f"{FILE} in {name} has no decisions of NER Studio. Its data were read instead.")
    return decisions


def _sentences(source: str, options: ReadOptions | None) -> Iterator[Decision]:
    corpus = load_as_it_is(source, options)
    for part, split in corpus.dataset.items():
        # Without splits of its own, every fifth text is held out, as of any other set.
        own = part if len(corpus.dataset) > 1 else ""
        for batch in split.iter(batch_size=BATCH):
            names = gold_tags(batch, corpus.label_names)
            for words, tags in zip(batch["tokens"], names, strict=True):
                text, spans = as_written(words, decode(tags))
                yield Decision(text, tuple(spans), split=own)
