"""Imports point one way: each module is loaded where nothing of the package is loaded."""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import ner_core

REPOSITORY = Path(__file__).parent.parent
PACKAGE = REPOSITORY / "ner_core"
HEAVY = {"torch", "transformers", "datasets", "evaluate", "seqeval", "peft", "gradio"}

SETTINGS = {"config", "errors"}
STORE = {*SETTINGS, "events", "locks", "paths", "runs"}
READERS = {
    *{"data", "data.conll", "data.corpus", "data.csv_lists", "data.csv_rows", "data.csv_table"},
    *{
        "data.faults",
        "data.formats",
        "data.hub_id",
        "data.inline",
        "data.json_lines",
        "data.json_values",
        "data.label_studio",
    },
    *{
        "data.parquet",
        "data.rows",
        "data.scan",
        "data.staging",
        "data.sentence",
        "data.sources",
        "data.spans",
    },
    *{"data.splits", "data.text"},
}
HUB = {
    *{"data.hub", "data.hub_client", "data.hub_columns", "data.hub_layout"},
    *{"hub_access", "hub_answers", "hub_token"},
}
LAUNCH = {
    *{
        "checkpoints",
        "cost",
        "epochs",
        "hub_token",
        "interruption",
        "launch",
        "launch.estimation",
        "launch.local",
    },
    *{"launch.measurements", "launch.submission", "machine", "model_sources", "worker"},
    *{"gpu_cost", "launch.gpu_estimation", "launch.lent_gpu", "zero_gpu"},
}
VIEW = {*STORE, "checkpoints", "machine", "post_mortem", "run_view"}
CARD = {*VIEW, "card_facts", "card_markup", "model_sources"}
FINDING = {"entities", "errors", "tags", "words"}
READING = {*READERS, "errors", "paths", "tags", "words"}

# What a module may load: siblings in ner_core, and heavy packages.
LIGHT = {
    "errors": {"errors"},
    "config": SETTINGS,
    "cli_command": {*SETTINGS, "cli_command"},
    "cost": {*SETTINGS, "cost", "epochs"},
    "counting": {"counting"},
    "deploy": {"deploy", "errors", "repo_name"},
    "epochs": {"epochs"},
    "gpu_cost": {*SETTINGS, "cost", "epochs", "gpu_cost"},
    "zero_gpu": {"errors", "zero_gpu"},
    "tags": {"errors", "tags"},
    "error_log": {"error_log"},
    "events": {"errors", "events"},
    "hub_token": {"hub_token"},
    "locks": {"errors", "locks"},
    "paths": {"paths"},
    "words": {"words"},
    "publication": {"publication"},
    "repo_name": {"errors", "repo_name"},
    "hub_access": {"errors", "hub_access", "hub_token"},
    "hub_account": {"errors", "hub_access", "hub_account", "hub_token", "publication", "repo_name"},
    "hub_files": {*STORE, "hub_files", "model_sources"},
    "hub_upload": {"hub_upload", "publication"},
    "runs": STORE,
    "run_archive": {*STORE, "run_archive"},
    "checkpoints": {"checkpoints"},
    "machine": {"machine"},
    "interruption": {"interruption"},
    "run_log": {"errors", "events", "run_log"},
    "post_mortem": {*STORE, "checkpoints", "machine", "post_mortem"},
    "run_view": VIEW,
    "card_markup": {"card_markup"},
    "card_facts": CARD,
    "model_card": {*CARD, "cli_command", "counting", "model_card", "repo_name"}
    | {f"card_{part}" for part in ("citations", "metadata", "scores", "training")},
    "model_sources": {*STORE, "model_sources"},
    "entities": FINDING,
    "entity_colours": {"entity_colours"},
    "entity_html": {*FINDING, "counting", "entity_colours", "entity_html"},
    "entity_files": {*FINDING, "counting", "entity_colours", "entity_files", "entity_html"},
    "model_cache": {"model_cache"},
    "pacing": {*FINDING, "pacing"},
    "first_answer": {*STORE, "entities", "first_answer", "model_sources", "tags", "words"},
}
MIDDLE = {
    **{name: (READING, {"datasets"}) for name in sorted(READERS)},
    **{
        name: ({*READING, *HUB}, {"datasets"}) for name in sorted(HUB - {"hub_access", "hub_token"})
    },
    "data.writers": ({*READING, "data.writers"}, {"datasets"}),
    "data.provenance": ({*READING, "data.provenance", "data.writers"}, {"datasets"}),
    "findings": ({*READING, "counting", "findings"}, {"datasets"}),
    "text_files": ({*READING, "text_files"}, {"datasets"}),
    "check": ({*READING, "check", "counting", "findings"}, {"datasets"}),
    "sub_tokens": (
        {*READING, *STORE, "counting", "findings", "model_sources", "sub_tokens", "word_tokenizer"},
        {"datasets"},
    ),
    "launch.estimation": ({*READING, *STORE, *LAUNCH}, {"datasets"}),
    "metrics": ({"errors", "metrics", "tags"}, {"seqeval"}),
    "error_analysis": ({"errors", "error_analysis", "error_log", "metrics", "tags"}, {"seqeval"}),
}

