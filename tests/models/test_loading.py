import json
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, BertConfig, DistilBertConfig, RobertaConfig

from ner_core.config import TrainConfig
from ner_core.errors import ConfigError, ModelError, UnnamedLabelsError
from ner_core.models.device import use_bf16
from ner_core.models.heads import head_parameters
from ner_core.models.layers import set_dropout_and_freeze
from ner_core.models.loading import load_for_training, load_tokenizer, load_trained
from ner_core.models.sources import find_model
from ner_core.models.windows import (
    SETTINGS_KEY,
    check_max_length,
    max_window_length,
    window_settings,
)
from ner_core.training.learning_rate import default_learning_rate

LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


@pytest.fixture
def copy_of(tmp_path):
    """Return a function that copies a model folder, with its config.json changed."""

    def copy(folder, **settings):
        target = tmp_path / "model"
        shutil.copytree(folder, target)
        path = target / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))
        return target

    return copy


def refusal(call, *arguments):
    with pytest.raises(ModelError) as caught:
        call(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    "labels", [["O", "B-A", "I-A"], LABELS, ["O", "B-日本", "I-日本"]], ids=["3", "5", "unicode"]
)
def test_labels_are_in_the_saved_config(tiny_encoder, tmp_path, labels):
    model, _ = load_for_training(find_model(str(tiny_encoder)), labels)
    assert model.config.num_labels == model.classifier.out_features == len(labels)
    model.save_pretrained(tmp_path / "saved")
    saved = json.loads((tmp_path / "saved" / "config.json").read_text(encoding="utf-8"))
    assert saved["id2label"] == {str(number): label for number, label in enumerate(labels)}
    assert saved["label2id"] == {label: number for number, label in enumerate(labels)}
    assert saved["architectures"] == ["BertForTokenClassification"]


def test_labels_are_numbered_by_whole_numbers_after_loading(tiny_model):
    model, _ = load_trained(str(tiny_model))
    assert model.config.id2label == dict(enumerate(LABELS))
    assert model.config.label2id == {label: number for number, label in enumerate(LABELS)}
    assert all(type(number) is int for number in model.config.id2label)
    assert all(type(number) is int for number in model.config.label2id.values())


def test_a_trained_model_is_ready_for_use(tiny_model):
    model, tokenizer = load_trained(str(tiny_model))
    assert not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}
    assert tokenizer.is_fast


def test_the_encoder_keeps_its_weights_under_a_new_head(tiny_encoder):
    from transformers import AutoModel

    model, _ = load_for_training(find_model(str(tiny_encoder)), LABELS)
    kept = AutoModel.from_pretrained(tiny_encoder).state_dict()
    for name, weights in model.bert.state_dict().items():
        assert torch.equal(weights, kept[name]), name


def test_a_model_of_the_same_labels_keeps_its_head(tiny_model):
    trained, _ = load_trained(str(tiny_model))
    model, _ = load_for_training(find_model(str(tiny_model)), LABELS)
    assert torch.equal(model.classifier.weight, trained.classifier.weight)


def test_a_model_of_fewer_labels_gets_a_new_head(tiny_model):
    model, _ = load_for_training(find_model(str(tiny_model)), [*LABELS, "B-X", "I-X"])
    assert model.classifier.weight.shape == (7, 32)
    assert model.config.id2label[5] == "B-X"


def test_pickled_weights_are_not_read(tiny_model, copy_of):
    folder = copy_of(tiny_model)
    (folder / "model.safetensors").unlink()
    model, _ = load_trained(str(tiny_model))
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    sentence = (
        f"{folder} can't be loaded as a transformers model with safetensors weights: Error no file "
        f"named model.safetensors found in directory {folder}."
    )
    assert refusal(load_trained, str(folder)) == sentence
    assert refusal(load_for_training, find_model(str(folder)), LABELS) == sentence


def test_code_that_comes_with_a_model_is_not_run(tiny_model, copy_of):
    folder = copy_of(
        tiny_model,
        model_type="evil",
        auto_map={
            "AutoConfig": "evil.Config",
            "AutoModelForTokenClassification": "evil.Model",
        },
    )
    mark = folder / "it-ran"
    (folder / "evil.py").write_text(f"open({str(mark)!r}, 'w')")
    sentence = refusal(load_trained, str(folder))
    assert sentence.startswith(
        f"{folder} can't be loaded as a transformers model with safetensors weights: "
    )
    assert not mark.exists()


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ("{", "It looks like the config file at '{0}/config.json' is not a valid JSON file"),
        ("{}", "Unrecognized model in {0}. Should have a `model_type` key in its config.json"),
    ],
)
def test_a_config_that_describes_no_model_is_a_sentence(tiny_model, copy_of, config, found):
    folder = copy_of(tiny_model)
    (folder / "config.json").write_text(config)
    assert refusal(load_trained, str(folder)) == (
        f"{folder} can't be loaded as a transformers model with safetensors weights: "
        f"{found.format(folder)}."
    )


