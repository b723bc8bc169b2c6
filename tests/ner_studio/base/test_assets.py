"""The style sheets and scripts of the page."""

import re

from ner_studio.base import assets
from ner_studio.runs.table import COLUMNS
from tests.support.places import REPOSITORY


def test_all_style_sheets_are_part_of_the_page():
    folder = REPOSITORY / "ner_studio"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.css")}
    assert set(assets.STYLE_SHEETS) == found
    assert len(assets.STYLE_SHEETS) == len(found)
    assert all(assets.read(name) in assets.style_sheet() for name in found)


def test_every_script_is_used():
    folder = REPOSITORY / "ner_studio"
    code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    scripts = {path.relative_to(folder).as_posix() for path in folder.rglob("*.js")}
    assert {name for name in scripts if f'"{name}"' not in code} == set()


def test_the_columns_that_are_aligned_right_are_those_of_numbers():
    rule = assets.read("runs/runs.css").partition("/* The columns of numbers.")[2]
    kinds = [kind for kind, _ in COLUMNS.values()]
    numbers = [str(place) for place, kind in enumerate(kinds) if kind == "number"]
    assert re.findall(r'data-col="(\d+)"', rule) == numbers
