"""The threshold in a model's config.json."""

import json
from types import SimpleNamespace

import pytest

from ner_core.models.threshold import keep_threshold, threshold_of


@pytest.mark.parametrize("saved", [None, "x", {}, {"max_length": 64}])
@pytest.mark.parametrize("wrong", [None, "0.5", True, -1, 1, 2, float("nan"), [0.5]])
def test_what_is_no_threshold_is_none(saved, wrong):
    assert threshold_of(SimpleNamespace(ner_studio=saved)) == 0
    assert threshold_of(SimpleNamespace(ner_studio={"threshold": wrong})) == 0


def test_it_is_kept_with_the_model_and_with_its_adapter(tmp_path):
    own = {"max_length": 64, "overlap": 16}
    for folder in (tmp_path, tmp_path / "adapter"):
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"a": 1, "ner_studio": own}))
    linked = tmp_path / "linked.json"
    linked.hardlink_to(tmp_path / "config.json")
    before = linked.read_text()
    keep_threshold(tmp_path, 0)
    assert (tmp_path / "config.json").read_text() == before
    keep_threshold(tmp_path, 0.35)
    for folder in (tmp_path, tmp_path / "adapter"):
        saved = json.loads((folder / "config.json").read_text())
        assert saved == {"a": 1, "ner_studio": {**own, "threshold": 0.35}}
        assert threshold_of(SimpleNamespace(**saved)) == 0.35
    assert linked.read_text() == before
