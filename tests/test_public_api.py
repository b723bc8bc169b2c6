"""The public names of the package, and that the examples in its documentation run."""

import inspect
import os
import pkgutil
import re
import subprocess
import sys
import textwrap

import pytest

import ner_core
from ner_core import errors
from ner_core.config import TrainConfig
from ner_core.jobs import in_process
from ner_core.runs import store
from tests.support.places import REPOSITORY
from tests.support.samples import part_of_sample

KINDS = [kind for kind in vars(errors).values() if inspect.isclass(kind)]
NAMES = {
    *("Predictor", "Entity", "Span", "TrainConfig", "train", "resume", "evaluate", "check"),
    *("load_data", "Run", "list_runs", "publish", "model_card"),
    *(kind.__name__ for kind in KINDS),
}
FUNCTIONS = sorted(name for name in NAMES if inspect.isfunction(getattr(ner_core, name)))


def test_the_names_are_these_and_each_is_there():
    assert set(ner_core.__all__) == set(dir(ner_core)) == NAMES
    assert len(ner_core.__all__) == len(NAMES)
    assert {name for name in NAMES if getattr(ner_core, name).__name__ != name} == set()


def test_every_error_is_one_of_ours():
    assert all(issubclass(kind, ner_core.NerError | ner_core.NerWarning) for kind in KINDS)


def test_no_name_is_also_a_module():
    assert NAMES & {module.name for module in pkgutil.iter_modules(ner_core.__path__)} == set()


def test_a_name_that_is_not_public_is_not_there():
    with pytest.raises(AttributeError, match="module 'ner_core' has no attribute 'submit'"):
        _ = ner_core.submit


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_name_is_documented(name):
    assert getattr(ner_core, name).__module__.startswith("ner_core.")
    assert inspect.getdoc(getattr(ner_core, name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_typed(name):
    signature = inspect.signature(getattr(ner_core, name))
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty, parameter.name


def test_type_checkers_see_the_same_names():
    source = (REPOSITORY / "ner_core" / "__init__.py").read_text(encoding="utf-8")
    assert sorted(re.findall(r"import (\w+) as \1$", source, re.MULTILINE)) == sorted(NAMES)


def test_training_takes_every_setting_by_name(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(in_process, "train", lambda *given: seen.append(given[:2]))
    settings = TrainConfig().model_dump() | {"batch_size": 7, "report_to": "trackio"}
    ner_core.train(on_event=print, **settings)
    ner_core.train(tmp_path)
    assert seen == [
        (TrainConfig.from_values(settings), print),
        (TrainConfig(data=str(tmp_path)), None),
    ]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: ner_core.train("sample", no_such=1),
            "There is no setting 'no_such'. The settings are "
            f"{', '.join(TrainConfig.model_fields)}.",
        ),
        (
            lambda: ner_core.resume("nowhere"),
            "There is no run 'nowhere'. List your runs with `python -m ner_core runs`.",
        ),
        (
            lambda: ner_core.publish("nowhere", "ann/model"),
            "There is no run 'nowhere'. List your runs with `python -m ner_core runs`.",
        ),
    ],
)
def test_what_cannot_work_is_one_sentence(call, sentence):
    with pytest.raises(ner_core.NerError) as caught:
        call()
    assert str(caught.value) == sentence
    assert ner_core.list_runs() == []


def test_scores_and_checks_are_those_of_the_command_line(toy_run, toy_data, document):
    model = toy_run.model_dir
    for from_text in (False, True):
        flags = ["--from-text"] if from_text else []
        said = document("evaluate", "--model", model, "--data", toy_data, *flags)
        scores = ner_core.evaluate(model, toy_data, from_text=from_text)
        assert {name: said[name] for name in scores} == scores
    assert ner_core.check(toy_data).as_json() == document("check", toy_data)
    assert ner_core.load_data(toy_data).entity_types == ["LOC", "PER"]


def test_columns_are_given_by_name(tmp_path):
    path = tmp_path / "mine.conll"
    path.write_text("B-PER ann\nO lives\n\nB-PER bob\nO lives\n", encoding="utf-8")
    columns = {"token_column": "2", "tag_column": "1"}
    assert ner_core.load_data(path, **columns).dataset["train"]["tokens"][0][1] == "lives"
    assert ner_core.check(path, **columns).splits["train"].per_type == {"PER": 1}


def test_the_card_names_the_repository(toy_run):
    assert "ann/toy" in ner_core.model_card(toy_run, "ann/toy")
    assert "OWNER/NAME" in ner_core.model_card(toy_run)


@pytest.mark.slow
def test_the_example_of_the_package_runs(tmp_path):
    example = textwrap.dedent(ner_core.__doc__.partition("::\n")[2].partition("\nThe names")[0])
    # Two steps of a model that has learned the sample, where a person waits for 90 of minilm.
    data = part_of_sample(tmp_path / "part", train=64, validation=20, test=80)
    few = example.replace('"sample"', repr(str(data)))
    few = few.replace('model="minilm", recipe="quick"', 'model="starter", epochs=1')
    assert str(data) in few
    assert 'model="starter"' in few
    (tmp_path / "example.py").write_text(few, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *events, f1, entities = done.stdout.splitlines()
    assert events[0] == "step 0: started"
    assert events[-1].endswith(": finished")
    (run,) = store.list_runs()
    assert float(f1) == run.report["test"]["f1"] > 0.3
    assert "Entity(start=0, end=3, label='PER'" in entities
