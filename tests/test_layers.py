"""The layers: one ordered list of packages, and imports that point one way."""

import ast
import json
import re
import subprocess
import sys
from functools import cache

import pytest

from tests.support.places import REPOSITORY

HEAVY = {"torch", "transformers", "datasets", "evaluate", "seqeval", "peft", "gradio"}
DATASETS = {"datasets"}
TORCH = {"torch", "transformers", "peft"}

# From the bottom to the top. A line is a package or a module; it may import itself and the lines
# above it. The second column holds the heavy packages that it may import when it is loaded, beside
# those of the lines that it imports. The longest line that fits a module's name is the module's.
LAYERS: list[tuple[str, set[str]]] = [
    ("ner_core.errors", set()),
    ("ner_core.counting", set()),
    ("ner_core.recipes", set()),
    ("ner_core.setting_values", set()),
    ("ner_core.text_encodings", set()),
    ("ner_core.config", set()),
    ("ner_core.tags", set()),
    ("ner_core.dropped_words", set()),
    ("ner_core.word_rules", set()),
    ("ner_core.words", set()),
    ("ner_core.word_joining", set()),
    ("ner_core.entities", set()),
    ("ner_core.system", set()),
    ("ner_core.hub", set()),
    ("ner_core.annotations.addresses", set()),
    ("ner_core.runs", set()),
    ("ner_core.data.readers", set()),
    ("ner_core.data.split_source", set()),
    ("ner_core.data.splits", set()),
    ("ner_core.annotations", set()),
    ("ner_core.data.hub", DATASETS),
    ("ner_core.data", DATASETS),
    ("ner_core.annotations.importing", DATASETS),
    ("ner_core.annotations.as_parquet", DATASETS),
    ("ner_core.models.sources", set()),
    ("ner_core.models.hub_safety", set()),
    ("ner_core.models.suggestions", set()),
    ("ner_core.models", TORCH),
    ("ner_core.checks", DATASETS),
    ("ner_core.render", set()),
    ("ner_core.inference.numpy_bert", set()),
    ("ner_core.inference", TORCH),
    ("ner_core.teaching", set()),
    ("ner_core.evaluation.metrics", {"seqeval"}),
    ("ner_core.evaluation.error_analysis", set()),
    ("ner_core.evaluation", {*DATASETS, "evaluate"}),
    ("ner_core.training.plan", set()),
    ("ner_core.training", {*TORCH, *DATASETS}),
    ("ner_core.cost", {*TORCH, *DATASETS}),
    ("ner_core.jobs", set()),
    ("ner_core.publishing", set()),
    ("ner_core.api", set()),
    ("ner_core.cli", set()),
    ("ner_core.__main__", set()),
    ("ner_core", set()),
    ("ner_studio.base", {"gradio"}),
    ("ner_studio.state", {"gradio"}),
    ("ner_studio.highlight", {"gradio"}),
    ("ner_studio.report", {"gradio"}),
    ("ner_studio.publish", {"gradio"}),
    ("ner_studio.runs", {"gradio"}),
    ("ner_studio.watch", {"gradio"}),
    ("ner_studio.train", {"gradio"}),
    ("ner_studio.api", {"gradio"}),
    ("ner_studio.rest_calls", {"gradio"}),
    ("ner_studio.mcp_tools", {"gradio"}),
    ("ner_studio.page", {"gradio"}),
    ("ner_studio.command", set()),
    ("ner_studio", set()),
    ("app", set()),
]
NAMES = [name for name, _ in LAYERS]


def _modules():
    found = {}
    for path in [
        *(REPOSITORY / "ner_core").rglob("*.py"),
        *(REPOSITORY / "ner_studio").rglob("*.py"),
        REPOSITORY / "app.py",
    ]:
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = _modules()


def layer_of(module):
    """Return the index of the line that a module belongs to."""
    fitting = [name for name in NAMES if module == name or module.startswith(f"{name}.")]
    return NAMES.index(max(fitting, key=len))


