import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.entities import Entity
from ner_core.render.colours import PALETTE, EntityColours
from ner_core.render.html import document_foot, document_head, document_row

COLOURS = EntityColours()
HOSTILE = "<img src=x onerror=alert(1)> & \"q\" 'a' </style><script>alert(1)</script>"


class Reader(HTMLParser):
    """Gives the elements and the text of a piece of HTML."""

    def __init__(self, markup):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_a_text_is_drawn_with_its_entities():
    entities = [Entity(0, 3, "PER", 0.987, "Ann"), Entity(13, 17, "LOC", 1.0, "Oslo")]
    assert document_row(7, "Ann lives\n  in Oslo.", entities[:1], COLOURS) == (
        '<li data-number="7" dir="auto"><mark class="c0" title="PER, 99%">Ann<small>PER</small>'
        "</mark> lives\n  in Oslo.</li>\n"
    )


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.data())
def test_the_text_is_all_there_and_nothing_else(text, data):
    cuts = data.draw(st.lists(st.integers(0, len(text)), unique=True, max_size=8).map(sorted))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    entities = [Entity(start, end, "<X>", 0.5, text[start:end]) for start, end in pairs]
    read = Reader(document_row(1, text, entities, COLOURS))
    assert [tag for tag, _ in read.elements] == ["li", *["mark", "small"] * len(entities)]
    shown, position = "", 0
    for _, end in pairs:
        shown += text[position:end] + "<X>"
        position = end
    assert read.text.rstrip("\n") == (shown + text[position:]).rstrip("\n")


def test_hostile_text_stays_text():
    entity = Entity(0, len(HOSTILE), HOSTILE, 0.5, HOSTILE)
    document = document_head(HOSTILE, [HOSTILE], COLOURS) + document_row(
        1, HOSTILE, [entity], COLOURS
    )
    document += document_foot(1, {HOSTILE: 1})
    read = Reader(document)
    tags = {tag for tag, _ in read.elements}
    assert not tags & {"img", "script", "a", "link", "iframe"}
    assert read.text.count(HOSTILE) == 6  # title, heading, legend, text, label, count
    for _, attributes in read.elements:
        assert not any(name.startswith("on") for name in attributes)


@pytest.mark.parametrize("character", ["\0", "\x0b", "\x1b", "\x7f", "\x85", "\ud83d"])
def test_what_html_forbids_is_replaced(character):
    assert document_row(1, f"a{character}b", [], COLOURS) == (
        '<li data-number="1" dir="auto">a\ufffdb</li>\n'
    )


def test_the_document_needs_nothing_else():
    document = document_head("Texts", ["PER"], COLOURS) + document_foot(0, {})
    assert not re.search(r"https?:|url\(|src=|@import", document)
    assert "default-src 'none'" in document
    read = Reader(document)
    assert ("title", {}) in read.elements
    assert ("li", {"class": "c0"}) in read.elements
    for rule in ("prefers-color-scheme: dark", "@media print"):
        assert rule in document


@pytest.mark.parametrize(
    ("texts", "counts", "summary"),
    [
        (0, {}, "0 entities in 0 texts"),
        (1, {"PER": 1}, "1 entity in 1 text"),
        (2000, {"PER": 1000, "LOC": 500}, "1,500 entities in 2,000 texts"),
    ],
)
def test_the_foot_counts(texts, counts, summary):
    foot = document_foot(texts, counts)
    assert f"<p>{summary}</p>" in foot
    assert foot.endswith("</html>\n")


def test_each_colour_has_its_rule():
    style = document_head("", [], COLOURS)
    for number, colour in enumerate(PALETTE):
        assert f".c{number} {{ --light: {colour.light}; --dark: {colour.dark};" in style
    assert "aria-label" not in style
