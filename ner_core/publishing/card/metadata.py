"""The metadata of a model card: what the Hub reads to find a model and to show its scores."""

from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from ner_core.publishing.card.facts import CardFacts
from ner_core.publishing.card.limits import SCORE_DIGITS
from ner_core.runs import store

TASK = "token-classification"
STRICT = {"mode": "strict", "scheme": "IOB2"}
"""How precision, recall and F1 are computed, in the words of seqeval."""
SAMPLE_NAME = "NER Studio sample"

_OF_THE_RUN = frozenset(
    {
        *("library_name", "pipeline_tag", "tags", "base_model", "base_model_relation", "datasets"),
        *("metrics", "model_name", "model-index", "eval_results", "widget"),
    }
)
"""Entries that come from the run: those of another run would be wrong."""
_METRICS = {"precision": "Precision", "recall": "Recall", "f1": "F1", "accuracy": "Token accuracy"}


def metadata(facts: CardFacts) -> ModelCardData:
    """Return the metadata that are known; nothing is guessed.

    Entries of the card before that this one lacks, such as a license that its owner chose or who
    may have access, stay.
    """
    scores = eval_results(facts)
    tags = ["named-entity-recognition", "ner", "ner-studio"]
    data = ModelCardData(
        language=language(facts),
        license=licence(facts),
        library_name="peft" if facts.adapter else "transformers",
        pipeline_tag=TASK,
        tags=[*tags, "lora"] if facts.adapted else tags,
        base_model=facts.base.get("id"),
        datasets=[facts.on_hub["repo"]] if facts.on_hub else None,
        metrics=list(_METRICS) if scores else None,
        model_name=facts.name,
        eval_results=scores or None,
        **_more(facts),
    )
    for name, value in kept(facts).items():
        data[name] = value
    return data


def kept(facts: CardFacts) -> dict[str, Any]:
    """Return what is taken over from the card before."""
    known = {"language": language(facts), "license": licence(facts)}
    return {
        name: value
        for name, value in facts.before.items()
        if name not in _OF_THE_RUN and value is not None and not known.get(name)
    }


def _more(facts: CardFacts) -> dict[str, Any]:
    """Return the entries that ModelCardData has no parameters for."""
    relation = "adapter" if facts.adapter else "finetune"
    widget = [{"text": sentence} for sentence in facts.sentences]
    return {
        "base_model_relation": relation if facts.base.get("id") else None,
        "widget": widget or None,
    }


def eval_results(facts: CardFacts) -> list[EvalResult]:
    """Return the final scores, a row a metric; those of one part become one block in the card."""
    hub = facts.on_hub or {}
    name = SAMPLE_NAME if facts.of_sample else facts.data_name
    return [
        EvalResult(
            task_type=TASK,
            task_name="Named entity recognition",
            dataset_type=hub.get("repo") or store.slug(name),
            dataset_name=name,
            dataset_config=hub.get("config"),
            dataset_split=part,
            dataset_revision=hub.get("revision"),
            metric_type=metric,
            metric_name=title,
            # A number of numpy would be written as a Python object, which breaks the card.
            metric_value=round(float(scores[metric]), SCORE_DIGITS),
            metric_args=None if metric == "accuracy" else dict(STRICT),
        )
        for part, scores in facts.scores.items()
        for metric, title in _METRICS.items()
    ]


def language(facts: CardFacts) -> list[str] | None:
    """Return the languages of the data, None where they are not known."""
    if facts.of_sample:
        return ["en"]
    return (facts.on_hub or {}).get("languages") or None


def licence(facts: CardFacts) -> str | None:
    """Return the licence where it follows from what is known; None where the owner has to choose.

    The sample is CC0, and both models that come with the program are under Apache 2.0.
    """
    known = facts.of_sample and facts.base.get("kind") in ("minilm", "starter")
    return "apache-2.0" if known else None
