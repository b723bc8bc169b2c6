"""Models of strangers on the Hub: their files name no file of this machine but their own."""

import json
import shutil

import pytest
import torch

from ner_core.errors import ModelError
from ner_core.models import hub as hub_models
from ner_core.models.loading import load_for_training, load_tokenizer, load_trained
from ner_core.models.lora import add_adapter, save_adapter
from ner_core.models.sources import find_model
from tests.conftest import TINY_LABELS, tiny_vocabulary
from tests.support.hub_server import Repo

REPO = "eve/model"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    monkeypatch.setattr(hub_models, "_public", {})


@pytest.fixture
def offered(hub):
    """Return a function that puts a folder on the Hub, some files of it changed or taken away."""

    def put(folder, repo=REPO, **changed):
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        for name, content in changed.items():
            files[name] = content if isinstance(content, bytes) else json.dumps(content).encode()
        kept = {name: content for name, content in files.items() if content != b"null"}
        hub.models[repo] = Repo({"main": kept})
        hub_models._public.pop(repo, None)  # ask again
        return find_model(f"hub:{repo}")

    return put


def refusal(load, *arguments):
    with pytest.raises(ModelError) as caught:
        load(*arguments)
    return str(caught.value)


def refused(file, found):
    return (
        f"{file} of the model {REPO} names a file outside the model, {found}. Choose another model."
    )


@pytest.fixture
def vocabulary(tmp_path):
    """Return a file of this machine that a tokenizer can be made of."""
    path = tmp_path / "secrets"
    path.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "TOKEN=secret"]))
    return path


def evil(value, key="vocab"):
    added = {"5": {"content": "more"}}
    return {"tokenizer_class": "BertTokenizer", key: value, "added_tokens_decoder": added}


def test_a_model_of_the_hub_reads_no_vocabulary_of_this_machine(
    offered, tiny_model, vocabulary, tmp_path
):
    config = evil(str(vocabulary))
    source = offered(tiny_model, **{"tokenizer_config.json": config, "tokenizer.json": None})
    sentence = refused("tokenizer_config.json", f"vocab: {str(vocabulary)[:60]!r}")
    assert refusal(load_tokenizer, source) == sentence
    assert refusal(load_trained, source.name) == sentence
    assert refusal(load_for_training, source, TINY_LABELS) == sentence
    # In a folder of this machine it is its user's own business.
    own = shutil.copytree(tiny_model, tmp_path / "own")
    (own / "tokenizer.json").unlink()
    (own / "tokenizer_config.json").write_text(json.dumps(config))
    assert "TOKEN=secret" in load_tokenizer(find_model(str(own))).get_vocab()


NAMED = [
    ("vocab", "/proc/self/environ"),
    ("vocab", "README.md"),
    ("vocab_file", "../../../secrets"),
    ("merges", "/etc/passwd"),
    ("merges_file", "/etc/passwd"),
    ("tokenizer_files", ["vocab.txt", "/etc/passwd"]),
    ("fast_tokenizer_files", ["../tokenizer.4.0.json"]),
    ("gguf_file", "/models/a.gguf"),
    ("source_spm", "app.py"),
    ("entity_vocab", "/etc/passwd"),
    ("init_inputs", [None, "/etc/passwd"]),
    ("sp_model_kwargs", {"model_file": "/models/a.model"}),
    ("mecab_kwargs", {"mecab_option": "-r=rc"}),
    ("whatever", {"a": [{"b": "runs/secret"}]}),
]


@pytest.mark.parametrize("file", ["tokenizer_config.json", "special_tokens_map.json"])
@pytest.mark.parametrize(("key", "value"), NAMED)
def test_no_key_names_a_file_of_this_machine(offered, tiny_model, file, key, value):
    source = offered(tiny_model, **{file: {key: value}})
    found = next(text for text in _texts(value) if text != "vocab.txt")
    assert refusal(load_tokenizer, source) == refused(file, f"{key}: {found!r}")


def _texts(value):
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [text for part in parts for text in _texts(part)]
    return [value] if value else []


def test_special_tokens_override_no_files(offered, tiny_model):
    for key in ("tokenizer_file", "name_or_path", "special_tokens_map_file"):
        source = offered(tiny_model, **{"special_tokens_map.json": {key: "/a"}})
        found = f"{key}: '/a'"
        assert refusal(load_tokenizer, source) == refused("special_tokens_map.json", found)


def test_what_saved_tokenizers_hold_is_taken(offered, tiny_model):
    usual = {
        "tokenizer_class": "BertTokenizer",
        "name_or_path": "/home/eve/encoder",
        "special_tokens_map_file": "/home/eve/special_tokens_map.json",
        "tokenizer_file": "/home/eve/tokenizer.json",
        "vocab_file": None,
        "merges_file": "merges.txt",
        "init_inputs": [],
        "sp_model_kwargs": {"enable_sampling": False, "alpha": 0.1},
        "unk_token": "[UNK]",
        "additional_special_tokens": ["</s>"],
        "chat_template": "{{ '/' }}",
        "auto_map": {"AutoTokenizer": ["eve/code--tokenizer.Fast", None]},
        "model_max_length": 128,
    }
    source = offered(
        tiny_model,
        **{
            "tokenizer_config.json": usual,
            "special_tokens_map.json": {"sep_token": {"content": "[SEP]"}, "mask_token": "[MASK]"},
        },
    )
    assert tiny_vocabulary().items() <= load_tokenizer(source).get_vocab().items()
    # As before tokenizer.json, and with the vocabulary itself in the settings.
    words = "\n".join(tiny_vocabulary()).encode()
    usual |= {"vocab_file": "vocab.txt"}
    more = {"tokenizer_config.json": usual, "tokenizer.json": None, "vocab.txt": words}
    assert len(load_tokenizer(offered(tiny_model, "eve/old", **more))) > 100
    inline = usual | {"vocab": tiny_vocabulary()}
    more = {"tokenizer_config.json": inline, "tokenizer.json": None}
    assert len(load_tokenizer(offered(tiny_model, "eve/inline", **more))) > 100


