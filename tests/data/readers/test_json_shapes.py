"""The shapes in which programs write words, tags and spans as JSON, each read to the right tags."""

import json

import pytest

from ner_core.data.readers.json_lines import looks_like_json, read_json
from ner_core.data.readers.sentence import Fault, ReadOptions
from tests.support.records import pairs

TEXT = "Ann Lee saw Oslo."
PER, LOC = (0, 7, "PER"), (12, 16, "LOC")
READ = "Ann B-PER | Lee I-PER | saw O | Oslo B-LOC | . O"
WORDS = ["Ann", "Lee", "saw", "Oslo", "."]
TAGS = ["B-PER", "I-PER", "O", "B-LOC", "O"]


@pytest.fixture
def read(tmp_path):
    def read(raw, **options):
        path = tmp_path / "my.json"
        path.write_text(raw if isinstance(raw, str) else json.dumps(raw), encoding="utf-8")
        assert looks_like_json(path.read_bytes())
        return list(read_json(path, ReadOptions(**options)))

    return read


def sentences(records):
    return pairs(record for record in records if not isinstance(record, Fault))


def faults(records):
    return [(record.code, record.message) for record in records if isinstance(record, Fault)]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("start", "end"),
        ("begin", "end"),
        ("start_char", "end_char"),
        ("start_offset", "end_offset"),
        ("startOffset", "endOffset"),
        ("start_pos", "end_pos"),
        ("start_position", "end_position"),
        ("BeginOffset", "EndOffset"),
        ("from", "to"),
    ],
)
@pytest.mark.parametrize(
    "label", ["label", "type", "tag", "category", "entity", "entity_type", "entity_group", "Type"]
)
def test_spans_are_found_under_many_keys(read, start, end, label):
    spans = [{start: a, end: b, label: name} for a, b, name in (PER, LOC)]
    assert pairs(read({"text": TEXT, "entities": spans})) == [READ]


@pytest.mark.parametrize(
    "shape",
    [
        lambda a, b, name: [a, b, name],
        lambda a, b, name: [name, a, b],
        lambda a, b, name: [str(a), str(b), name],
        lambda a, b, name: {"start": str(a), "end": f"{b}.0", "label": name},
        lambda a, b, name: {"offset": a, "length": b - a, "type": name},
        lambda a, b, name: {"start": a, "end": b, "labels": [name]},
        lambda a, b, name: {"span": [a, b], "type": name, "name": TEXT[a:b]},
        lambda a, b, name: {"span": {"begin": a, "end": b}, "obj": name},
        lambda a, b, name: {"offsets": [[a, b]], "type": name, "text": [TEXT[a:b]]},
        lambda a, b, name: {
            "labels": [{"label_name": name}],
            "textSpan": {"offset": a, "length": b - a},
        },
        lambda a, b, name: {
            "display_name": name,
            "text_extraction": {"text_segment": {"start_offset": a, "end_offset": b}},
        },
    ],
)
def test_spans_are_found_in_many_shapes(read, shape):
    assert pairs(read({"text": TEXT, "label": [shape(*PER), shape(*LOC)]})) == [READ]


SPANS = [list(PER), list(LOC)]
DICTS = [{"start": a, "end": b, "label": name} for a, b, name in (PER, LOC)]
UBIAI = [{"start": a, "end": b, "entityLabel": name} for a, b, name in (PER, LOC)]
DENOTATIONS = [{"span": {"begin": a, "end": b}, "obj": name} for a, b, name in (PER, LOC)]
POINTS = [
    {"label": [name], "points": [{"start": a, "end": b - 1, "text": TEXT[a:b]}]}
    for a, b, name in (PER, LOC)
]
ORTH = [{"orth": word, "ner": tag} for word, tag in zip(WORDS, TAGS, strict=True)]
NER = [{"text": word, "ner": tag} for word, tag in zip(WORDS, TAGS, strict=True)]
SPLIT = {"columns": ["tokens", "ner_tags"], "index": [0], "data": [[WORDS, TAGS]]}


