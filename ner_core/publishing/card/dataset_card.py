"""The dataset card: README.md of the repository of an annotation set.

Titles, types and names of models come from strangers, and ``markup`` escapes them all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from string import Template
from typing import Any

from huggingface_hub import CardData

from ner_core.annotations.as_parquet import Rows
from ner_core.annotations.decisions import HELD_OUT_OF, Decision
from ner_core.counting import many
from ner_core.publishing.card.limits import MODELS_IN_TABLE, TYPES_IN_SUMMARY
from ner_core.publishing.card.markup import fenced, listing, plain, table, text
from ner_core.publishing.card.owners_entries import kept_entries

TEMPLATE = "dataset_card.md"

_OWN_TAGS = ("named-entity-recognition", "ner", "ner-studio")
_GENERATED = frozenset(
    {"configs", "dataset_info", "pretty_name", "size_categories", "task_categories", "task_ids"}
)
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
_LARGEST = "100K<n<1M"


@dataclass(frozen=True)
class SetFacts:
    """What the card says of an annotation set: its decisions, and the rows that are of them.

    The decisions name models as others may see them. ``files`` are the data files by split,
    ``guideline`` is the name of the file that says what counts as an entity, "" if there is none,
    and ``before`` are the entries at the top of the card that is replaced.
    """

    repo: str
    title: str
    decisions: tuple[Decision, ...]
    rows: Rows
    files: Mapping[str, str]
    guideline: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)


def dataset_card(facts: SetFacts) -> str:
    """Return the card of a set as Markdown, with YAML metadata at its top."""
    template = (
        resources.files("ner_core.publishing.card").joinpath(TEMPLATE).read_text(encoding="utf-8")
    )
    return Template(template).substitute(
        metadata=CardData(**{**_metadata(facts), **kept(facts)}).to_yaml(),
        to_do="\n".join(f"- {point}" for point in _to_do(facts)),
        title=text(facts.title),
        summary=_summary(facts),
        counts=_counts(facts.rows),
        left_out=_left_out(facts.rows),
        decided=_decided(facts.decisions),
        splits=_splits(facts),
        usage=fenced(_usage(facts), "python"),
        commands=fenced(_commands(facts), "sh"),
        guideline=_guideline(facts),
        licence=_licence(facts),
    )


def kept(facts: SetFacts) -> dict[str, Any]:
    """Return the entries that are taken over from the card before; see ``kept_entries``."""
    return kept_entries(facts.before, _metadata(facts), _GENERATED, {"tags": _OWN_TAGS})


def _metadata(facts: SetFacts) -> dict[str, Any]:
    texts = sum(map(len, facts.rows.splits.values()))
    files = [{"split": split, "path": path} for split, path in facts.files.items()]
    return {
        "pretty_name": plain(facts.title),
        "task_categories": ["token-classification"],
        "task_ids": ["named-entity-recognition"],
        "size_categories": [next((name for most, name in _SIZES if texts < most), _LARGEST)],
        "tags": [*_OWN_TAGS],
        "configs": [{"config_name": "default", "data_files": files}],
    }


def _to_do(facts: SetFacts) -> list[str]:
    """Return what the owner has to look at; nothing here may come from the data."""
    entries = kept(facts)
    points = ["All texts are in it as they are: show it only to those who may read them."]
    if entries:
        points.append("Check the entries at the top: some are kept from the old card.")
    if "license" not in entries:
        points.append(
            "Choose a licence that the texts allow: add a line such as\n  license: cc-by-4.0\n  at "
            "the top, and publish again."
        )
    if "language" not in entries:
        points.append("Add the languages of the texts at the top, such as\n  language: [en]")
    return [*points, "Say where the texts are from, and who annotated them."]


def _summary(facts: SetFacts) -> str:
    texts = many(sum(map(len, facts.rows.splits.values())), "text")
    types = facts.rows.types
    what = f"named entities of {many(len(types), 'type')}"
    if 0 < len(types) <= TYPES_IN_SUMMARY:
        what = f"named entities: {listing([f'**{text(label)}**' for label in types])}"
    return f"{texts} with {what}. They were annotated with NER Studio."


def _counts(rows: Rows) -> str:
    counts = {split: rows.counts(split) for split in rows.splits}
    body = [("texts", *(f"{len(of_split):,}" for of_split in rows.splits.values()))]
    words = (sum(len(row["tokens"]) for row in of_split) for of_split in rows.splits.values())
    body.append(("words", *(f"{number:,}" for number in words)))
    body.append(("entities", *(f"{counts[split].total():,}" for split in rows.splits)))
    body += [
        (f"**{text(label)}**", *(f"{counts[split][label]:,}" for split in rows.splits))
        for label in rows.types
    ]
    return table(("", *rows.splits), body)


def _left_out(rows: Rows) -> str:
    said = []
    if rows.partial:
        verb = "was" if rows.partial == 1 else "were"
        said.append(
            f"{many(rows.partial, 'more text')} {verb} annotated only in part. A table can't say "
            "which words nobody decided on, and they would count as outside of entities, so such "
            "texts are in `annotations.jsonl` only."
        )
    if rows.unreadable:
        verb = "has" if rows.unreadable == 1 else "have"
        said.append(
            f"{many(rows.unreadable, 'more text')} {verb} no words, or entities without words, and "
            "so no tags: such texts are in `annotations.jsonl` only, too."
        )
    return " ".join(said) or "All texts were annotated in full."


def _decided(decisions: Iterable[Decision]) -> str:
    texts, unchanged, without = Counter[str](), Counter[str](), Counter[str]()
    for one in decisions:
        if one.model:
            texts[one.model] += 1
            unchanged[one.model] += one.unchanged
        else:  # what is taken from other data has no time
            without["without a suggestion" if one.time else "taken from other data"] += 1
    shown = dict(texts.most_common(MODELS_IN_TABLE))
    body = [_decided_row(text(model), texts[model], unchanged[model]) for model in shown]
    if others := texts.keys() - shown.keys():
        counts = (sum(counter[model] for model in others) for counter in (texts, unchanged))
        body.append(_decided_row(many(len(others), "other model"), *counts))
    body += [(name, f"{without[name]:,}", "–", "–") for name in sorted(without)]
    return table(("suggested by", "texts", "accepted unchanged", "corrected"), body)


def _decided_row(name: str, texts: int, unchanged: int) -> tuple[str, ...]:
    return name, f"{texts:,}", f"{unchanged:,}", f"{texts - unchanged:,}"


def _splits(facts: SetFacts) -> str:
    said = (
        f"One of {HELD_OUT_OF} texts, chosen by a hash of the text, is held out as `validation` "
        "from the start, so that scores mean something whatever is added later."
    )
    if any(one.split for one in facts.decisions):
        said += " Texts that were taken from other data stay in the part that they had there."
    if "validation" not in facts.rows.splits:
        said += " So far there is no such text beside others."
    return said


def _usage(facts: SetFacts) -> str:
    return "\n".join(
        [
            "from datasets import load_dataset",
            "",
            f'data = load_dataset("{facts.repo}")',
            'print(data["train"][0]["tokens"])',
            'print(data["train"].features["ner_tags"].feature.names)',
        ]
    )


def _commands(facts: SetFacts) -> str:
    return "\n".join(
        [
            f"python -m ner_core train --data hub:{facts.repo}",
            f"python -m ner_core annotations create TITLE --data hub:{facts.repo}",
        ]
    )


def _guideline(facts: SetFacts) -> str:
    if facts.guideline:
        return (
            f"What counts as an entity of which type is in [{facts.guideline}]({facts.guideline})."
        )
    return "None was written down. Ask the owner of this repository what counts as which type."


def _licence(facts: SetFacts) -> str:
    if chosen := kept(facts).get("license"):
        return f"{text(str(chosen))}, as this repository said before."
    return (
        "None chosen yet. Which ones are possible depends on the texts. Ask the owner of this "
        "repository before you use them."
    )