def test_a_folder_that_is_no_model_is_a_sentence(tmp_path):
    assert refusal(load_trained, str(tmp_path)) == (
        f"{tmp_path} has no config.json, so it isn't a model's folder. Choose the folder that a "
        "model was saved in."
    )


def test_an_encoder_cannot_be_used_before_it_is_trained(tiny_encoder):
    assert refusal(load_trained, str(tiny_encoder)) == (
        f"{tiny_encoder} is an encoder without a token-classification head, so it can't find "
        "entities yet. Train it first."
    )


def test_minilm_is_an_encoder():
    assert refusal(load_trained, "minilm") == (
        "minilm is an encoder without a token-classification head, so it can't find entities yet. "
        "Train it first."
    )


def with_names(copy_of, folder, names):
    return copy_of(
        folder,
        id2label=dict(enumerate(names)),
        label2id={name: number for number, name in enumerate(names)},
    )


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (None, "LABEL_0 to LABEL_4"),
        ([f"LABEL_{number}" for number in range(5)], "LABEL_0 to LABEL_4"),
        (["0", "1", "2", "3", "4"], "0 to 4"),
        (["label 0", "class-1", "tag_2", "Label3", "4"], "label 0 to 4"),
        (["O", "B-PER", "I-PER", "LABEL_3", "LABEL_4"], "LABEL_3, LABEL_4"),
    ],
)
def test_a_model_whose_labels_have_no_names_is_refused(tiny_model, copy_of, labels, found):
    if labels is None:
        folder = copy_of(tiny_model)
        config = json.loads((folder / "config.json").read_text())
        del config["id2label"], config["label2id"]
        (folder / "config.json").write_text(json.dumps({**config, "num_labels": 5}))
    else:
        folder = with_names(copy_of, tiny_model, labels)
    with pytest.raises(UnnamedLabelsError) as caught:
        load_trained(str(folder))
    assert str(caught.value) == (
        f"The model {folder} doesn't name its labels, it only has {found}. Name its 5 labels in "
        "their order: --model-labels O,B-PER,... on the command line, label_names in Python and "
        "over the network, “Names of its labels” on the page."
    )
    assert caught.value.count == 5


@pytest.mark.parametrize("own", [LABELS, [f"LABEL_{number}" for number in range(5)]])
@pytest.mark.parametrize(
    "names", [["O", "PER", "B-LOC", "I-LOC", "S-LOC"], (" O", "X", "Y", "Z", "XY ")]
)
def test_names_that_are_given_are_those_of_the_labels(tiny_model, copy_of, own, names):
    model, _ = load_trained(str(with_names(copy_of, tiny_model, own)), names)
    named = [name.strip() for name in names]
    assert model.config.id2label == dict(enumerate(named))
    assert model.config.label2id == {name: number for number, name in enumerate(named)}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            ["O", "PER"],
            "{0} has 5 labels, but you gave 2 names. Give one name for each label, in the order "
            "of their numbers, including O.",
        ),
        (
            [],
            "{0} has 5 labels, but you gave 0 names. Give one name for each label, in the order "
            "of their numbers, including O.",
        ),
        (
            ["O", "A", "B", "C", "D"],
            "'B' can't be the name of a label of {0}. Use names such as O, B-PER or PER.",
        ),
        (
            ["O", "PER", "", "LOC", "ORG"],
            "'' can't be the name of a label of {0}. Use names such as O, B-PER or PER.",
        ),
        (
            ["O", "PER", "LOC", "PER", "PER"],
            "You gave the name 'PER' to 3 labels of {0}. Give each label a different name.",
        ),
    ],
)
def test_names_that_do_not_fit_are_a_sentence(tiny_model, names, sentence):
    assert refusal(load_trained, str(tiny_model), names) == sentence.format(tiny_model)


@pytest.mark.parametrize("name", ["no-such-owner/no-such-model", "bert-base-uncased"])
def test_without_a_network_a_hub_model_is_a_sentence_and_nobody_is_asked(name, monkeypatch):
    def connect(*_):
        pytest.fail("somebody was asked")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    sentence = (
        f"Offline: can't get the model {name} from the Hub. Unset HF_HUB_OFFLINE, or choose "
        "minilm, starter or a folder."
    )
    assert refusal(load_trained, name) == sentence
    assert refusal(load_for_training, find_model(name), LABELS) == sentence