# What stands above these, from the bottom to the top: each may load what stands before its line.
PARTS = [
    {"card_citations", "card_metadata", "card_scores", "card_training"},
    {"adapters", "align", "cores", "evaluate_metric", "fresh_head", "hub_models", "named_labels"},
    {"reachability", "report", "sampling", "sub_token_view", "trial", "word_tokenizer"},
    {"losses", "models", "published_files"},
    {"fused_bert", "publishing"},
    *({"tagging"}, {"predict"}, {"evaluation"}, {"validation"}, {"trainer"}, {"run_callback"}),
    *({"preparation"}, {"train"}),
]
LAUNCHER = {
    *{"launch", "launch.gpu_estimation", "launch.lent_gpu", "launch.local"},
    *{"launch.measurements", "launch.submission", "worker"},
}
COMMANDS = {"cli_card", "cli_deploy", "cli_hub", "cli_predict", "cli_runs"}
UPPER = {name: set().union(*PARTS[:number]) for number, names in enumerate(PARTS) for name in names}
UPPER |= dict.fromkeys(LAUNCHER, LAUNCHER)
UPPER |= {name: {"cli_output"} for name in COMMANDS}
UPPER |= {
    "worker": set(),  # what trains is loaded once a run is its turn
    "estimate": {*set().union(*PARTS), "worker"},
    "cli_output": set(),
    "cli_train": {"cli_output", *LAUNCHER},
    "cli": {*COMMANDS, "cli_output"},
}
# Their parts that are loaded when they are used, too: each fork would take seconds to do that.
LIBRARIES = ("datasets", "evaluate", "seqeval.metrics", "peft", "transformers.trainer")

MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.name != "__main__.py" and path != PACKAGE / "__init__.py"
)


# Import each module in a fork of its own, so that none finds what another one has loaded.
EACH = """
import importlib, json, os, sys

modules, heavy = map(json.loads, sys.argv[1:])
for name in heavy:
    importlib.import_module(name)
for module in modules:
    sys.stdout.flush()
    child = os.fork()
    if not child:
        importlib.import_module(module)
        print(json.dumps([module, [*sys.modules]]), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, module
"""


