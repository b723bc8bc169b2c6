"""Models as they are found: weights with other names, in other states, and their labels."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from ner_core.errors import ModelError, UnnamedLabelsError
from ner_core.inference.predictor import Predictor
from ner_core.models.label_spelling import SpellingError, as_tags, types_of
from ner_core.models.loading import load_for_training, load_trained
from ner_core.models.sources import STARTER, find_model
from ner_core.models.weight_files import head_size, wrapper_of

LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
ASK = (
    "Name its {} labels in their order: --model-labels O,B-PER,... on the command line, "
    "label_names in Python and over the network, “Names of its labels” on the page."
)


@pytest.fixture
def folder(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def configure(folder, **settings):
    path = folder / "config.json"
    config = {**json.loads(path.read_text()), **settings}
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def name_labels(folder, names):
    id2label = dict(enumerate(names))
    configure(folder, id2label=id2label, label2id={name: n for n, name in id2label.items()})


def refusal(name, *more):
    with pytest.raises(ModelError) as caught:
        load_trained(str(name), *more)
    return caught.value


@pytest.mark.parametrize("before", ["module.", "model.", "module.model."])
def test_weights_that_were_saved_inside_of_another_module_are_found(folder, tiny_model, before):
    file = folder / "model.safetensors"
    weights = load_file(file)
    save_file({before + name: part for name, part in weights.items()}, file, {"format": "pt"})
    assert wrapper_of(folder, "bert") == before
    for model in (
        load_trained(str(folder))[0],
        load_for_training(find_model(str(folder)), LABELS)[0],
    ):
        for name, part in model.state_dict().items():
            assert torch.equal(part, weights[name]), name


@pytest.mark.parametrize("kinds", [None, [], ["BertNer"], ["BertCrfForNer"], ["BertModel"]])
def test_a_head_is_found_whatever_the_architecture_is_called(folder, tiny_model, kinds):
    configure(folder, architectures=kinds)
    text = "ann lives in oslo"
    assert Predictor.load(str(folder)).predict(text) == Predictor.load(str(tiny_model)).predict(
        text
    )


def test_a_head_for_whole_texts_is_none_for_words(folder):
    configure(folder, architectures=["BertForSequenceClassification"])
    assert str(refusal(folder)).startswith(f"{folder} is an encoder without a token-classification")


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_a_pointer_is_named_as_such(folder, file):
    (folder / file).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    sentence = (
        f"{file} of {folder} is only a Git LFS pointer, not the real file. Run `git lfs pull` in "
        "its folder, or download the model again."
    )
    assert str(refusal(folder)) == sentence
    with pytest.raises(ModelError) as caught:
        load_for_training(find_model(str(folder)), LABELS)
    assert str(caught.value) == sentence


def test_an_adapter_without_a_config_is_named_as_such(tmp_path):
    shutil.copy(STARTER / "adapter_config.json", tmp_path)
    shutil.copy(STARTER / "adapter_model.safetensors", tmp_path)
    assert str(refusal(tmp_path)) == (
        f"{tmp_path} has an adapter without a config.json, so its labels are unknown. Save the "
        "config.json of the trained model beside it (model.config.save_pretrained)."
    )


@pytest.mark.parametrize(
    "name",
    [
        "https://huggingface.co/o/m",
        "http://huggingface.co/o/m/",
        "huggingface.co/o/m/tree/main",
        " https://hf.co/o/m?library=transformers ",
        "https://huggingface.co/o/m/blob/main/config.json",
        " o/m ",
        "hub:o/m\n",
    ],
)
@pytest.mark.parametrize("folders", [True, False])
def test_pasted_addresses_are_ids(name, folders):
    source = find_model(name, folders)
    assert (source.kind, source.location, source.at) == ("hub", "o/m", None)


@pytest.mark.parametrize(
    ("name", "revision"),
    [
        ("o/m@v1.0", "v1.0"),
        (" hub:o/m@refs/pr/1 ", "refs/pr/1"),
        ("https://huggingface.co/o/m/tree/v1.0", "v1.0"),
        ("https://huggingface.co/o/m/tree/v1.0/", "v1.0"),
        ("https://huggingface.co/o/m/blob/v1.0/config.json", "v1.0"),
        (" https://huggingface.co/o/m/tree/refs%2Fpr%2F1?x=y", "refs/pr/1"),
        ("hf.co/o/m/tree/refs/pr/1/folder", "refs/pr/1"),
        (f"https://huggingface.co/o/m/commit/{'a' * 40}", "a" * 40),
    ],
)
@pytest.mark.parametrize("folders", [True, False])
def test_a_revision_is_part_of_an_id(name, revision, folders):
    source = find_model(name, folders)
    assert (source.kind, source.location, source.at) == ("hub", "o/m", revision)


@pytest.mark.parametrize(
    "name",
    ["o/m@../x", "o/m@", "hub:o/m@a b", "https://hf.co/o/m/tree/..%2Fx", "hf.co/datasets/o/m"],
)
@pytest.mark.parametrize("folders", [True, False])
def test_what_is_no_id_is_a_sentence(name, folders):
    with pytest.raises(ModelError) as caught:
        find_model(name, folders)
    if "datasets" not in name:
        revision = "../x" if ".." in name else name.partition("@")[2]
        assert str(caught.value) == (
            f"{revision!r} can't be a revision of o/m. Write o/m@ and a branch, a tag or a commit, "
            "or leave it out."
        )
    else:
        assert str(caught.value).startswith("No model called 'hf.co/datasets/o/m'")


def test_the_number_of_labels_is_that_of_the_head(folder):
    configure(folder, id2label=None, label2id=None)
    assert head_size(folder) == 5
    error = refusal(folder)
    assert isinstance(error, UnnamedLabelsError)
    assert error.count == 5
    assert str(error) == (
        f"{folder} has 5 labels, and 2 names for them in its config.json. {ASK.format(5)}"
    )
    assert str(refusal(folder, ["O", "PER"])).startswith(
        f"{folder} has 5 labels, but you gave 2 names"
    )
    model, _ = load_trained(str(folder), LABELS)
    assert model.config.id2label == dict(enumerate(LABELS))
    assert len(model.classifier.weight) == 5


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("o b-per i-per b-loc i-loc", "O B-per I-per B-loc I-loc"),
        ("B-O B-PER I-PER B-LOC I-LOC", "O B-PER I-PER B-LOC I-LOC"),
        ("OTHER B-PER I-PER B-LOC I-LOC", "O B-PER I-PER B-LOC I-LOC"),
        ("None B_PER I_PER B_LOC I_LOC", "O B-PER I-PER B-LOC I-LOC"),
        ("[PAD] O X B-PER I-PER", "O O O B-PER I-PER"),
        ("O PER-B PER-I LOC_B LOC_I", "O B-PER I-PER B-LOC I-LOC"),
        ("O B–PER I–PER B—LOC I—LOC", "O B-PER I-PER B-LOC I-LOC"),
        ("O B-PER M-PER E-PER S-PER", "O B-PER I-PER E-PER S-PER"),
        ("O B-e-mail I-e-mail B-i-phone I-i-phone", "O B-e-mail I-e-mail B-i-phone I-i-phone"),
        ("O e-mail i-phone s-name PER", "O e-mail i-phone s-name PER"),
        ("O OTHER X PER LOC", "O OTHER X PER LOC"),
        ("NONE ORG MISC PER LOC", "O ORG MISC PER LOC"),
        ("O B-O I-O B-P I-P", "O B-O I-O B-P I-P"),
        ("I-ORG I-MISC I-PER I-LOC O", "I-ORG I-MISC I-PER I-LOC O"),
    ],
)
def test_labels_are_read_as_people_spell_them(folder, names, expected):
    name_labels(folder, names.split())
    model, _ = load_trained(str(folder))
    assert list(model.config.id2label.values()) == expected.split()
    assert model.config.label2id["O"] == expected.split().index("O")
    predictor = Predictor.load(str(folder))
    predictor.predict("ann lives in oslo")
    assert predictor.entity_types == sorted(types_of(names.split()))


@pytest.mark.parametrize(
    ("names", "unclear"),
    [
        ("O B I E S", "'B', 'I', 'E', 'S'"),
        ("O B-PER I-PER B- I-", "'B-', 'I-'"),
        ("other none PER LOC ORG", "'other', 'none'"),
        ("O b-PER B-PER I-PER X", "'b-PER', 'B-PER'"),
    ],
)
def test_unclear_labels_are_asked_for(folder, names, unclear):
    name_labels(folder, names.split())
    error = refusal(folder)
    assert isinstance(error, UnnamedLabelsError)
    assert str(error) == (
        f"Can't read some labels of the model {folder} as tags such as O, B-PER or PER: "
        f"{unclear}. {ASK.format(5)}"
    )


def test_an_unclear_name_is_no_guess():
    with pytest.raises(SpellingError) as caught:
        as_tags(["O", "B-PER", "7"])
    assert caught.value.names == ("7",)
    assert types_of(["LABEL_0", "LABEL_1"]) == set()
