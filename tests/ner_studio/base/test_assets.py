"""The style sheets and scripts of the page."""

from ner_studio.base import assets
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
    files = [path for ending in ("js", "html") for path in folder.rglob(f"*.{ending}")]
    scripts = {path.relative_to(folder).as_posix() for path in files}
    assert {name for name in scripts if f'"{name}"' not in code} == set()
