import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ner_core.config import TrainConfig, problem_with
from ner_core.errors import ConfigError
from ner_core.recipes import RECIPE_PURPOSE, RECIPES
from ner_core.runs import store
from ner_core.setting_values import expectation

FIELDS = TrainConfig.model_fields

DEFAULTS = {
    "data": "sample",
    "token_column": None,
    "tag_column": None,
    "label_names": None,
    "sentence_column": None,
    "encoding": None,
    "span_offsets": "auto",
    "model": "minilm",
    "recipe": "balanced",
    "epochs": None,
    "auto_steps": 300,
    "batch_size": 32,
    "gradient_accumulation": 1,
    "learning_rate": None,
    "head_rate": 10,
    "schedule": "linear",
    "warmup": 0.1,
    "early_stopping": 0,
    "max_length": 256,
    "overlap": 64,
    "lora_rank": 0,
    "keep_types": False,
    "sub_token_labels": "first",
    "freeze_embeddings": True,
    "freeze_layers": 0,
    "class_weights": "none",
    "dropout": 0.0,
    "weight_decay": 0.01,
    "max_grad_norm": 1.0,
    "precision": "auto",
    "group_by_length": True,
    "evaluations": 8,
    "eval_sentences": 200,
    "max_train": None,
    "seed": 42,
    "report_to": "none",
}

EXPECTATIONS = {
    "data": "a text that is not empty",
    "token_column": "a text",
    "tag_column": "a text",
    "label_names": "a text",
    "sentence_column": "a text",
    "encoding": "a text encoding such as cp1251, shift_jis or gb18030",
    "span_offsets": "one of auto, as-given, inclusive-ends, from-one, from-one-inclusive, utf-16, "
    "bytes, two-for-line-ends",
    "model": "a text that is not empty",
    "recipe": "a text that is not empty",
    "epochs": "a number above 0 and up to 1,000",
    "auto_steps": "a whole number from 1 to 1,000,000",
    "batch_size": "a whole number from 1 to 1,024",
    "gradient_accumulation": "a whole number from 1 to 256",
    "learning_rate": "a number above 0 and up to 1",
    "head_rate": "a number from 1 to 1,000",
    "schedule": "one of linear, cosine, constant",
    "early_stopping": "a whole number from 0 to 1,000",
    "max_length": "a whole number from 16 to 8,192",
    "overlap": "a whole number from 0 to 4,096",
    "lora_rank": "a whole number from 0 to 256",
    "keep_types": "true or false",
    "sub_token_labels": "one of first, all, copy",
    "freeze_embeddings": "true or false",
    "freeze_layers": "a whole number from 0 to 200",
    "class_weights": "one of none, sqrt, inverse",
    "dropout": "a number from 0 to below 1",
    "weight_decay": "a number from 0 to 1",
    "warmup": "a number from 0 to below 1",
    "max_grad_norm": "a number from 0 to 1,000",
    "precision": "one of auto, fp32, bf16",
    "group_by_length": "true or false",
    "evaluations": "a whole number from 1 to 1,000",
    "eval_sentences": "a whole number from 1 to 1,000,000",
    "max_train": "a whole number from 1 on",
    "seed": "a whole number from 0 to 4,294,967,295",
    "report_to": "one of none, tensorboard, trackio",
}


def refusal(**values):
    with pytest.raises(ConfigError) as caught:
        TrainConfig.from_values(values)
    return str(caught.value)


def test_nothing_given_gives_the_defaults():
    assert TrainConfig.from_values({}).model_dump() == DEFAULTS
    assert TrainConfig().model_dump() == DEFAULTS


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_is_described_in_a_sentence(name):
    description = FIELDS[name].description
    assert description
    assert description[0].isupper()
    assert description.endswith(".")


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_setting_takes_is_said_in_words(name):
    assert expectation(FIELDS[name]) == EXPECTATIONS[name]


