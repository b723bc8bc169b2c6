"""The model card: README.md of a model's repository, made from the directory of its run alone.

It says what can be audited, and where something was not measured or is not known. Text, labels and
file names come from strangers, and ``markup`` escapes them all. No path of the machine that trained
the model is in it.
"""

import json
from collections.abc import Mapping
from importlib import resources
from string import Template
from typing import Any

from ner_core.hub.repository_ids import check_repository
from ner_core.publishing.card.citations import citations
from ner_core.publishing.card.facts import CardFacts, read_facts
from ner_core.publishing.card.limits import TYPES_IN_SUMMARY
from ner_core.publishing.card.markup import fenced, listing, text
from ner_core.publishing.card.metadata import kept, licence, metadata
from ner_core.publishing.card.scores import headline, limits_section, scores_section, types_section
from ner_core.publishing.card.training import (
    base_phrase,
    command,
    data_phrase,
    data_section,
    settings_table,
    training_section,
)
from ner_core.runs.run import Run

TEMPLATE = "model_card.md"
_EXAMPLE = "Ann lives in Oslo."


def model_card(
    run: Run, repo: str, adapter: bool = False, before: Mapping[str, Any] | None = None
) -> str:
    """Return the model card of a run as Markdown, with YAML metadata at its top.

    Args:
        run: a run with a model.
        repo: the repository that the card is for, OWNER/NAME; the Hub is not asked.
        adapter: write the card of the LoRA adapter alone, not that of the whole model.
        before: the metadata of a card that is replaced; what its owner wrote stays.

    Raises PublishError if ``repo`` can't be the name of a repository, RunError if the run has no
    model, no adapter where one is asked for, or damaged files.
    """
    facts = read_facts(run, check_repository(repo), adapter, before or {})
    template = (
        resources.files("ner_core.publishing.card").joinpath(TEMPLATE).read_text(encoding="utf-8")
    )
    return Template(template).substitute(
        metadata=metadata(facts).to_yaml(),
        to_do="\n".join(f"- {point}" for point in _to_do(facts)),
        name=text(facts.name),
        summary=_summary(facts),
        usage=_usage(facts),
        types=types_section(facts),
        scores=scores_section(facts),
        limits=limits_section(facts),
        data=data_section(facts),
        training=training_section(facts),
        settings=settings_table(facts),
        command=command(facts),
        licence=_licence(facts),
        citation=citations(facts),
    )


def taken_over(run: Run, repo: str, adapter: bool, before: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the entries that a card takes over from the one before; sorted."""
    return tuple(sorted(kept(read_facts(run, repo, adapter, before))))


def _to_do(facts: CardFacts) -> list[str]:
    """Return what the owner has to look at; nothing here may come from the data."""
    points, chosen = [], kept(facts)
    if chosen:
        points.append("Check the entries at the top: they are kept from the old card.")
    if licence(facts) is None and "license" not in chosen:
        points.append(
            "Choose a licence that the data and the encoder allow: add a line such as\n  license: "
            "apache-2.0\n  at the top, and say it under “Licence”."
        )
    if not metadata(facts).language:
        points.append("Add the languages of the data at the top, such as\n  language: [en]")
    if facts.sentences and not facts.of_sample:
        points.append(
            "The sentences under “widget” and the examples below are from your validation part:\n "
            " remove them if they must stay private."
        )
    return [*points, "Say what the model is for, and who annotated the data."]


def _summary(facts: CardFacts) -> str:
    names = [f"**{text(label)}**" for label in facts.types]
    what = f"named entities of {len(names):,} types"
    if len(names) <= TYPES_IN_SUMMARY:
        what = f"named entities: {listing(names)}"
    made = "a LoRA adapter for" if facts.adapter else "a model fine-tuned from"
    return (
        f"Finds {what}. It is {made} {base_phrase(facts)}, and learned from {data_phrase(facts)}. "
        f"{headline(facts)}"
    )


def _usage(facts: CardFacts) -> str:
    example = json.dumps(min(facts.sentences, key=len, default=_EXAMPLE), ensure_ascii=False)
    lines = _adapter_lines(facts) if facts.adapter else _model_lines(facts)
    plain = "\n".join([*lines, f"print(find({example}))"])
    return "\n\n".join(
        [
            "With transformers" + (" and peft:" if facts.adapter else ":"),
            fenced(plain, "python"),
            *_remarks(facts),
            "With NER Studio, which reads texts of any length and gives the scores above:",
            fenced("\n".join(_own_lines(facts, example)), "python"),
        ]
    )


def _model_lines(facts: CardFacts) -> list[str]:
    return [
        "from transformers import pipeline",
        "",
        f'find = pipeline("ner", model="{facts.repo}", aggregation_strategy="first")',
    ]


def _adapter_lines(facts: CardFacts) -> list[str]:
    base = facts.base.get("id") or "ENCODER"
    revision = facts.base.get("revision")
    pinned = f', "revision": "{revision}"' if revision else ""
    return [
        "from peft import PeftModel",
        "from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer",
        "from transformers import pipeline",
        "",
        f'encoder = {{"pretrained_model_name_or_path": "{base}"{pinned}}}',
        f'config = AutoConfig.from_pretrained("{facts.repo}")  # with the names of the labels',
        "model = AutoModelForTokenClassification.from_pretrained(**encoder, config=config)",
        f'model = PeftModel.from_pretrained(model, "{facts.repo}").merge_and_unload()',
        "tokenizer = AutoTokenizer.from_pretrained(**encoder)",
        'find = pipeline("ner", model=model, tokenizer=tokenizer, aggregation_strategy="first")',
    ]


def _remarks(facts: CardFacts) -> list[str]:
    """Return how plain transformers differs."""
    said = (
        "The pipeline cuts long texts off at what the encoder reads at once; with "
        f"`stride={facts.windows['overlap']}` it reads all of it."
    )
    if facts.adapter and not facts.base.get("id"):
        return [
            "`ENCODER` is the folder of the encoder it was trained with, "
            f"“{text(facts.base_name)}”, which is not on the Hub.",
            said,
        ]
    return [said]


def _own_lines(facts: CardFacts, example: str) -> list[str]:
    name = f'"{facts.repo}"'
    first = ["from ner_core import Predictor", ""]
    if facts.adapter:
        first.insert(0, "from huggingface_hub import snapshot_download")
        name = f"snapshot_download({name})"
    return [
        *first,
        f"predictor = Predictor.load({name})",
        f"for entity in predictor.predict({example}):",
        "    print(entity.text, entity.label, entity.start, entity.end, entity.score)",
    ]


def _licence(facts: CardFacts) -> str:
    if chosen := kept(facts).get("license"):
        return f"{text(str(chosen))}, as this repository said before."
    if licence(facts):
        return "Apache 2.0, like the model it was trained from; the sample corpus is CC0."
    return (
        "None chosen yet. Which ones are possible depends on the encoder and the data. Ask the "
        "owner of this repository before you use the model."
    )