@pytest.mark.parametrize(
    "value",
    [
        {"content": TEXT, "entities": SPANS},
        {"textContent": TEXT, "textSegmentAnnotations": DICTS},
        {"text_snippet": {"content": TEXT}, "annotations": DICTS},
        {"source": TEXT, "my-job": {"annotations": {"entities": DICTS}}, "my-job-metadata": {}},
        {"document": TEXT, "documentName": "a", "tokens": UBIAI},
        {"fields": {"text": TEXT}, "responses": {"ner": [{"value": DICTS}]}},
        {"text": TEXT, "denotations": DENOTATIONS},
        {"sourceDetails": {"text": TEXT}, "annotations": [{"entities": DICTS}]},
        [TEXT, {"entities": SPANS}],
        [[TEXT, SPANS]],
        {"classes": ["PER"], "annotations": [[TEXT, {"entities": SPANS}], None]},
        {"rasa_nlu_data": {"common_examples": [{"text": TEXT, "entities": DICTS}]}},
        [{"id": 0, "paragraphs": [{"raw": TEXT, "sentences": [{"tokens": ORTH}]}]}],
        {"sentences": [{"tokens": WORDS, "tags": TAGS}]},
        [NER],
        [[[word, "X", tag] for word, tag in zip(WORDS, TAGS, strict=True)]],
        {"tokens": {"0": WORDS}, "ner_tags": {"0": TAGS}},
        {"tokens": [WORDS], "ner_tags": [TAGS]},
        {"0": {"tokens": WORDS, "ner_tags": TAGS}},
        SPLIT,
        {"input": WORDS, "target": TAGS},
        {"text": " ".join(WORDS), "labels": " ".join(TAGS)},
        {"tokenized_text": WORDS, "ner": [[0, 1, "PER"], [3, 3, "LOC"]]},
        {"tokens": WORDS, "entities": [[0, 2, "PER"], [3, 4, "LOC"]]},
        {"text": " ".join(WORDS), "tokens": WORDS, "entities": [[0, 2, "PER"], [3, 4, "LOC"]]},
        {"input": TEXT, "output": {"entities": {"PER": ["Ann Lee"], "LOC": ["Oslo"]}}},
        {"text": TEXT, "label": {"PER": {"Ann Lee": [[0, 6]]}, "LOC": {"Oslo": [[12, 15]]}}},
        {"content": TEXT, "annotation": POINTS},
    ],
)
def test_what_programs_write_is_read(read, value):
    assert sentences(read(value)) == [READ]


@pytest.mark.parametrize(
    "raw",
    [
        "{'text': 'Ann left', 'label': [(0, 3, 'PER')]}",
        "('Ann left', {'entities': [(0, 3, 'PER')]})",
        "[('Ann left', {'entities': [(0, 3, 'PER')]})]",
        "[('Ann left',\n {'entities': [(0, 3, 'PER')]}),\n]",
    ],
)
def test_what_python_prints_is_read(read, raw):
    assert pairs(read(raw)) == ["Ann B-PER | left O"]


def test_python_is_not_run(read, tmp_path):
    ran = tmp_path / "ran"
    fault, _ = read(f"{{'text': open('{ran}', 'w')}}\n{{'text': 'Ann', 'spans': []}}")
    assert fault.code == "unreadable"
    assert not ran.exists()


def test_a_row_without_spans_beside_others_is_a_text_without_entities(read):
    rows = [
        {"text": "Bo left", "tokens": [{"text": "Bo", "start": 0, "end": 2, "id": 0}]},
        {"text": "Ann left", "spans": [[0, 3, "PER"]]},
        {"text": "Cy left", "spans": None},
    ]
    found = read("\n".join(map(json.dumps, rows)))
    assert sentences(found) == ["Bo O | left O", "Ann B-PER | left O", "Cy O | left O"]
    assert faults(found) == [("guess", "rows without spans are read as texts without entities")]


