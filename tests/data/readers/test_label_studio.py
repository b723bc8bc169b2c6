import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.readers.json_lines import looks_like_json
from ner_core.data.readers.label_studio import looks_like_label_studio, read_label_studio
from ner_core.data.readers.sentence import Fault, ReadOptions, Sentence
from ner_core.errors import DataError
from tests.support.places import GOLDEN
from tests.support.records import pairs, render


@pytest.fixture
def read(tmp_path):
    """Return a function that reads tasks as an export."""

    def read(*tasks, **options):
        path = tmp_path / "export.json"
        path.write_text(json.dumps(tasks))
        return list(read_label_studio(path, ReadOptions(**options)))

    return read


def region(start, end, *labels, **more):
    value = {"start": start, "end": end, "labels": list(labels)}
    text = {"text": more.pop("text")} if "text" in more else {}
    item = {"type": "labels", "from_name": "label", "to_name": "text", "value": value | text}
    return item | more


def task(text, *regions, **more):
    return {"data": {"text": text}, "annotations": [{"result": list(regions)}]} | more


ANN = region(0, 3, "PER")
SEVERAL = (
    "some tasks have several annotations. The ground truth of each was read, or the first that "
    "wasn't cancelled. Remove the others if that is wrong"
)


@pytest.mark.parametrize("name", ["label_studio_export.json", "label_studio_min.json"])
def test_what_label_studio_exports_is_read(name):
    path = GOLDEN / name
    assert looks_like_label_studio(path.read_bytes())
    found = render(read_label_studio(path, ReadOptions()))
    assert found == path.with_suffix(".records.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    ["json_doccano.jsonl", "json_huggingface.jsonl", "json_prodigy.jsonl", "json_spacy.json"],
)
def test_other_json_is_not_taken_for_an_export(name):
    assert not looks_like_label_studio((GOLDEN / name).read_bytes())


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'[{"id": 1, "annotations": [{"id": 9, "result": [', True),
        (b'[{"id": 1, "completions": [{"was_cancelled": false', True),
        (b'[{"data": {"text": "x"}, "annotations": []}]', True),
        (b'[{"text": "x", "ner": [{"start": 0, "end": 1, "text": "\\"}", "labels": ["A"]}', True),
        (b'[{"text": "x", "ner": [{"start": 0, "end": 1, "labels": ["A"]}]}]', True),
        (b'[{"text": "x", "annotator": 1, "annotation_id": 2}]', True),
        ('[{"data": {"text": "x"}, "annotations": []}]'.encode("utf-16"), True),
        (b'[{"text": "\\"annotations\\": [ \\"result\\": [", "spans": []}]', False),
        (b'{"text": "x", "annotations": [{"start": 0, "end": 1, "label": "A"}]}', False),
        (b'{"tokens": ["a"], "labels": ["O"]}', False),
        (b'"annotations": [ "result": [', False),
        (b"", False),
        (b"PAR1", False),
    ],
)
def test_an_export_is_recognised(head, expected):
    assert looks_like_label_studio(head) is expected
    assert looks_like_json(head) or not expected


@pytest.mark.parametrize(
    "found",
    [
        task("Ann left", ANN),
        task("Ann left", region(0, 3, "PER", text="Ann")),
        task("Ann left", region(0, 3, "PER", text="not this")),
        task(
            "Ann left", ANN, {"type": "choices", "value": {"choices": ["x"]}}, {"type": "relation"}
        ),
        {
            "data": {"text": "?", "review": "Ann left"},
            "annotations": [{"result": [region(0, 3, "PER", to_name="review")]}],
        },
        {
            "data": {"review": "Ann left", "id": 3, "meta": {}},
            "annotations": [{"result": [ANN]}],
        },
        {"data": {"text": "Ann left"}, "completions": [{"result": [ANN]}]},
        {"text": "Ann left", "label": [{"start": 0, "end": 3, "labels": ["PER"]}]},
        {
            "review": "Ann left",
            "ner": [{"start": 0, "end": 3, "text": "Ann", "labels": ["PER"]}],
            "annotation_id": 4,
        },
    ],
)
def test_a_task_of_any_kind_is_a_sentence(read, found):
    assert read(found) == [Sentence(["Ann", "left"], ["B-PER", "O"], [1, 1])]


