"""Run directories for model cards: a report of fixed values, written in a moment."""

import json

from ner_core.config import TrainConfig
from ner_core.evaluation.error_analysis import TrainFacts, analyse
from ner_core.evaluation.metrics import entity_scores
from tests.support.fake_runs import FakeRun

TEXTS = [
    ["Ann", "met", "Bo", "Li", "in", "New", "York", "."],
    ["Oslo", "is", "far", "."],
    ["The", "_Daily_", "Sun", "hired", "Kim", "."],
]
GOLD = [
    ["B-PER", "O", "B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O"],
    ["B-LOC", "O", "O", "O"],
    ["O", "B-ORG", "I-ORG", "O", "B-PER", "O"],
]
FOUND = [
    ["B-PER", "O", "B-PER", "O", "O", "B-LOC", "I-LOC", "O"],
    ["B-PER", "O", "O", "O"],
    ["O", "I-ORG", "I-ORG", "O", "O", "B-LOC"],
]
LABELS = ["O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER"]
SAMPLES = [
    {"tokens": TEXTS[0], "gold": [[0, 1, "PER"], [2, 4, "PER"], [5, 7, "LOC"]]},
    {"tokens": TEXTS[2], "gold": [[1, 3, "ORG"], [4, 5, "PER"]]},
]
VERSIONS = {"python": "3.12.1", "transformers": "5.23.0", "torch": "2.11.0+cu128"}
CPU = {"device": "cpu", "name": "x86_64", "cpus": 2}
MINILM = {
    "kind": "minilm",
    "name": "minilm",
    "id": "sentence-transformers/all-MiniLM-L6-v2",
    "revision": "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
}
MODEL = {
    "model_type": "bert",
    "num_hidden_layers": 6,
    "hidden_size": 384,
    "ner_studio": {"max_length": 256, "overlap": 64, "sub_token_labels": "first"},
}


def part(source, number, scheme="IOB2", repaired=0):
    """Describe a split as ``data.provenance`` does."""
    return {
        "source": source,
        "format": "CoNLL columns",
        "scheme": scheme,
        "repaired": repaired,
        "sentences": 1000 * number,
        "words": 9000 * number,
        "entities": {"LOC": 300 * number, "ORG": 2 * number, "PER": 1200},
        "sha256": f"{number:x}" * 64,
    }


def corpus(kind, name, hub=None, parts=("train", "validation", "test"), **more):
    """Describe a corpus as ``data.provenance`` does."""
    splits = {split: part(f"{split}.conll", n, **more) for n, split in enumerate(parts, 1)}
    return {"kind": kind, "name": name, "hub": hub, "splits": splits}


def card_run(name, config, origin, base, *, adapter=False, labels=LABELS, samples=SAMPLES, **more):
    """Make the directory of a run with a model; give it at work, to be ended."""
    fake = FakeRun(name, TrainConfig.from_values(config))
    settings = fake.run.config().model_dump() | {"epochs": 3.0, "learning_rate": 3e-4}
    started = {
        "settings": {**settings, "precision": "fp32"},
        "label_names": labels,
        "samples": samples,
        "corpus": origin,
        "base_model": base,
        "versions": VERSIONS,
        "hardware": CPU,
    }
    fake.start(**{**started, **more})
    fake.run.model_dir.mkdir()
    (fake.run.model_dir / "config.json").write_text(json.dumps(MODEL))
    if adapter:
        (fake.run.model_dir / "adapter").mkdir()
        (fake.run.model_dir / "adapter" / "adapter_config.json").write_text("{}")
    return fake


def scores_and_analysis(test=True, rename=None):
    """Score ``FOUND`` against ``GOLD``; ``rename`` gives types other names."""
    named = [
        [[tag[:2] + rename.get(tag[2:], tag[2:]) if rename else tag for tag in row] for row in rows]
        for rows in (GOLD, FOUND)
    ]
    gold, found = named
    explained = analyse(
        TEXTS, gold, found, train=TrainFacts.of(TEXTS[:2], gold[:2]), windows=[2, 1, 1]
    )
    scores = {**entity_scores(gold, found), "loss": 0.5}
    splits = ("validation", "test") if test else ("validation",)
    return {
        "validation": scores,
        "test": scores if test else None,
        "analysis": dict.fromkeys(splits, explained),
    }


def finish(fake, test=True, rename=None, **more):
    """End a run with its report."""
    report = {
        **scores_and_analysis(test, rename),
        "steps": 100,
        "best_step": 80,
        "stopped_early": False,
        "train_seconds": 173.4,
        "evaluation_seconds": 31.2,
        "memory_peak": 1_448_755_200,
        **more,
    }
    fake.run.report_path.write_text(json.dumps(report))
    return fake.end("finished")
