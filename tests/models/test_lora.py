"""Adapters: trained beside frozen weights, merged into them, kept apart, and put back."""

import json
import shutil

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file

from ner_core.config import TrainConfig
from ner_core.errors import ModelError, NerError
from ner_core.inference.predictor import Predictor
from ner_core.jobs.submit import submit
from ner_core.models.loading import load_for_training, load_trained
from ner_core.models.lora import add_adapter, merged, save_adapter
from ner_core.models.sources import find_model
from ner_core.models.windows import SETTINGS_KEY
from ner_core.runs import store
from tests.conftest import TINY_LABELS as LABELS
from tests.support import toy

IDS = torch.tensor([[2, 7, 8, 9, 3]])


def adapted(tiny_encoder, rank=4, changed=True):
    """Return the tiny encoder with an adapter; ``changed`` as if it had learned something."""
    torch.manual_seed(5)
    source = find_model(str(tiny_encoder))
    model, _ = load_for_training(source, LABELS)
    model = add_adapter(model, source, rank).eval()
    if changed:
        for name, weights in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weights, std=0.2)
    return model


@pytest.fixture
def saved(tiny_encoder, tmp_path):
    """Return a model with an adapter, and the folder the adapter was saved in."""
    model = adapted(tiny_encoder)
    save_adapter(model, tmp_path / "adapter")
    return model, tmp_path / "adapter"


def refusal(call, *arguments):
    with pytest.raises(NerError) as caught:
        call(*arguments)
    return str(caught.value)


def test_only_adapter_and_head_are_trained(tiny_encoder):
    model = adapted(tiny_encoder)
    trained = {name for name, weights in model.named_parameters() if weights.requires_grad}
    assert trained
    assert all("lora_" in name or "modules_to_save" in name for name in trained)
    # Two matrices for each of the six linear layers of each of the two blocks.
    assert sum("lora_A" in name for name in trained) == 12
    assert sum("classifier" in name for name in trained) == 2


def test_a_new_adapter_changes_nothing(tiny_encoder):
    model = adapted(tiny_encoder, changed=False)
    with torch.no_grad(), model.disable_adapter():
        before = model.base_model.model.bert(IDS).last_hidden_state
    with torch.no_grad():
        after = model.base_model.model.bert(IDS).last_hidden_state
    assert torch.equal(before, after)


def test_merging_gives_a_plain_model_that_says_the_same_and_leaves_the_other_alone(tiny_encoder):
    model = adapted(tiny_encoder)
    with torch.no_grad():
        wanted = model(IDS).logits
        plain = merged(model)
        found = plain(IDS).logits
        again = model(IDS).logits
        with model.disable_adapter():
            without = model(IDS).logits
    assert not isinstance(plain, PeftModel)
    assert not any("lora" in name for name, _ in plain.named_parameters())
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
    assert torch.equal(again, wanted)
    assert not torch.allclose(without, wanted, atol=1e-3)


def test_a_saved_adapter_is_small_and_names_its_encoder(saved, tiny_encoder):
    _, folder = saved
    assert {path.name for path in folder.iterdir()} >= {
        "adapter_config.json",
        "adapter_model.safetensors",
        "config.json",
    }
    described = json.loads((folder / "adapter_config.json").read_text())
    assert described["base_model_name_or_path"] == str(tiny_encoder)
    assert (described["r"], described["lora_alpha"]) == (4, 8)
    weights = load_file(folder / "adapter_model.safetensors")
    assert all("lora_" in name or "classifier" in name for name in weights)


def test_an_adapter_for_minilm_names_it_as_the_hub_does():
    source = find_model("minilm")
    model, _ = load_for_training(source, LABELS)
    described = add_adapter(model, source, 2).peft_config["default"]
    assert described.base_model_name_or_path == "sentence-transformers/all-MiniLM-L6-v2"
    assert described.revision == "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"


def test_a_loaded_adapter_says_what_it_said_before(saved):
    model, folder = saved
    plain, tokenizer = load_trained(str(folder))
    with torch.no_grad():
        torch.testing.assert_close(plain(IDS).logits, model(IDS).logits, rtol=1e-4, atol=1e-5)
    assert plain.config.id2label == dict(enumerate(LABELS))
    assert tokenizer.is_fast


def test_training_goes_on_from_an_adapter_with_its_head_or_a_new_one(saved):
    model, folder = saved
    same, _ = load_for_training(find_model(str(folder)), LABELS)
    with torch.no_grad():
        torch.testing.assert_close(same(IDS).logits, model(IDS).logits, rtol=1e-4, atol=1e-5)
    other, _ = load_for_training(find_model(str(folder)), ["O", "B-X", "I-X"])
    assert other.config.id2label == {0: "O", 1: "B-X", 2: "I-X"}
    assert other.classifier.weight.shape == (3, 32)
    other.eval()
    with torch.no_grad():
        hidden = merged(model).bert(IDS).last_hidden_state
        torch.testing.assert_close(other.bert(IDS).last_hidden_state, hidden, rtol=1e-4, atol=1e-5)
    for model in (same, other):
        assert all(weights.requires_grad for weights in model.parameters())