def output_of(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def of_interest(names):
    """Give the siblings among loaded modules, and the heavy packages."""
    prefix = "ner_core."
    siblings = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    return siblings, HEAVY & set(names)


def loaded_by(*modules):
    """Import modules in a fresh interpreter; give the siblings and the heavy packages it loaded."""
    imports = "\n".join(f"import {module}" for module in modules)
    lines = output_of(f"{imports}\nimport json, sys\nprint(json.dumps([*sys.modules]))")
    return of_interest(json.loads(lines[-1]))


@cache
def loaded_by_each(modules, heavy=()):
    """Import each module alone, with these heavy packages, which all may load, there already."""
    lines = output_of(EACH, json.dumps([f"ner_core.{name}" for name in modules]), json.dumps(heavy))
    return {
        name.removeprefix("ner_core."): of_interest(names) for name, names in map(json.loads, lines)
    }


def test_each_module_stands_in_one_table():
    named = [*LIGHT, *MIDDLE, *UPPER]
    assert sorted(named) == MODULES


def test_the_package_itself_loads_nothing():
    assert loaded_by("ner_core") == (set(), set())


@pytest.mark.parametrize("module", LIGHT)
def test_a_light_module_loads_nothing_heavy_and_nothing_above_it(module):
    siblings, heavy = loaded_by_each(tuple(LIGHT))[module]
    assert siblings <= LIGHT[module]
    assert not heavy


@pytest.mark.parametrize("module", MIDDLE)
def test_data_check_and_metrics_load_no_torch_and_nothing_above_them(module):
    allowed_siblings, allowed_heavy = MIDDLE[module]
    alike = tuple(name for name, (_, heavy) in MIDDLE.items() if heavy == allowed_heavy)
    siblings, heavy = loaded_by_each(alike, tuple(allowed_heavy))[module]
    assert siblings <= allowed_siblings
    assert heavy <= allowed_heavy


@pytest.mark.parametrize("module", sorted(UPPER))
def test_what_computes_launches_or_commands_loads_nothing_above_it(module):
    siblings, heavy = loaded_by_each(tuple(UPPER), LIBRARIES)[module]
    assert siblings & {*UPPER} <= UPPER[module] | {module}
    assert "gradio" not in heavy


def test_the_metric_object_stands_below_everything_that_trains():
    siblings, _ = loaded_by_each(tuple(UPPER), LIBRARIES)["evaluate_metric"]
    assert siblings <= {"errors", "evaluate_metric", "metrics", "tags"}


def imported_names(tree):
    """Give every module that a syntax tree imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_module_of_the_package_imports_gradio_even_late(path):
    roots = {name.split(".")[0] for name in imported_names(ast.parse(path.read_text("utf-8")))}
    assert not roots & {"gradio", "ui", "app"}


def private_imports(source):
    """List what in a source text reaches past the public names of ner_core."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found += [name for name in names if name.startswith("ner_core.")]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [alias.name for alias in node.names]
            if node.module == "ner_core":
                found += [f"ner_core:{name}" for name in names if name not in ner_core.__all__]
            elif node.module.startswith("ner_core."):
                found.append(node.module)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "ner_core"
            and node.attr not in ner_core.__all__
        ):
            found.append(f"ner_core.{node.attr}")
    return found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from ner_core import Predictor, runs", []),
        ("import gradio\nfrom ui import charts", []),
        ("import ner_core\nner_core.Predictor", []),
        ("import ner_core\nner_core.train.fit()", ["ner_core.train"]),
        ("import ner_core.train as t", ["ner_core.train"]),
        ("from ner_core import train", ["ner_core:train"]),
        ("from ner_core.train import run", ["ner_core.train"]),
        ("from ner_core import *", ["ner_core:*"]),
        ("def f():\n    from ner_core.data import load", ["ner_core.data"]),
    ],
)
def test_imports_past_the_public_names_are_seen(source, found):
    assert private_imports(source) == found


PAGE = sorted([*(REPOSITORY / "ui").rglob("*.py"), REPOSITORY / "app.py"])


@pytest.mark.parametrize("path", PAGE, ids=lambda path: path.name)
def test_the_page_uses_only_public_names(path):
    assert private_imports(path.read_text(encoding="utf-8")) == []


def test_the_page_is_built_without_loading_torch_or_datasets():
    _, heavy = loaded_by("app")
    assert heavy == {"gradio"}


def test_every_public_name_is_there():
    missing = [name for name in ner_core.__all__ if getattr(ner_core, name, None) is None]
    assert not missing
    assert len(set(ner_core.__all__)) == len(ner_core.__all__)


def test_no_public_name_is_also_that_of_a_module():
    # Once such a module is imported it takes the name's place, whoever imported it.
    assert not {*ner_core.__all__} - {"runs"} & {module.split(".")[0] for module in MODULES}


def test_type_checkers_see_the_same_public_names():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    names = {alias.asname for node in guarded.body for alias in node.names}
    assert names == set(ner_core.__all__)


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError) as caught:
        _ = ner_core.Trainer
    assert str(caught.value) == "module 'ner_core' has no attribute 'Trainer'"