@pytest.mark.parametrize(
    "found",
    [
        {"data": {"text": "Ann"}},
        {"data": {"text": "Ann"}, "annotations": []},
        {"data": {"text": "Ann"}, "annotations": [{"was_cancelled": True, "result": [ANN]}]},
        {"data": {"text": "Ann"}, "annotations": None},
        {"text": "Ann", "id": 3},
    ],
)
def test_a_task_without_annotation_is_passed_over(read, found):
    assert read(found) == []


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_annotated_text_without_words_is_empty(read, text):
    task = {"data": {"text": text}, "annotations": [{"result": []}]}
    assert read(task) == [Fault("empty", 1, "")]


def test_the_first_annotation_that_was_not_cancelled_counts(read):
    results = [
        {"was_cancelled": True, "result": []},
        {"was_cancelled": False, "result": [ANN]},
        {"result": []},
    ]
    assert pairs(read({"data": {"text": "Ann"}, "annotations": results})) == [SEVERAL, "Ann B-PER"]


def test_the_ground_truth_comes_before_the_first(read):
    results = [{"result": []}, {"ground_truth": True, "result": [ANN]}]
    found = read({"data": {"text": "Ann"}, "annotations": results})
    assert pairs(found) == [SEVERAL, "Ann B-PER"]
    assert found[0].code == "odd"


def test_predictions_alone_are_refused(tmp_path):
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"data": {"text": "Ann"}, "predictions": [{"result": [ANN]}]}]))
    with pytest.raises(DataError) as caught:
        list(read_label_studio(path, ReadOptions()))
    assert str(caught.value) == (
        "export.json: the tasks have only a model's predictions, no annotations by people. Accept "
        "or correct them in Label Studio, then export the project again."
    )


def test_tasks_are_numbered(read):
    records = read(task("Ann", ANN), {"data": {}}, 5, task("Bob"))
    assert [r.line if isinstance(r, Fault) else r.lines[0] for r in records] == [1, 3, 4]


def test_of_several_labels_on_a_region_the_first_stays(read):
    assert pairs(read(task("Ann", region(0, 3, "PER", "ARTIST")))) == [
        "the spans 'Ann' (ARTIST) and 'Ann' (PER) overlap. The second one was kept. Remove one of "
        "them.",
        "Ann B-PER",
    ]


def test_a_person_can_name_the_text_and_the_control(read):
    two = {
        "data": {"a": "Ann", "b": "left"},
        "annotations": [
            {
                "result": [
                    region(0, 3, "PER", from_name="ner", to_name="one"),
                    region(0, 3, "NOUN", from_name="pos", to_name="two"),
                ]
            }
        ],
    }
    column = {"token_column": "a"}
    assert pairs(read(two, **column, tag_column="ner")) == ["Ann B-PER"]
    assert pairs(read(two, **column, tag_column="pos")) == ["Ann B-NOUN"]
    low = {
        "text": "Ann",
        "ner": [{"start": 0, "end": 3, "labels": ["PER"]}],
        "pos": [{"start": 0, "end": 3, "labels": ["NOUN"]}],
    }
    assert pairs(read(low, tag_column="pos")) == ["Ann B-NOUN"]


EMOJI = "😀 Ann saw 👨‍👩‍👧 Bob in Oslo"


def units(text):
    return len(text.encode("utf-16-le")) // 2


def in_units(whole, part, label, **more):
    start = whole.index(part)
    begin = units(whole[:start])
    return region(begin, begin + units(part), label, **more)


def in_characters(whole, part, label, **more):
    start = whole.index(part)
    return region(start, start + len(part), label, **more)


@pytest.mark.parametrize("offsets", [in_units, in_characters])
def test_both_ways_to_count_beyond_the_first_plane_are_read(read, offsets):
    parts = [("Ann", "PER"), ("👨‍👩‍👧 Bob", "PER"), ("Oslo", "LOC")]
    regions = [offsets(EMOJI, part, label, text=part) for part, label in parts]
    expected = "😀 O | Ann B-PER | saw O | 👨‍👩‍👧 B-PER | Bob I-PER | in O | Oslo B-LOC"
    assert pairs(read(task(EMOJI, *regions))) == [expected]
    del regions[1]["value"]["text"]
    assert pairs(read(task(EMOJI, *regions))) == [expected]


def test_without_the_regions_text_offsets_stay_as_they_are(read):
    assert pairs(read(task("😀 Ann", region(2, 5, "PER")))) == ["😀 O | Ann B-PER"]


def test_an_offset_outside_a_text_with_emoji_is_a_fault(read):
    regions = [in_units("😀 Ann", "Ann", "PER", text="Ann"), region(3, 9, "X")]
    (fault,) = read(task("😀 Ann", *regions))
    assert fault.message == (
        "a span at 2 to 9 is outside the text, which has 5 characters. Correct the annotation."
    )