def test_an_adapter_without_safetensors_is_refused_and_no_pickle_is_read(saved):
    _, folder = saved
    torch.save({}, folder / "adapter_model.bin")
    (folder / "adapter_model.safetensors").unlink()
    assert refusal(load_trained, str(folder)) == (
        f"{folder} can't be loaded as a transformers model with safetensors weights: no "
        "adapter_model.safetensors beside its adapter_config.json."
    )


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"base_model_name_or_path": null}'])
def test_an_adapter_that_does_not_say_what_it_belongs_to_is_refused(saved, damage):
    _, folder = saved
    (folder / "adapter_config.json").write_text(damage)
    assert refusal(find_model, str(folder)) == (
        f"Can't find or use the encoder of the adapter in {folder}. Correct "
        "base_model_name_or_path in its adapter_config.json."
    )


@pytest.mark.parametrize("base", ["starter", "/nowhere", "ITSELF", "../up"])
def test_an_adapter_of_an_adapter_or_of_nothing_is_refused(saved, base):
    _, folder = saved
    path = folder / "adapter_config.json"
    described = json.loads(path.read_text())
    described["base_model_name_or_path"] = str(folder) if base == "ITSELF" else base
    path.write_text(json.dumps(described))
    assert refusal(find_model, str(folder)).startswith(
        "Can't find or use the encoder of the adapter in "
    )


def test_an_adapter_that_does_not_fit_its_encoder_is_one_sentence(saved, tiny_encoder, tmp_path):
    _, folder = saved
    other = tmp_path / "other"
    shutil.copytree(tiny_encoder, other)
    config = json.loads((folder / "config.json").read_text())
    config["hidden_size"] = 64
    (folder / "config.json").write_text(json.dumps(config))
    sentence = refusal(load_trained, str(folder))
    assert sentence.startswith(
        f"{folder} can't be loaded as a transformers model with safetensors weights: "
    )
    assert "\n" not in sentence


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_encoder):
    """Train an adapter on the toy corpus: the run, finished."""
    home = tmp_path_factory.mktemp("adapter-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(home))
        data = toy.write_toy(home / "toy", train=200)
        more = {"recipe": "adapter", "epochs": 8, "learning_rate": 2e-2, "evaluations": 4}
        return toy.fit(toy.toy_config(data, tiny_encoder, **more))


def test_a_run_with_an_adapter_leaves_a_plain_model_and_the_adapter(run, tiny_encoder):
    model, _ = load_trained(str(run.model_dir))
    apart, _ = load_trained(str(run.model_dir / "adapter"))
    for name, weights in model.state_dict().items():
        torch.testing.assert_close(weights, apart.state_dict()[name], rtol=1e-4, atol=1e-5)
    assert getattr(model.config, SETTINGS_KEY) == getattr(apart.config, SETTINGS_KEY)
    encoder, _ = load_for_training(find_model(str(tiny_encoder)), LABELS)
    words = "bert.embeddings.word_embeddings.weight"
    assert torch.equal(model.state_dict()[words], encoder.state_dict()[words])


def test_a_run_with_an_adapter_learns_and_reports_it(run):
    report = run.report
    assert report["settings"]["lora_rank"] == 16
    assert report["settings"]["recipe"] == "adapter"
    assert report["versions"]["peft"].startswith("0.2")
    assert report["test"]["f1"] > 0.8


def test_both_forms_find_the_same_entities(run):
    text = "ann k lives in oslo city"
    whole, apart = (
        Predictor.load(str(folder)).predict(text)
        for folder in (run.model_dir, run.model_dir / "adapter")
    )
    assert [(e.text, e.label) for e in whole] == [("ann k", "PER"), ("oslo city", "LOC")]
    assert [e[:3] for e in apart] == [e[:3] for e in whole]


@pytest.mark.slow
def test_an_adapter_is_not_trained_on_an_adapter(run):
    folder = run.model_dir / "adapter"
    config = TrainConfig.from_values({"model": str(folder), "recipe": "adapter"})
    base = find_model(str(folder)).base
    assert refusal(submit, config) == (
        f"{folder} is already an adapter and can't get another one (lora_rank is 16). Set "
        f"lora_rank to 0, or choose the encoder {base.name}."
    )
    assert store.list_runs() == []


@pytest.mark.parametrize("name", ["minilm", "starter"])
def test_no_run_is_called_like_a_model(name):
    with pytest.raises(NerError) as caught:
        submit(TrainConfig(), name)
    assert str(caught.value) == (
        f"{name!r} is a model's name, so it can't be a run's id. Choose another one."
    )
    assert not isinstance(caught.value, ModelError)
