"""README.md and docs/: every link leads somewhere, and every command and example in them works."""

import re
import shlex
from pathlib import Path

import pytest

from ner_core.annotations import store as annotations
from tests.support import toy
from tests.support.hub_client import finished_run
from tests.support.hub_server import Repo
from tests.support.places import REPOSITORY

# huggingface_hub sends files by an argument that its transport has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")

PAGES = [REPOSITORY / "README.md", REPOSITORY / "AGENTS.md", *sorted(REPOSITORY.glob("docs/*.md"))]
TEXTS = {page.relative_to(REPOSITORY).as_posix(): page.read_text("utf-8") for page in PAGES}

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\.venv/bin/)?python -m ner_core (.*)$", re.MULTILINE)
INLINE = re.compile(r"`(?:\.venv/bin/)?python -m ner_core ([a-z][^`]*)`")


def without_code(text):
    return FENCED.sub("", text)


def anchors_of(text):
    """Return the anchors that GitHub and the Hub give to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links():
    for name, text in TEXTS.items():
        for target in LINK.findall(re.sub(r"`[^`\n]*`", "", without_code(text))):
            yield name, target


def test_every_link_leads_to_a_file_or_a_heading():
    broken = []
    for name, target in links():
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        page = REPOSITORY / name
        found = (page.parent / path).resolve() if path else page
        if not found.is_file() or (anchor and anchor not in anchors_of(found.read_text("utf-8"))):
            broken.append((name, target))
    assert broken == []


def test_every_page_is_linked_from_the_readme():
    linked = {target.partition("#")[0] for name, target in links() if name == "README.md"}
    assert {name for name in TEXTS if name != "README.md"} <= linked


def commands():
    """Yield each command of the pages once, as people would type it after ``ner_core``."""
    seen = set()
    for text in TEXTS.values():
        blocks = "\n".join(code for kind, code in FENCED.findall(text) if kind == "sh")
        seen |= {*COMMAND.findall(blocks), *INLINE.findall(without_code(text))}
    yield from sorted(seen - {"COMMAND", "--help"})


@pytest.fixture
def place(tmp_path, monkeypatch, toy_run, toy_data, tiny_encoder, hub, forked_workers):
    """Return what the capitals in commands stand for, in a folder with the files they name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.txt").write_text("Ann lives in Oslo.\nBob works near Paris.\n")
    (tmp_path / "texts.csv").write_text("body\nAnn lives in Oslo.\n")
    (tmp_path / "book.txt").write_text("Ann lives in Oslo.\n\nBob works near Paris.\n")
    run = finished_run(toy_run.model_dir)
    annotated = annotations.create("Menus")
    annotated.accept("Ann lives in Oslo.", [(0, 3, "PER")])
    return {
        "NAME": annotated.id,
        "DATA": str(toy_data),
        "RUN": run.id,
        "MODEL": run.id,
        "minilm": str(tiny_encoder),
        "FOLDER": str(tmp_path / "folder"),
        "OWNER/NAME": "me/ner",
        "TEXT": "Ann lives in Oslo.",
    }


REFUSED = {"stop", "resume"}
"""What a finished run refuses in a sentence that names it."""


@pytest.mark.slow
@pytest.mark.parametrize("command", [*commands()])
def test_every_command_works(command, place, call, hub):
    command = command.partition(" > ")[0]
    arguments = [place.get(word, word) for word in shlex.split(command, comments=True)]
    if arguments[0] == "deploy":
        arguments.append("--dry-run")
    if arguments[0] == "train":  # of the tiny encoder, and not as long as the toy corpus would need
        arguments += ["--max-length", "64", "--set", "overlap=16", "--set", "auto_steps=4"]
    if "--pr" in arguments:
        hub.models["me/ner"] = Repo({"main": {"README.md": b"theirs"}})
    if "--adapter" in arguments:  # for an encoder that others can get, too
        files = {path.name: path.read_bytes() for path in Path(place["minilm"]).iterdir()}
        hub.models["me/encoder"] = Repo({"main": files})
        lora = toy.fit(toy.toy_config(place["DATA"], "me/encoder", lora_rank=4))
        arguments[arguments.index(place["RUN"])] = lora.id
    code, out, err = call(*arguments)
    if arguments[0] in REFUSED:
        assert (code, place["RUN"] in err) == (2, True)
    else:
        assert code == 0, err
        assert out


def examples():
    for name, text in TEXTS.items():
        for number, (kind, code) in enumerate(FENCED.findall(text)):
            if kind == "python" and "gradio_client" not in code:
                yield pytest.param(code, id=f"{name}-{number}")


@pytest.mark.slow
@pytest.mark.parametrize("code", [*examples()])
def test_every_python_example_runs(code, place, capsys):
    code = code.replace('data="sample"', f"data={place['DATA']!r}")
    tiny = f"model={place['minilm']!r}, max_length=64, overlap=16, auto_steps=4"
    code = code.replace('model="minilm"', tiny)
    exec(compile(code, "example", "exec"), {})  # noqa: S102 - our own pages
    assert capsys.readouterr().out


def test_the_files_that_decide_are_there():
    table = re.findall(r"^\| (.*) \| `(.*)` \|$", TEXTS["AGENTS.md"], re.MULTILINE)
    assert len(table) == 12
    assert [path for _, path in table if not (REPOSITORY / path).is_file()] == []


def test_the_files_that_agents_md_names_are_there():
    named = re.findall(r"`([\w/.]+/[\w.]+\.\w+)`", TEXTS["AGENTS.md"])
    roots = (REPOSITORY, REPOSITORY / "ner_core")
    missing = [path for path in named if not any((root / path).is_file() for root in roots)]
    assert missing == []