def test_the_notebook_recipe_is_the_notebook():
    config = TrainConfig.from_values({"recipe": "notebook"})
    assert config.model_dump() == {
        **DEFAULTS,
        "recipe": "notebook",
        "epochs": 1,
        "batch_size": 16,
        "learning_rate": 2e-5,
        "head_rate": 1,
        "freeze_embeddings": False,
        "dropout": 0.1,
        "sub_token_labels": "copy",
        "weight_decay": 0.01,
        "warmup": 0,
        "precision": "fp32",
        "group_by_length": False,
        "max_length": 512,
    }


def test_every_recipe_says_what_it_is_for():
    assert list(RECIPE_PURPOSE) == list(RECIPES)
    assert all(text.endswith(".") and len(text) < 90 for text in RECIPE_PURPOSE.values())


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("epochs", "", None),
        ("epochs", "2.5", None),
        ("epochs", "0", "can't be '0'. Use a number above 0 and up to 1,000."),
        ("batch_size", "", "can't be ''. Use a whole number from 1 to 1,024."),
        ("warmup", "1", "can't be '1'. Use a number from 0 to below 1."),
        # More than half of the default window, but windows may be longer.
        ("overlap", "200", None),
    ],
)
def test_one_setting_is_checked_on_its_own(name, value, problem):
    assert problem_with(name, value) == problem


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_fills_in_what_is_not_said(name):
    config = TrainConfig.from_values({"recipe": name, "batch_size": 3})
    assert (config.recipe, config.batch_size) == (name, 3)
    for key, value in RECIPES[name].items():
        assert key == "batch_size" or getattr(config, key) == value


@pytest.mark.parametrize("empty", [None, ""])
def test_without_a_recipe_it_is_balanced(empty):
    assert TrainConfig.from_values({"recipe": empty}).recipe == "balanced"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("epochs", "3", 3.0),
        ("epochs", "0.5", 0.5),
        ("epochs", 1000, 1000.0),
        ("batch_size", "1", 1),
        ("batch_size", "1024", 1024),
        ("batch_size", 8.0, 8),
        ("learning_rate", "2e-5", 2e-5),
        ("learning_rate", "1", 1.0),
        ("max_length", "16", 16),
        ("max_length", "8192", 8192),
        ("overlap", "0", 0),
        ("weight_decay", "0", 0.0),
        ("weight_decay", "1", 1.0),
        ("warmup", "0.99", 0.99),
        ("max_grad_norm", "0", 0.0),
        ("group_by_length", "false", False),
        ("group_by_length", "True", True),
        ("group_by_length", "0", False),
        ("sub_token_labels", "all", "all"),
        ("precision", "bf16", "bf16"),
        ("max_train", "10", 10),
        ("seed", "0", 0),
        ("seed", str(2**32 - 1), 2**32 - 1),
    ],
)
def test_texts_are_parsed_up_to_the_bounds(key, text, value):
    values = {key: text, "overlap": 0} if key == "max_length" else {key: text}
    parsed = getattr(TrainConfig.from_values(values), key)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize("key", ["epochs", "learning_rate", "max_train"])
@pytest.mark.parametrize("empty", [None, "", " ", "none", "None", "null", "auto", " AUTO "])
def test_an_empty_text_asks_for_the_automatic_value(key, empty):
    assert getattr(TrainConfig.from_values({key: empty}), key) is None


def test_an_automatic_value_overrides_a_recipe():
    config = TrainConfig.from_values({"recipe": "notebook", "learning_rate": "auto"})
    assert config.learning_rate is None


