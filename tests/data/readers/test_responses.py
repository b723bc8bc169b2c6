"""Of the responses of several people one is read, and that is said."""

import json

import pytest

from ner_core.data.readers.json_lines import read_json
from ner_core.data.readers.responses import SEVERAL
from ner_core.data.readers.sentence import Fault, ReadOptions
from tests.support.records import pairs

FIRST = [{"start": 0, "end": 3, "label": "PER"}]
SECOND = [{"start": 4, "end": 8, "label": "LOC"}]


def answer(spans, status="submitted"):
    return {"value": spans, "status": status, "user_id": "u"}


@pytest.mark.parametrize(
    "row",
    [
        {"responses": [answer(FIRST), answer(SECOND)]},
        {"responses": [answer(SECOND, "discarded"), answer(FIRST)]},
        {"responses": {"spans": [answer(FIRST), answer(SECOND)]}},
        {"spans.responses": [FIRST, SECOND], "spans.responses.users": ["u", "v"]},
        {
            "spans.responses": [SECOND, FIRST],
            "spans.responses.status": ["draft", "submitted"],
        },
    ],
)
def test_the_first_response_that_was_submitted_is_read(tmp_path, row):
    path = tmp_path / "my.jsonl"
    path.write_text(json.dumps({"text": "Ann left", **row}) + "\n")
    records = list(read_json(path, ReadOptions()))
    faults = [record for record in records if isinstance(record, Fault)]
    assert [(fault.code, fault.message) for fault in faults] == [("odd", SEVERAL)]
    assert pairs(record for record in records if record not in faults) == ["Ann B-PER | left O"]


def test_a_single_response_needs_no_word(tmp_path):
    path = tmp_path / "my.jsonl"
    path.write_text(json.dumps({"text": "Ann left", "responses": [answer(FIRST)]}) + "\n")
    assert pairs(read_json(path, ReadOptions())) == ["Ann B-PER | left O"]