@pytest.mark.parametrize("content", [b"[]", b"{", b"\xff", b"[" * 100_000])
def test_settings_that_are_none_are_a_sentence(offered, tiny_model, content):
    source = offered(tiny_model, **{"tokenizer_config.json": content})
    assert refusal(load_tokenizer, source) == (
        "tokenizer_config.json of the model eve/model has no JSON object. Choose another model."
    )


@pytest.fixture
def sharded(tiny_model, tmp_path):
    """Return a folder with the model in several shards, and its index."""
    from transformers import AutoModelForTokenClassification

    folder = shutil.copytree(tiny_model, tmp_path / "sharded")
    (folder / "model.safetensors").unlink()
    model = AutoModelForTokenClassification.from_pretrained(tiny_model)
    model.save_pretrained(folder, max_shard_size="20KB")
    return folder, json.loads((folder / "model.safetensors.index.json").read_bytes())


@pytest.mark.slow
def test_shards_of_the_model_are_its_own(offered, sharded, tiny_model, tmp_path):
    folder, index = sharded
    assert len(set(index["weight_map"].values())) > 1
    loaded, _ = load_trained(offered(folder).name)
    same = load_trained(str(tiny_model))[0].state_dict()
    assert all(torch.equal(value, same[name]) for name, value in loaded.state_dict().items())
    # Another one's run, named wholly or from where the files of the Hub are kept.
    run = shutil.copytree(tiny_model, tmp_path / "run") / "model.safetensors"
    for place in (str(run), f"../{run.name}", "other.safetensors", None, [1]):
        moved = {**index, "weight_map": {**index["weight_map"], "classifier.bias": place}}
        source = offered(folder, **{"model.safetensors.index.json": moved})
        found = f"weight_map: {str(place)[:60]!r}"
        sentence = refused("model.safetensors.index.json", found)
        assert refusal(load_trained, source.name) == sentence
        assert refusal(load_for_training, source, TINY_LABELS) == sentence


@pytest.fixture
def adapter(tiny_encoder, tmp_path):
    """Return a folder with an adapter of the encoder eve/encoder, and its settings."""
    source = find_model(str(tiny_encoder))
    model = add_adapter(load_for_training(source, TINY_LABELS)[0], source, 4)
    folder = tmp_path / "adapter"
    save_adapter(model, folder)
    settings = json.loads((folder / "adapter_config.json").read_bytes())
    return folder, settings | {"base_model_name_or_path": "eve/encoder"}


def test_an_adapter_of_an_encoder_is_taken(offered, adapter, tiny_encoder):
    offered(tiny_encoder, "eve/encoder")
    source = offered(adapter[0], **{"adapter_config.json": adapter[1]})
    assert load_trained(source.name)[0].num_labels == len(TINY_LABELS)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"corda_config": {"cache_file": "/a"}}, "corda_config: '/a'"),
        ({"tokenizer_name_or_path": "/a"}, "tokenizer_name_or_path: '/a'"),
    ],
)
def test_an_adapter_names_no_file(offered, adapter, tiny_encoder, changed, found):
    offered(tiny_encoder, "eve/encoder")
    source = offered(adapter[0], **{"adapter_config.json": adapter[1] | changed})
    assert refusal(load_trained, source.name) == refused("adapter_config.json", found)


def test_adapters_that_load_models_themselves_are_refused(offered, adapter, tiny_encoder):
    offered(tiny_encoder, "eve/encoder")
    for kind in ("XLORA", "SHADOW", None):
        source = offered(adapter[0], **{"adapter_config.json": adapter[1] | {"peft_type": kind}})
        assert refusal(load_trained, source.name) == (
            f"The adapter eve/model is of the kind {str(kind)!r}, but only LORA works here. "
            "Choose another model."
        )


def test_adapters_of_each_other_are_refused(offered, adapter):
    folder, settings = adapter
    for repo, base in (("eve/a", "eve/b"), ("eve/b", "eve/a")):
        changed = settings | {"base_model_name_or_path": base}
        offered(folder, repo, **{"adapter_config.json": changed})
    assert refusal(load_trained, "hub:eve/a") == (
        "The adapter eve/a builds on eve/b, which is an adapter itself. Choose another model."
    )


def test_of_a_whole_model_the_adapter_beside_it_is_not_read(offered, tiny_model):
    settings = {"peft_type": "SHADOW", "base_model_name_or_path": "/models/other"}
    source = offered(tiny_model, **{"adapter_config.json": settings})
    assert load_tokenizer(source).get_vocab()
    loaded, _ = load_trained(source.name)
    assert loaded.num_labels == len(TINY_LABELS)