@pytest.mark.parametrize("key", [key for key, value in DEFAULTS.items() if value is not None])
def test_none_leaves_the_default_of_a_setting_that_always_has_a_value(key):
    assert TrainConfig.from_values({key: None}) == TrainConfig()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data", ""),
        ("model", ""),
        ("epochs", 0),
        ("epochs", "-1"),
        ("epochs", 1000.5),
        ("epochs", "many"),
        ("epochs", float("nan")),
        ("epochs", "inf"),
        ("batch_size", 0),
        ("batch_size", 1025),
        ("batch_size", "2.5"),
        ("batch_size", ""),
        ("batch_size", []),
        ("learning_rate", 0),
        ("learning_rate", 1.5),
        ("learning_rate", "fast"),
        ("max_length", 15),
        ("max_length", 8193),
        ("overlap", -1),
        ("overlap", 4097),
        ("sub_token_labels", "last"),
        ("weight_decay", -0.1),
        ("weight_decay", 1.1),
        ("warmup", -0.1),
        ("warmup", 1),
        ("max_grad_norm", -1),
        ("max_grad_norm", 1001),
        ("precision", "fp16"),
        ("group_by_length", "perhaps"),
        ("evaluations", 0),
        ("evaluations", 1001),
        ("eval_sentences", 0),
        ("eval_sentences", 1_000_001),
        ("max_train", 0),
        ("max_train", "some"),
        ("token_column", 1),
        ("label_names", ["O"]),
        ("encoding", "utf-9"),
        ("encoding", "base64"),  # Python's codecs that are no text
        ("encoding", "rot13"),
        ("encoding", "idna"),
        ("encoding", "unicode-escape"),
        ("encoding", "../x"),
        ("encoding", "cp1251\0"),
        ("encoding", 1251),
        ("span_offsets", "from-two"),
        ("seed", -1),
        ("seed", 2**32),
    ],
)
def test_a_value_out_of_bounds_is_a_sentence(key, value):
    assert refusal(**{key: value}) == f"{key} can't be {value!r}. Use {EXPECTATIONS[key]}."


def test_a_recipe_that_does_not_exist_is_a_sentence():
    assert (
        refusal(recipe="fast")
        == "recipe can't be 'fast'. Use one of quick, balanced, best, adapter, notebook."
    )


def test_a_setting_that_does_not_exist_is_a_sentence():
    assert refusal(lr=1) == f"There is no setting 'lr'. The settings are {', '.join(DEFAULTS)}."


@pytest.mark.parametrize(
    ("length", "overlap", "most"), [(256, 129, 128), (17, 9, 8), (100, 64, 50), (16, 4096, 8)]
)
def test_an_overlap_over_half_a_window_is_a_sentence(length, overlap, most):
    assert refusal(max_length=length, overlap=overlap) == (
        f"overlap can't be {overlap}. Use at most half of max_length, which is {most}."
    )
    assert TrainConfig.from_values({"max_length": length, "overlap": most}).overlap == most


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValidationError):
        TrainConfig().seed = 1


CONFIGS = st.builds(
    TrainConfig,
    data=st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])),
    epochs=st.none() | st.floats(0, 1000, exclude_min=True),
    learning_rate=st.none() | st.floats(0, 1, exclude_min=True),
    batch_size=st.integers(1, 1024),
    overlap=st.integers(0, 128),
    sub_token_labels=st.sampled_from(["first", "all", "copy"]),
    group_by_length=st.booleans(),
    max_train=st.none() | st.integers(1),
    seed=st.integers(0, 2**32 - 1),
)


@given(CONFIGS)
def test_settings_survive_json(config):
    read = json.loads(json.dumps(config.model_dump(), allow_nan=False))
    assert TrainConfig.model_validate(read) == config
    assert TrainConfig.from_values(read) == config


def test_settings_survive_the_run_directory():
    config = TrainConfig.from_values({"recipe": "notebook", "data": "Zürich", "learning_rate": ""})
    assert store.create(config, "a").config() == config


@pytest.mark.parametrize(("max_length", "overlap"), [("100", 25), ("128", 64), ("16", 4)])
def test_the_overlap_fits_short_windows_unless_it_was_chosen(max_length, overlap):
    assert TrainConfig.from_values({"max_length": max_length}).overlap == overlap


def test_a_huge_value_is_not_repeated_whole():
    with pytest.raises(ConfigError) as caught:
        TrainConfig.from_values({"epochs": "9" * 10**6 + "x"})
    assert len(str(caught.value)) < 200


def test_what_was_not_given_is_left_to_the_recipe():
    given = {"recipe": "notebook", "epochs": None, "learning_rate": None, "seed": None}
    config = TrainConfig.from_values(given)
    assert (config.epochs, config.learning_rate, config.seed) == (1, 2e-5, 42)
    assert TrainConfig.from_values({**given, "epochs": "auto"}).epochs is None
