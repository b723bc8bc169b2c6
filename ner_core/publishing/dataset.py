"""Publishing an annotation set to the Hub: as a dataset, from which it can be opened again."""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ner_core.annotations.annotation_set import AnnotationSet
from ner_core.annotations.as_parquet import parquet, rows_of
from ner_core.annotations.decision_lines import FILE, to_lines
from ner_core.errors import PublishError
from ner_core.hub.cards import CARD
from ner_core.hub.failures import Writing, explained
from ner_core.hub.repository_ids import check_repository
from ner_core.publishing.card.dataset_card import SetFacts, dataset_card, kept
from ner_core.publishing.commit import Shipment, Wish, push
from ner_core.publishing.outcome import Progress, Published
from ner_core.publishing.scrub import public_name

_DATA = re.compile(r"data/(?:train|validation|test)-\d{5}-of-\d{5}\.parquet")


def publish_set(
    found: AnnotationSet,
    repo: str,
    *,
    token: str | None = None,
    private: bool | None = None,
    pull_request: bool = False,
    message: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Published:
    """Push an annotation set to the Hub as a dataset; the set stays as it is.

    Args:
        found: a set with at least one text.
        repo: the repository, OWNER/NAME. One that is not there is made.
        token: the token to write with; None for the one that is stored on this machine.
        private: whether the repository is to be private, which is refused if it is there and is
            not so; None to leave one that is there as it is, and to make a new one private.
        pull_request: propose the commit instead, also in somebody else's repository.
        message: the commit message; None for one with the set's id.
        progress: called with each phase, see ``Progress``.

    The repository has the texts that were decided on in full as Parquet, a file a split; the last
    decision on each text as JSON Lines, from which ``annotations.importing`` makes the same set;
    the set's ``guideline.md``, if it has one; and a dataset card. What was undone or decided
    otherwise before is in none of them, nor is a path of this machine or the owner's name. The card
    of a repository that is there is replaced as that of a model, see ``push.publish``.

    Raises PublishError, with what happened and what to do, for whatever the Hub or the network
    refuses, and for a set without texts; AnnotationError if the set can't be read.
    """
    repo = check_repository(repo, "a dataset")
    with explained(Writing(repo, pull_request, f"the files of the set {found.id}")):
        contents = found.read()
        if not contents.decisions:
            raise PublishError(f"The set {found.title} has no texts yet. Annotate some first.")
        rows = rows_of(contents)
        decisions = tuple(
            replace(one, model=public_name(one.model)) for one in contents.decisions.values()
        )
        files_of = {split: f"data/{split}-00000-of-00001.parquet" for split in rows.splits}
        files: dict[str, Path | bytes] = {
            path: parquet(rows.splits[split], rows.types) for split, path in files_of.items()
        }
        files[FILE] = to_lines(decisions)
        guideline = found.guideline_path
        if guideline.is_file():
            files[guideline.name] = guideline.read_bytes()
        facts = SetFacts(
            repo,
            found.title,
            decisions,
            rows,
            files_of,
            guideline.name if guideline.name in files else "",
        )

        def compose(before: Mapping[str, Any]) -> Shipment:
            updated = replace(facts, before=before)
            pushed = {**files, CARD: dataset_card(updated).encode()}
            return Shipment(pushed, tuple(sorted(kept(updated))), partial(_outdated, pushed=pushed))

        title = (message or "").strip() or f"Publish annotation set {found.id}"
        size = sum(len(content) for content in files.values() if isinstance(content, bytes))
        wish = Wish(repo, "dataset", title, token, private, pull_request, size, progress)
        return push(wish, compose)


def _outdated(there: Iterable[str], pushed: Container[str]) -> list[str]:
    """Return the data files of an earlier push for splits that the set has no more."""
    return [name for name in there if name not in pushed and _DATA.fullmatch(name)]