EXPORT = "Export the project as JSON."


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (5, f"there is 5 instead of a task. {EXPORT}"),
        ({"annotations": {}}, f"there is an object under annotations instead of a list. {EXPORT}"),
        ({"annotations": [7]}, f"there is 7 instead of an annotation with its result. {EXPORT}"),
        ({"annotations": [{}]}, f"there is null under result instead of a list. {EXPORT}"),
        (
            task("Ann", {"type": "labels", "value": [1]}),
            f"there is a list instead of a region's value. {EXPORT}",
        ),
        (
            task("Ann", ANN, {"type": "hypertextlabels", "value": {}}),
            "the labels are 'hypertextlabels' instead of labels of plain text. Export a project "
            "whose labels are on a Text tag.",
        ),
        (
            task("Ann", ANN, region(0, 3, "X", to_name="other")),
            "there are labels on more than one text: other and text. Choose the control to read "
            "with --tag-column.",
        ),
        (
            {"data": {"a": "Ann", "b": "Bob"}, "annotations": [{"result": [ANN]}]},
            "can't tell which text was labelled: the task has a, b. Name its field with "
            "--token-column.",
        ),
        (
            {"data": "Ann", "annotations": [{"result": [ANN]}]},
            "can't tell which text was labelled: the task has no text. Name its field with "
            "--token-column.",
        ),
        (
            task("Ann", region(0, 3)),
            "a span's label can't be null; use an entity type such as PER. Correct the annotation.",
        ),
        (
            task("Ann", region("/div[1]", 3, "PER")),
            "a span starts or ends at '/div[1]' instead of at a whole number. Correct the "
            "annotation.",
        ),
        (
            task("Ann", region(0, 4, "PER")),
            "a span at 0 to 4 is outside the text, which has 3 characters. Correct the annotation.",
        ),
    ],
)
def test_a_task_that_cannot_be_read_is_a_fault(read, found, message):
    first, fault, last = read(task("Ann", ANN), found, task("Bob"))
    assert pairs([first, last]) == ["Ann B-PER", "Bob O"]
    assert (fault.code, fault.line, fault.message) == ("unreadable", 2, message)


def test_a_fault_says_what_stands_there(read):
    assert [fault.text for fault in read(task("Ann", region(0, 3)), {"annotations": 5}, [])] == [
        "Ann",
        "",
        "",
    ]


def test_a_document_that_is_no_json_is_refused(tmp_path):
    path = tmp_path / "export.json"
    path.write_text('[{"data": {"text": "Ann"}, "annotations": [')
    with pytest.raises(DataError) as caught:
        list(read_label_studio(path, ReadOptions()))
    assert str(caught.value) == (
        "export.json, line 1: the JSON ends too early (expecting value, column 44). Correct the "
        "file."
    )


KEYS = st.sampled_from(
    ["data", "text", "annotations", "completions", "result", "value", "start", "end", "labels"]
    + ["label", "type", "to_name", "from_name", "was_cancelled", "annotation_id"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS | st.sampled_from(["labels", "Ann 😀"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)
TASKS = st.fixed_dictionaries(
    {
        "data": st.fixed_dictionaries({"text": st.just("Ann 😀 saw") | VALUES}) | VALUES,
        "annotations": st.lists(
            st.fixed_dictionaries(
                {
                    "result": st.lists(
                        st.fixed_dictionaries(
                            {
                                "type": st.just("labels"),
                                "value": st.fixed_dictionaries(
                                    {
                                        "start": st.integers(-1, 12) | VALUES,
                                        "end": st.integers(-1, 12) | VALUES,
                                        "labels": st.just(["X"]) | VALUES,
                                        "text": VALUES,
                                    }
                                ),
                            }
                        ),
                        max_size=3,
                    )
                }
            ),
            max_size=2,
        ),
    }
)


@pytest.mark.slow
@given(st.lists(VALUES | TASKS, max_size=3))
def test_any_json_gives_records(tmp_path_factory, tasks):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(tasks))
    for options in (ReadOptions(), ReadOptions("text", "label")):
        found = []
        with suppress(DataError):  # predictions alone
            found = list(read_label_studio(path, options))
        for record in found:
            assert isinstance(record, Sentence | Fault)
            assert not isinstance(record, Sentence) or len(record.tokens) == len(record.tags) > 0
