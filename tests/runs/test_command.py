"""The command that the page shows gives the run that the page would start."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.cli import main
from ner_core.config import TrainConfig
from ner_core.errors import ConfigError
from ner_core.recipes import RECIPES
from ner_core.runs.command import command_line, value_text

TEXTS = st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"]))
NAMES = st.none() | TEXTS | st.sampled_from(["auto", "-1", "--json", "a b", "O,B-PER,I-PER"])
VALUES = {
    "data": TEXTS
    | st.sampled_from(["sample", "hub:conll2003", "my data/a'b.conll", "--to", "$HOME"]),
    "token_column": NAMES,
    "tag_column": NAMES,
    "label_names": NAMES,
    "sentence_column": NAMES,
    "encoding": st.none() | st.sampled_from(["auto", "cp1251", "utf-16", "Shift_JIS"]),
    "span_offsets": st.sampled_from(["auto", "as-given", "from-one", "bytes"]),
    "model": TEXTS | st.sampled_from(["minilm", "starter", "-m"]),
    "recipe": st.sampled_from(list(RECIPES)),
    "auto_steps": st.integers(1, 1_000_000),
    "epochs": st.none() | st.just("auto") | st.floats(0, 1000, exclude_min=True),
    "batch_size": st.integers(1, 1024),
    "gradient_accumulation": st.integers(1, 256),
    "learning_rate": st.none() | st.just("auto") | st.floats(0, 1, exclude_min=True),
    "head_rate": st.floats(1, 1000),
    "schedule": st.sampled_from(["linear", "cosine", "constant"]),
    "warmup": st.floats(0, 1, exclude_max=True),
    "early_stopping": st.integers(0, 1000),
    "max_length": st.integers(16, 8192),
    "overlap": st.integers(0, 8),
    "lora_rank": st.integers(0, 256),
    "sub_token_labels": st.sampled_from(["first", "all", "copy"]),
    "freeze_embeddings": st.booleans(),
    "freeze_layers": st.integers(0, 200),
    "class_weights": st.sampled_from(["none", "sqrt", "inverse"]),
    "dropout": st.floats(0, 1, exclude_max=True),
    "weight_decay": st.floats(0, 1),
    "max_grad_norm": st.floats(0, 1000),
    "precision": st.sampled_from(["auto", "fp32", "bf16"]),
    "group_by_length": st.booleans(),
    "evaluations": st.integers(1, 1000),
    "eval_sentences": st.integers(1, 1_000_000),
    "max_train": st.none() | st.just("auto") | st.integers(1),
    "seed": st.integers(0, 2**32 - 1),
    "report_to": st.sampled_from(["none", "tensorboard", "trackio"]),
}
CONFIGS = st.fixed_dictionaries({}, optional=VALUES).map(TrainConfig.from_values)


def line(**values):
    return command_line(TrainConfig.from_values(values))


def read_by_the_cli(command):
    """Return the settings that ``python -m ner_core`` makes of a command; nothing is started."""
    program, *arguments = shlex.split(command)[2:]
    assert program == "ner_core"
    given_to_submit = []

    def submit(config, run_id=None, warn=None):
        given_to_submit.append((config, run_id))
        return None, None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ner_core.jobs.submit.submit", submit)
        patch.setattr("ner_core.cli.train._follow", lambda run, process, as_json: 0)
        assert main.main(arguments) == 0
    [(config, run_id)] = given_to_submit
    assert run_id is None
    return config


def test_every_setting_is_tried_here():
    assert set(VALUES) == set(TrainConfig.model_fields)


@given(CONFIGS)
def test_the_command_gives_the_same_settings(config):
    assert read_by_the_cli(command_line(config)) == config


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_as_it_is_needs_no_more_than_its_name(recipe):
    name = "" if recipe == "balanced" else f" --recipe {recipe}"
    assert line(recipe=recipe) == f"python -m ner_core train --data sample{name}"


@pytest.mark.parametrize(
    ("values", "end"),
    [
        ({"model": "starter", "seed": 7}, "--model starter --seed 7"),
        ({"learning_rate": 3e-5, "batch_size": 8}, "--batch-size 8 --learning-rate 3e-05"),
        ({"dropout": 0.1, "schedule": "cosine"}, "--set schedule=cosine --set dropout=0.1"),
        ({"freeze_embeddings": False}, "--set freeze_embeddings=false"),
        ({"recipe": "notebook", "epochs": ""}, "--recipe notebook --epochs auto"),
        ({"recipe": "best", "dropout": 0}, "--recipe best --set dropout=0"),
        ({"recipe": "quick", "max_train": ""}, "--recipe quick --max-train auto"),
        ({"label_names": "O, B-PER"}, "--label-names 'O, B-PER'"),
        ({"token_column": "-1"}, "--token-column=-1"),
        (
            {"sentence_column": "Sent", "encoding": "cp1251", "span_offsets": "utf-16"},
            "--sentence-column Sent --encoding cp1251 --span-offsets utf-16",
        ),
        # A short window brings a short overlap with it.
        ({"max_length": 100}, "--max-length 100"),
        ({"max_length": 100, "overlap": 50}, "--max-length 100 --set overlap=50"),
    ],
)
def test_only_what_differs_from_the_recipe_is_written(values, end):
    assert line(**values) == f"python -m ner_core train --data sample {end}"


def test_what_a_shell_would_read_otherwise_is_quoted():
    assert line(data="my data/it's.conll") == (
        """python -m ner_core train --data 'my data/it'"'"'s.conll'"""
    )
    assert line(data="-x; rm *") == "python -m ner_core train '--data=-x; rm *'"


def test_settings_of_a_recipe_that_is_gone_have_no_command():
    with pytest.raises(ConfigError) as caught:
        command_line(TrainConfig(recipe="old"))
    assert str(caught.value) == (
        "recipe can't be 'old'. Use one of quick, balanced, best, adapter, notebook."
    )


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_so_that_it_is_read_as_the_same(number):
    assert float(value_text(number)) == number
