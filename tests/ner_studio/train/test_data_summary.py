"""What the page shows of a data check; all text in it comes from strangers."""

from ner_core.checks.finding import Finding, SplitCounts
from ner_core.checks.report import CheckReport
from ner_studio.train.data_summary import blocked, data_summary

HOSTILE = "<script>alert(1)</script> ${x} {{y}}"


def report(findings=(), **more):
    counts = SplitCounts(2, 5, 1, {"PER": 1})
    values = {
        "source": "x",
        "scheme": "IOB2",
        "formats": {"train": "JSON"},
        "splits": {"train": counts, "validation": counts},
        "findings": list(findings),
    }
    return CheckReport(**{**values, **more})


def row(number, text="Ann"):
    return {"split": "train", "source": "a.txt", "unit": "line", "line": number, "text": text}


def test_counts_format_and_scheme_are_shown():
    html = data_summary(report())
    assert "<td>Sentences</td><td>2</td><td>2</td>" in html
    assert "PER</td><td>1</td><td>1</td>" in html
    assert "JSON; tags: IOB2" in html
    assert "No problems found." in html


def test_a_finding_has_its_level_and_its_places():
    finding = Finding("warning", "x", "Two are wrong.", 2, [row(3), row(1200)])
    html = data_summary(report([finding]))
    assert '<li class="warning"><b>Warning</b> Two are wrong.' in html
    assert "<summary>Show 2</summary>" in html
    assert "<code>a.txt, line 1,200</code>: Ann" in html
    assert "No problems found" not in html


def test_settings_have_the_names_of_the_page():
    said = "Choose --span-offsets as-given, or --hub or --token-column."
    places = [row(1, "Leave out --encoding.")]
    html = data_summary(report([Finding("error", "x", said, 1, places)]))
    assert "Choose “Span offsets” as-given, or --hub or “Word column”." in html
    assert "<code>a.txt, line 1</code>: Leave out “Encoding”." in html
    assert "Choose “Span offsets” as-given" in blocked(report([Finding("error", "x", said, 1)]))


def test_where_there_are_more_places_than_shown_it_says_so():
    finding = Finding("note", "x", "Many.", 50, [row(number) for number in range(20)])
    assert "<summary>Show the first 20</summary>" in data_summary(report([finding]))


def test_examples_are_drawn_with_their_entities():
    example = {"text": "Ann lives", "entities": [{"start": 0, "end": 3, "label": "PER"}]}
    html = data_summary(report(examples=[example]))
    assert 'data-label="PER">Ann<small>PER</small></mark> lives</div>' in html


def test_the_encoder_s_reading_is_shown():
    encoder = {
        "model": "minilm",
        "median": 12.0,
        "p95": 40.0,
        "longest": 1300,
        "max_length": 256,
        "sentences": 2000,
        "windows": 2007,
        "alignment": [
            {"sub_token": "[CLS]", "word": "", "label": ""},
            {"sub_token": "ann", "word": "Ann", "label": "B-PER"},
        ],
    }
    html = data_summary(report(encoder=encoder))
    assert (
        "minilm reads a sentence as 12 sub-tokens (median), 40 or fewer in 95 of 100, 1,300 at "
        "most; its window is 256, so 2,000 sentences become 2,007 windows."
    ) in html
    assert "<td>ann</td><td class=text>Ann</td><td class=text>B-PER</td>" in html


def test_errors_block_a_training_and_nothing_else_does():
    error = Finding("error", "x", "It is wrong.", 1)
    assert blocked(report([error])) == (
        '<div data-about="data"><p class="ner-error" role="alert">It is wrong.</p></div>'
    )
    assert blocked(report([Finding("warning", "x", "Hm.", 1)])) == ""


def test_hostile_text_stays_text():
    html = data_summary(
        report(
            [Finding("error", "x", HOSTILE, 1, [row(1, HOSTILE)])],
            scheme=HOSTILE,
            formats={"train": HOSTILE},
            splits={HOSTILE: SplitCounts(1, 1, 1, {HOSTILE: 1})},
            examples=[{"text": HOSTILE, "entities": [{"start": 0, "end": 5, "label": '"><img>'}]}],
        )
    )
    assert "<script" not in html
    assert "<img" not in html
    assert "${" not in html
    assert "{{" not in html