def imports_of(source, late=True):
    """Yield the dotted names that a source text imports; without ``late`` not those in functions.

    What is imported for type checkers only is an import like any other: it ties two modules.
    """
    waiting = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        if late or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)


def module_named(name):
    """Return the module of ours that a dotted name is in, None if it is in none."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


@cache
def siblings_of(module):
    """Return the modules of ours that a module imports, early or late."""
    names = imports_of(MODULES[module].read_text(encoding="utf-8"))
    return {found for name in names if (found := module_named(name))} - {module}


@pytest.mark.parametrize(
    ("source", "late", "names"),
    [
        ("import a.b", True, ["a.b"]),
        ("from a.b import c, d", True, ["a.b.c", "a.b.d"]),
        ("def f():\n    from a import b", True, ["a.b"]),
        ("def f():\n    from a import b", False, []),
        ("if x:\n    import a", False, ["a"]),
    ],
)
def test_imports_are_found(source, late, names):
    assert list(imports_of(source, late)) == names


def test_every_line_of_the_list_is_there():
    assert {name for name in NAMES if name not in MODULES} == set()
    assert len(set(NAMES)) == len(NAMES)


def test_imports_point_up_the_list():
    down = {
        (module, found)
        for module in MODULES
        for found in siblings_of(module)
        if layer_of(found) > layer_of(module)
    }
    assert down == set()


def test_there_is_no_circle():
    graph = {module: siblings_of(module) for module in MODULES}
    while graph:
        free = {module for module, needed in graph.items() if not needed & graph.keys()}
        assert free, f"these import each other, or what does: {sorted(graph)}"
        graph = {module: needed for module, needed in graph.items() if module not in free}


def roots_of(module, late):
    """Return the top-level packages that a module imports."""
    names = imports_of(MODULES[module].read_text(encoding="utf-8"), late)
    return {name.partition(".")[0] for name in names}


def test_heavy_packages_are_imported_where_the_list_says():
    heavy = {module: roots_of(module, late=False) & HEAVY for module in MODULES}
    assert {
        module: found for module, found in heavy.items() if not found <= LAYERS[layer_of(module)][1]
    } == {}


@pytest.mark.slow
def test_the_package_never_imports_the_page():
    core = [module for module in MODULES if module.startswith("ner_core")]
    page = {"gradio", "ner_studio", "app"}
    assert {module for module in core if roots_of(module, late=True) & page} == set()


def test_no_underscored_name_is_imported_or_reached_for():
    found = set()
    for module, path in MODULES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and module_named(node.module or ""):
                imported |= {alias.asname or alias.name for alias in node.names}
                found |= {(module, alias.name) for alias in node.names if alias.name[0] == "_"}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in imported
                and re.match("_[a-z]", node.attr)
            ):
                found.add((module, f"{node.value.id}.{node.attr}"))
    assert found == set()


def loaded_by(module):
    """Import a module in a fresh interpreter; return what of ours and what heavy it loaded."""
    code = f"import {module}, json, sys\nprint(json.dumps([*sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    names = set(json.loads(done.stdout.splitlines()[-1]))
    return {name for name in names if name.startswith("ner_core.")}, HEAVY & names


def test_the_package_itself_loads_nothing():
    assert loaded_by("ner_core") == (set(), set())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("ner_core.api", set()),
        ("ner_core.cli.main", set()),
        ("ner_core.jobs.worker", set()),
        ("ner_core.jobs.submit", {"datasets"}),
        ("ner_core.publishing.push", set()),
        ("ner_core.checks.report", {"datasets"}),
        ("ner_core.data.readers.formats", set()),
        ("ner_core.inference.numpy_bert", set()),
        ("ner_core.runs.view", set()),
        ("app", set()),
        ("ner_studio.page", {"gradio"}),
    ],
)
def test_what_has_to_start_fast_loads_nothing_heavy_by_way_of_others(module, heavy):
    assert loaded_by(module)[1] == heavy