@pytest.mark.parametrize(
    ("config", "rate"),
    [
        (BertConfig(hidden_size=384), 3e-4),
        (BertConfig(hidden_size=768), 5e-5),
        (DistilBertConfig(dim=768), 5e-5),
        (BertConfig(hidden_size=1024), 2.4e-5),
        (BertConfig(hidden_size=2048), 1e-5),
        (BertConfig(hidden_size=32), 1e-3),
        (SimpleNamespace(), 5e-5),
    ],
)
def test_the_learning_rate_follows_the_width(config, rate):
    assert default_learning_rate(config) == pytest.approx(rate, rel=0.02)
    if rate in (3e-4, 5e-5):
        assert default_learning_rate(config) == rate


def test_the_learning_rate_of_minilm():
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(find_model("minilm").location)
    assert default_learning_rate(config) == 3e-4


@pytest.mark.parametrize(
    ("config", "tokens", "limit"),
    [
        (BertConfig(max_position_embeddings=512), 512, 512),
        (BertConfig(max_position_embeddings=512), 10**30, 512),
        (BertConfig(max_position_embeddings=512), 128, 128),
        (RobertaConfig(max_position_embeddings=514, pad_token_id=1), 512, 512),
        (RobertaConfig(max_position_embeddings=514, pad_token_id=1), 10**30, 512),
        (SimpleNamespace(model_type="t5"), 300, 300),
        (SimpleNamespace(model_type="x", max_position_embeddings=-1), 300, 300),
    ],
)
def test_a_window_is_as_long_as_encoder_and_tokenizer_allow(config, tokens, limit):
    assert max_window_length(config, SimpleNamespace(model_max_length=tokens)) == limit


@pytest.mark.parametrize(
    ("kept", "limit", "windows"),
    [
        (None, 512, (256, 64)),
        (None, 128, (128, 64)),
        (None, 100, (100, 50)),
        ({}, 512, (256, 64)),
        ({"max_length": 384, "overlap": 128}, 512, (384, 128)),
        ({"max_length": 384, "overlap": 128}, 200, (200, 100)),
        ({"max_length": 64, "overlap": 0}, 512, (64, 0)),
    ],
)
def test_windows_are_those_of_training_or_the_usual_ones(kept, limit, windows):
    config = BertConfig(max_position_embeddings=limit)
    if kept is not None:
        setattr(config, SETTINGS_KEY, kept)
    assert window_settings(config, SimpleNamespace(model_max_length=10**30)) == windows


def test_a_window_that_the_encoder_cannot_read_is_a_sentence():
    config = TrainConfig.from_values({"max_length": 1024})
    check_max_length(config, 1024)
    with pytest.raises(ConfigError) as caught:
        check_max_length(config, 512)
    assert str(caught.value) == (
        "max_length can't be 1024: minilm reads at most 512 sub-tokens at a time. Choose a "
        "smaller number."
    )