def test_spans_of_words_that_overlap_are_named(read):
    assert pairs(read({"tokenized_text": WORDS, "ner": [[0, 1, "PER"], [1, 1, "X"]]})) == [
        "the spans 'Lee' (X) and 'Ann Lee' (PER) overlap. The second one was kept. Remove one of "
        "them.",
        "Ann B-PER | Lee I-PER | saw O | Oslo O | . O",
    ]


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ([4, 5, "X"], "a span at 4 to 5 is outside the 5 words, counted from 0"),
        (["a", 1, "X"], "a span starts or ends at 'X' instead of at the number of a word"),
        ([0, 1, " "], "a span's label can't be ' '; use an entity type such as PER"),
    ],
)
def test_a_span_of_words_that_can_be_none_makes_the_row_unreadable(read, span, message):
    assert faults(read({"tokenized_text": WORDS, "ner": [[0, 0, "PER"], span]})) == [
        ("unreadable", f"{message}. Correct the annotation.")
    ]


def test_a_name_is_found_wherever_it_stands_as_a_word(read):
    found = read({"text": "Al saw Alma and Al", "entities": {"PER": ["Al"]}})
    assert sentences(found) == ["Al B-PER | saw O | Alma O | and O | Al B-PER"]
    assert [code for code, _ in faults(found)] == ["odd"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"text": "Ann", "entities": {"PER": ["Bob"]}},
            "the entity 'Bob' isn't in the text. Correct the annotation.",
        ),
        (
            {"doc_key": "a", "sentences": [["Ann"]], "ner": [[[0, 0, "PER"]]]},
            "this looks like SciERC or DyGIE, whose spans count the words of a whole document. "
            "Convert it to one row a sentence with tokens and tags.",
        ),
        (
            {"meet": [{"data": [{"text": "Ann", "entity": "PER"}]}]},
            "this looks like Snips NLU, whose texts are in pieces. Join the pieces of each to a "
            "text with spans.",
        ),
        (
            {"text": "Ann", "label": [[1, 1, "PER"]]},
            "a span is empty: it begins and ends at 1. Remove it, or correct its end.",
        ),
        (
            {"text": "Ann", "annotations": [{"start_offset": 0, "end_offset": 3, "label": 2}]},
            "a span's label can't be 2; use an entity type such as PER. Export the data with the "
            "names of the labels instead of their numbers.",
        ),
    ],
)
def test_what_cannot_be_read_is_named(read, row, message):
    assert faults(read(row)) == [("unreadable", message)]


def test_words_with_tags_come_before_a_text_beside_them(read):
    assert pairs(read({"sentence": "Ann left", "tokens": [{"text": "Ann", "ner": "B-PER"}]})) == [
        "rows have a text and, under tokens, words with tags. The words were read and the text "
        "ignored",
        "Ann B-PER",
    ]


GOOD, BAD = {"tokens": ["Ann"], "tags": ["B-PER"]}, {"tokens": ["a", "b"], "tags": ["O"]}
DIFFER = "the row has 2 words in tokens but 1 tag in tags. Correct the row."


def test_rows_inside_of_rows_have_numbers_of_their_own(read):
    inside = [{"sentences": [GOOD, BAD, GOOD]}, {"sentences": [GOOD]}]
    first, fault, *others = read({"documents": inside})
    assert (fault.code, fault.line, fault.message) == ("unreadable", 2, DIFFER)
    assert [record.lines for record in (first, *others)] == [[1], [3], [4]]


def test_an_unreadable_row_inside_of_a_line_leaves_the_others(tmp_path):
    path = tmp_path / "my.jsonl"
    path.write_text(2 * (json.dumps({"sentences": [GOOD, BAD]}) + "\n"))
    records = list(read_json(path, ReadOptions()))
    found = [(record.line, record.message) for record in records if isinstance(record, Fault)]
    assert found == [(line, f"row 2 of those in it: {DIFFER}") for line in (1, 2)]
    assert len(records) == 4
