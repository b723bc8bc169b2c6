"""Decisions from data that were annotated elsewhere, to be mended here."""

from collections.abc import Iterator

from ner_core.annotations import addresses, store
from ner_core.annotations.decisions import Decision
from ner_core.data.corpus import BATCH, gold_tags, load_as_it_is
from ner_core.data.readers.sentence import ReadOptions
from ner_core.entities import as_written
from ner_core.tags import decode


def decisions_from(source: str, options: ReadOptions | None = None) -> Iterator[Decision]:
    """Yield the sentences of any data as decisions; each stays in the part that it is in.

    The words are joined as people write them. Raises a NerError if the data can't be read.
    """
    if address := addresses.parse(source):
        yield from store.get(address.set_id).read(address.size).decisions.values()
        return
    corpus = load_as_it_is(source, options)
    for part, split in corpus.dataset.items():
        # Without splits of its own, every fifth text is held out, as of any other set.
        own = part if len(corpus.dataset) > 1 else ""
        for batch in split.iter(batch_size=BATCH):
            names = gold_tags(batch, corpus.label_names)
            for words, tags in zip(batch["tokens"], names, strict=True):
                text, spans = as_written(words, decode(tags))
                yield Decision(text, tuple(spans), split=own)