def test_a_byte_level_tokenizer_knows_that_words_come_split(tmp_path):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import RobertaTokenizerFast

    letters = [*"abcdefghijklmnopqrstuvwxyzĠ"]
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *letters]
    tokenizer = Tokenizer(models.BPE(vocab={piece: n for n, piece in enumerate(pieces)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    RobertaTokenizerFast(tokenizer_object=tokenizer).save_pretrained(tmp_path)
    RobertaConfig(vocab_size=len(pieces)).save_pretrained(tmp_path)
    loaded = load_tokenizer(find_model(str(tmp_path)))
    encoded = loaded(["an", "b"], is_split_into_words=True, add_special_tokens=False)
    assert loaded.convert_ids_to_tokens(encoded["input_ids"]) == ["Ġ", "a", "n", "Ġ", "b"]
    assert encoded.word_ids() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("precision", "expected"), [("bf16", True), ("fp32", False)], ids=["bf16", "fp32"]
)
def test_a_chosen_number_format_is_used_on_any_device(precision, expected):
    assert use_bf16(precision, torch.device("cpu")) is expected


@pytest.mark.parametrize("pays", [True, False])
def test_the_automatic_number_format_is_the_one_that_pays(monkeypatch, pays):
    monkeypatch.setattr("ner_core.models.device.supports_bf16", lambda device: pays)
    assert use_bf16("auto", torch.device("cpu")) is pays


def test_model_folders_of_the_fixtures_hold_no_pickle(tiny_encoder, tiny_model):
    for folder in (tiny_encoder, tiny_model):
        assert not list(Path(folder).glob("*.bin"))


def test_a_head_for_other_labels_of_the_same_number_is_renewed(tiny_model):
    source = find_model(str(tiny_model))
    old, _ = load_trained(str(tiny_model))
    names = ["O", "B-DRUG", "I-DRUG", "B-GENE", "I-GENE"]
    model, _ = load_for_training(source, names)
    assert not torch.equal(model.classifier.weight, old.classifier.weight)
    assert torch.equal(
        model.bert.encoder.layer[0].output.dense.weight,
        old.bert.encoder.layer[0].output.dense.weight,
    )
    same, _ = load_for_training(source, ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"])
    assert torch.equal(same.classifier.weight, old.classifier.weight)


def _copy(tiny_model, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(tiny_model, folder)
    return folder


def test_weights_without_a_head_are_refused(tiny_model, tmp_path):
    folder = _copy(tiny_model, tmp_path)
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: value for name, value in weights.items() if not name.startswith("classifier")},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    with pytest.raises(
        ModelError, match=r"without a token-classification head, .*\. Train it first"
    ):
        load_trained(str(folder))


def test_a_folder_without_a_tokenizer_is_refused(tiny_model, tmp_path):
    folder = _copy(tiny_model, tmp_path)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="fast tokenizer"):
        load_trained(str(folder))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", b""),
        ("model.safetensors", b"no weights at all"),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", b"\x00\x01"),
        ("config.json", b'{"model_type": "bert", "hidden_size": "abc"}'),
    ],
)
def test_damaged_files_are_a_sentence(tiny_model, tmp_path, name, content):
    folder = _copy(tiny_model, tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(
        ModelError, match=r"can't be loaded as a transformers model|has no fast tokenizer"
    ):
        load_trained(str(folder))


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ({"0": "O", "2": "B-PER"}, "aren't numbered from 0 without gaps"),
        (
            {"0": "O", "1": "B-", "2": "B-A", "3": "I-A", "4": "B-B"},
            r"Can't read some labels of the model .* as tags such as O, B-PER or PER: 'B-'\.",
        ),
    ],
)
def test_labels_that_cannot_be_read_are_refused(tiny_model, tmp_path, labels, sentence):
    folder = _copy(tiny_model, tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = labels
    config["label2id"] = {label: int(number) for number, label in labels.items()}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=sentence):
        load_trained(str(folder))


@pytest.mark.parametrize(
    "kept", ["x", {"max_length": "abc"}, {"max_length": 0, "overlap": 0}, {"max_length": None}]
)
def test_damaged_settings_of_a_model_are_passed_over(tiny_model, kept):
    model, tokenizer = load_trained(str(tiny_model))
    setattr(model.config, SETTINGS_KEY, kept)
    assert window_settings(model.config, tokenizer) == (128, 64)


def test_the_head_is_what_the_encoder_is_not(tiny_encoder):
    model, _ = load_for_training(find_model(str(tiny_encoder)), LABELS)
    head = head_parameters(model)
    assert [tuple(weights.shape) for weights in head] == [(5, 32), (5,)]
    assert all(
        weights is wanted
        for weights, wanted in zip(head, model.classifier.parameters(), strict=True)
    )


def test_preparing_sets_dropout_and_freezes_word_embeddings_only(tiny_encoder):
    model, _ = load_for_training(find_model(str(tiny_encoder)), LABELS)
    set_dropout_and_freeze(model, TrainConfig.from_values({"dropout": 0.25}))
    layers = [part.p for part in model.modules() if isinstance(part, torch.nn.Dropout)]
    assert layers
    assert set(layers) == {0.25}
    frozen = [name for name, weights in model.named_parameters() if not weights.requires_grad]
    assert frozen == ["bert.embeddings.word_embeddings.weight"]


def test_embeddings_are_trained_if_the_settings_say_so(tiny_encoder):
    model, _ = load_for_training(find_model(str(tiny_encoder)), LABELS)
    set_dropout_and_freeze(model, TrainConfig.from_values({"freeze_embeddings": False}))
    assert all(weights.requires_grad for weights in model.parameters())


@pytest.mark.parametrize(("adapter", "rate"), [(False, 3e-4), (True, 9e-4)])
def test_an_adapter_learns_faster(adapter, rate):
    config = AutoConfig.from_pretrained(find_model("minilm").location)
    assert default_learning_rate(config, adapter) == rate
