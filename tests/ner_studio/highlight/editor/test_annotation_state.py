"""The state of the editor, in a browser, against a plain model of it; and drawing what changed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_core.words import split_words
from ner_studio.base import assets
from tests.support.places import REPOSITORY
from tests.support.plain_editor import PlainEditor, joined

FILES = ("offsets.js", "annotation_state.js", "text_view.js")
STEPS = REPOSITORY / "tests" / "support" / "editor_steps.js"
WORDS = [
    "Ann",
    "Oslo",
    "left.",
    "U.S.'s",
    "\u00e9",
    "e\u0301",
    "😀",
    "👩\u200d👧",
    "🇳🇴",
    "שלום",
    "مرحبا",
]
WORDS += ["中", "文", "ไทย", "\0", "\ud83d", "\ude00", "("]
BETWEEN = ["", " ", " ", " ", "\n", "\r\n", "\u00a0", "\t\n\n"]
LABELS = ("PER", "LOC", "Ship")

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def page(browser):
    """Return an empty page that has the scripts."""
    page = browser.new_page()
    page.set_content('<div id="box"></div>')
    scripts = [assets.read(f"highlight/editor/{name}") for name in FILES]
    page.add_script_tag(content="\n".join([*scripts, STEPS.read_text(encoding="utf-8")]))
    yield page
    page.close()


parts = st.tuples(st.sampled_from(WORDS), st.sampled_from(BETWEEN)).map("".join)
texts = st.lists(parts, max_size=14).map("".join).map(joined)
long_texts = st.lists(parts, min_size=12, max_size=14).map("".join).map(joined)
places = st.integers(-1, 14)
moves = st.one_of(
    st.tuples(st.just("move"), st.sampled_from((-1, 1)), st.booleans()),
    st.tuples(st.just("moveTo"), places, st.booleans()),
    st.tuples(st.just("selectWords"), places, places),
    st.tuples(st.just("selectCharacters"), st.integers(-1, 60), st.integers(-1, 60)),
    st.just(("unselect",)),
)
changes = st.one_of(
    st.tuples(st.just("mark"), st.sampled_from(LABELS)),
    st.tuples(st.just("relabel"), st.integers(0, 9), st.sampled_from(LABELS)),
    st.tuples(
        st.just("stretch"),
        st.integers(0, 9),
        st.sampled_from(("start", "end")),
        st.sampled_from((-1, 1)),
    ),
    st.just(("remove",)),
)
back = st.sampled_from([("undo",), ("redo",)])
# Often something is selected and marked, so that entities meet and cut each other.
marked = st.tuples(
    st.tuples(st.just("selectWords"), places, places),
    st.tuples(st.just("mark"), st.sampled_from(LABELS)),
)
single = st.one_of(moves, changes, back).map(lambda step: (step,))


def sequences(few, most):
    chosen = st.lists(st.one_of(single, marked), min_size=few, max_size=most)
    return chosen.map(lambda parts: [step for part in parts for step in part])


drawn = st.one_of(moves, st.tuples(st.just("mark"), st.sampled_from(LABELS)), st.just(("remove",)))


@st.composite
def opened(draw, texts=texts):
    """Return a text as the server sends it, with suggestions of a model."""
    text = draw(texts)
    words = [[word.start, word.end] for word in split_words(text)]
    suggested, last = [], 0
    while last < len(words) and draw(st.booleans()):
        first = draw(st.integers(last, len(words) - 1))
        last = draw(st.integers(first + 1, len(words)))
        suggested.append([words[first][0], words[last - 1][1], draw(st.sampled_from(LABELS)), 0.5])
    return {"text": text, "words": words, "suggested": suggested}


def take(page, opened, steps):
    return page.evaluate("takeSteps", [json.dumps(opened), [list(step) for step in steps]])


def check(page, opened, steps):
    plain = PlainEditor(opened["text"], opened["words"], opened["suggested"])
    for step, state in zip([None, *steps], take(page, opened, steps), strict=True):
        if step:
            getattr(plain, step[0])(*step[1:])
        assert state["spans"] == [list(span) for span in plain.spans], step
        assert (state["at"], state["from"]) == (plain.at, plain.start_of_selection), step
        assert state["picked"] == (list(plain.picked) if plain.picked else None), step
        ends = [0]
        for start, end, _, _ in state["spans"]:  # sorted, disjoint, inside the text, not empty
            assert ends[-1] <= start < end <= len(opened["text"])
            ends.append(end)


@given(opened=opened(), steps=sequences(0, 25))
@settings(max_examples=150)
def test_each_step_does_what_the_plain_model_does(page, opened, steps):
    check(page, opened, steps)


@given(opened=opened(long_texts), steps=sequences(200, 200).map(lambda steps: steps[:200]))
@settings(max_examples=15)
def test_two_hundred_steps_do(page, opened, steps):
    check(page, opened, steps)


@pytest.mark.parametrize(
    ("marked", "left"),
    [
        ((0, 1), [(0, 7, "LOC"), (8, 15, "PER")]),
        ((2, 3), [(0, 7, "PER"), (8, 15, "LOC")]),
        ((1, 2), [(0, 3, "PER"), (4, 11, "LOC")]),  # the part before it stays
        ((0, 3), [(0, 15, "LOC")]),
        ((1, 1), [(0, 15, "LOC")]),  # without a selection the entity gets the type
    ],
)
def test_an_entity_is_shortened_by_one_that_is_marked_over_it(page, marked, left):
    opened = {"text": "Ann Kay Lee May", "words": [[0, 3], [4, 7], [8, 11], [12, 15]]}
    opened["suggested"] = [[0, 15, "PER", 0.5]]
    shown = take(page, opened, [("selectWords", *marked), ("mark", "LOC"), ("undo",)])
    assert shown[2]["spans"] == [[*span, None] for span in left]
    assert shown[3]["spans"] == [[0, 15, "PER", 0.5]]


@given(opened=opened(), steps=st.lists(moves | changes, max_size=40))
def test_undo_restores_and_redo_repeats(page, opened, steps):
    more = len(steps) + 1
    shown = take(page, opened, [*steps, *[("undo",)] * more, *[("redo",)] * more])
    assert shown[len(steps) + more]["spans"] == shown[0]["spans"]
    assert shown[-1]["spans"] == shown[len(steps)]["spans"]


@given(st.lists(texts | st.text(max_size=20).map(joined), max_size=20))
def test_offsets_in_code_points_are_exact(page, some):
    for text, found in zip(
        some, page.evaluate("convertOffsets", [*map(json.dumps, some)]), strict=True
    ):
        ends = [text[:at].encode("utf-16-le", "surrogatepass") for at in range(len(text) + 1)]
        assert found == [[len(end) // 2, at] for at, end in enumerate(ends)]


def test_a_surrogate_pair_is_never_cut(page):
    script = """() => {
      const state = newState("a😀b", [[0, 4]], []);
      selectCharacters(state, 0, 2);
      return mark(state, "X");
    }"""
    assert page.evaluate(script) == {"start": 0, "end": 3, "label": "X"}


@given(opened=opened(), steps=st.lists(drawn | back, max_size=40))
def test_what_is_drawn_is_the_state(page, opened, steps):
    for shown in page.evaluate("drawSteps", [json.dumps(opened), [list(step) for step in steps]]):
        meant = shown.pop("meant")
        del shown["moved"]
        assert shown == meant


@pytest.mark.parametrize("line", ["Ann went to Oslo by ship. ", "安去了奥斯陆。", "Ann\n"])
def test_a_step_in_a_long_text_redraws_only_what_it_changed(page, line):
    text = (line * 20_000)[:20_000]
    words = [[word.start, word.end] for word in split_words(text)]
    first = len(words) // 2
    suggested = [[*words[at], "PER", 0.9] for at in range(0, first - 20, 10)]
    opened = {"text": text, "words": words, "suggested": suggested}
    moves = [["moveTo", first], ["move", 1, False], ["selectWords", first, first + 2]]
    changes = [["mark", "LOC"], ["selectWords", first + 1, first + 1], ["remove"]]
    steps = [*moves, *changes, ["undo"], ["undo"], ["redo"]]
    shown = page.evaluate("drawSteps", [json.dumps(opened), steps])
    assert shown[3]["marks"][-1] == [text[words[first][0] : words[first + 2][1]], "LOC", False]
    assert [one["marks"] == one["meant"]["marks"] for one in shown] == [True] * len(steps)
    # The piece of text around the mark, the mark, and what the mark leaves of the piece.
    moved = [one["moved"] for one in shown]
    assert moved[:3] == [0, 0, 0]
    assert max(moved) <= 6
    assert moved[3] > 0
