"""What a model that knows entity types keeps of them when it is trained on others."""

import pytest
import torch

from ner_core.models.head_change import HeadChange, labels_in
from ner_core.models.loading import head_change, load_for_training, load_trained
from ner_core.models.sources import STARTER, find_model

LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


@pytest.mark.parametrize(
    "wanted",
    [
        ["O", "B-DRUG", "I-DRUG", "B-PER", "I-PER"],
        ["O", "B-PER", "I-PER"],
        ["B-PER", "I-PER", "B-LOC", "I-LOC", "O"],
        ["O", "B-A", "I-A", *LABELS[1:]],
    ],
)
@pytest.mark.parametrize("adapter", [False, True])
def test_the_rows_of_shared_labels_are_kept(tiny_model, wanted, adapter):
    name = "starter" if adapter else str(tiny_model)
    old, _ = load_trained(name)
    model, _ = load_for_training(find_model(name), wanted)
    assert model.config.id2label == dict(enumerate(wanted))
    assert model.config.num_labels == len(model.classifier.weight) == len(wanted)
    for number, label in enumerate(wanted):
        before = old.config.label2id.get(label)
        if before is None:
            assert 0 < model.classifier.weight[number].abs().max() < 0.2
            assert model.classifier.bias[number] == 0
        else:
            assert torch.equal(model.classifier.weight[number], old.classifier.weight[before])
            assert torch.equal(model.classifier.bias[number], old.classifier.bias[before])
    kept, after = (m.base_model.state_dict() for m in (old, model))
    assert all(torch.equal(weights, kept[part]) for part, weights in after.items())


def test_what_stays_comes_and_goes(tiny_model, tiny_encoder):
    labels = ["O", "B-DRUG", "I-DRUG", "B-PER", "I-PER"]
    change = head_change(find_model(str(tiny_model)), labels)
    assert change == HeadChange(["PER"], ["DRUG"], ["LOC"])
    assert change.as_json() == {"kept": ["PER"], "new": ["DRUG"], "dropped": ["LOC"]}
    assert head_change(find_model(str(tiny_encoder)), labels) is None
    assert head_change(find_model("minilm"), labels) is None


def test_the_labels_of_a_folder_are_read_without_torch(tmp_path):
    assert labels_in(STARTER)[:2] == ["O", "B-LOC"]
    assert labels_in(tmp_path) == []
    for content in ("", "[]", '{"id2label": 5}', '{"id2label": {"a": "O"}}'):
        (tmp_path / "config.json").write_text(content)
        assert labels_in(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "note", "warning"),
    [
        (HeadChange(["PER"], [], []), None, None),
        (
            HeadChange(["LOC", "ORG", "PER"], ["DRUG"], ["MISC"]),
            "m keeps what it knows of LOC, ORG and PER, learns DRUG from scratch and forgets MISC.",
            "m can find MISC, but your data have no examples of it, so the trained model finds it "
            "only with “Keep known types” (keep_types). Turn it on, add examples of it to train, "
            "or rename the types of the data if they mean the same.",
        ),
        (
            HeadChange(["PER"], ["A", "B"], []),
            "m keeps what it knows of PER and learns A and B from scratch.",
            None,
        ),
        (
            HeadChange([], ["A"], ["LOC", "PER"]),
            "Your data have none of the types m knows (LOC and PER), so it forgets them and "
            "learns A from scratch.",
            "m can find LOC and PER, but your data have no examples of them, so the trained model "
            "finds them only with “Keep known types” (keep_types). Turn it on, add examples of "
            "them to train, or rename the types of the data if they mean the same.",
        ),
    ],
)
def test_what_is_said(change, note, warning):
    assert change.note("m") == note
    assert change.warning("m") == warning
