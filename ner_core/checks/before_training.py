"""What somebody should know before a run starts, of all that the data check finds."""

from collections.abc import Iterator
from pathlib import Path

from ner_core.checks import findings
from ner_core.checks.finding import Finding, SplitCounts
from ner_core.data.corpus import Corpus
from ner_core.models.head_change import HeadChange, labels_in
from ner_core.models.hub import located
from ner_core.models.sources import ModelSource

_SAID = frozenset({"unseen_type", "nothing_to_score", "lost_types"})


def warnings(corpus: Corpus, model: ModelSource, keep_types: bool) -> list[str]:
    """Return what makes the scores or the model of a run other than one expects, as sentences.

    ``keep_types`` is the setting of this name: with it no type is lost.
    Raises ModelError if the model's config.json can't be downloaded.
    """
    splits = {name: SplitCounts.of(split) for name, split in corpus.dataset.items()}
    lost = () if keep_types else lost_types(corpus, model)
    found = [*findings.types(corpus, splits), *lost]
    return [finding.message for finding in found if finding.code in _SAID]


def lost_types(corpus: Corpus, model: ModelSource) -> Iterator[Finding]:
    """Yield the entity types that a trained model knows and the data lack.

    Raises ModelError if its config.json can't be downloaded.
    """
    own = labels_in(Path(located(model, weights=False).location))
    change = HeadChange.of(own, corpus.label_names)
    if change and (message := change.warning(model.name)):
        yield Finding("warning", "lost_types", message, len(change.dropped))
