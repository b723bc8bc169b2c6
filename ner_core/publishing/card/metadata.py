"""The metadata of a model card: what the Hub reads to find a model and to show its scores."""

from collections.abc import Mapping
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from ner_core.publishing.card.facts import CardFacts
from ner_core.publishing.card.limits import SCORE_DIGITS
from ner_core.publishing.card.owners_entries import as_list, kept_entries
from ner_core.runs import store

TASK = "token-classification"
STRICT = {"mode": "strict", "scheme": "IOB2"}
"""How precision, recall and F1 are computed, in the words of seqeval."""
SAMPLE_NAME = "NER Studio sample"

_OF_THE_RUN = frozenset(
    {
        *("library_name", "pipeline_tag", "base_model", "base_model_relation"),
        *("model_name", "model-index", "eval_results", "widget"),
    }
)
"""Entries that come from the run: those of another run would be wrong."""
_OWN_TAGS, _LORA = ("named-entity-recognition", "ner", "ner-studio"), "lora"
_METRICS = {"precision": "Precision", "recall": "Recall", "f1": "F1", "accuracy": "Token accuracy"}


def metadata(facts: CardFacts) -> ModelCardData:
    """Return the metadata that are known; nothing is guessed.

    What the owner wrote in the card before, such as a license or who may have access, stays.
    """
    scores = eval_results(facts)
    data = ModelCardData(
        library_name="peft" if facts.adapter else "transformers",
        pipeline_tag=TASK,
        base_model=facts.base.get("id"),
        model_name=facts.name,
        **_known(facts),
        eval_results=scores or None,
        **_more(facts),
    )
    for name, value in kept(facts).items():
        data[name] = value
    return data


def _known(facts: CardFacts) -> dict[str, Any]:
    """Return the entries that the run knows, and that the owner may have said otherwise."""
    tags = list(_OWN_TAGS)
    return {
        "language": language(facts),
        "license": licence(facts),
        "tags": [*tags, _LORA] if facts.adapted else tags,
        "datasets": [facts.on_hub["repo"]] if facts.on_hub else None,
        "metrics": list(_METRICS) if eval_results(facts) else None,
    }


def kept(facts: CardFacts) -> dict[str, Any]:
    """Return what is taken over from the card before, see ``kept_entries``.

    Lists of tags, datasets and metrics are added to, without what an earlier run put there.
    """
    before = facts.before
    return kept_entries(before, _known(facts), _OF_THE_RUN, _of_earlier_runs(before))


def _of_earlier_runs(before: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return what cards of ours have in lists: their datasets are those that they give scores on.

    An index of scores is written by strangers: what can't be understood in it counts as missing.
    """
    scored = set()
    for model in as_list(before.get("model-index")):
        for result in as_list(model.get("results") if isinstance(model, dict) else None):
            data = result.get("dataset") if isinstance(result, dict) else None
            if isinstance(data, dict):
                scored.add(str(data.get("type")))
    return {
        "tags": frozenset({*_OWN_TAGS, _LORA}),
        "metrics": frozenset(_METRICS),
        "datasets": frozenset(scored),
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
