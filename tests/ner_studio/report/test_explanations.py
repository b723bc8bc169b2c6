"""What the report says in sentences, and the confusion table."""

import re

import pytest

from ner_core.render.colours import EntityColours
from ner_studio.report import explanations
from ner_studio.report.confusion import confusion_table


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)).strip()


def group(support, found):
    return {"support": support, "found": found, "recall": found / support if support else 0.0}


def seen(same, other, unseen):
    return dict(
        zip(
            ("seen", "seen as another type", "unseen"),
            (group(*same), group(*other), group(*unseen)),
            strict=True,
        )
    )


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (
            seen((200, 180), (0, 0), (200, 156)),
            "Entities never seen in training are found 12 points less often: more different names "
            "in the training data would help.",
        ),
        (
            seen((200, 180), (40, 10), (200, 180)),
            "No clear difference: entities never seen in training are found about as often as the "
            "others. Entities seen with another type only are found 65 points less often: check "
            "whether they are annotated consistently.",
        ),
        (
            seen((30, 27), (0, 0), (30, 26)),
            "No clear difference: entities never seen in training are found about as often as the "
            "others.",
        ),
        (
            seen((19, 19), (0, 0), (500, 0)),
            "Too few entities to compare those seen in training with the others (it takes 20 on "
            "each side).",
        ),
        (
            seen((50, 50), (0, 0), (50, 50)),
            "No clear difference: entities never seen in training are found about as often as the "
            "others.",
        ),
    ],
)
def test_what_seen_and_unseen_entities_mean(groups, sentence):
    assert explanations.seen_sentence(groups) == sentence


def rare(**types):
    return {
        label: {"train_support": 9, "support": support, "f1": f1}
        for label, (support, f1) in types.items()
    }


@pytest.mark.parametrize(
    ("few", "many", "sentence"),
    [
        ({}, rare(PER=(90, 0.9)), "None: every type has at least 100 entities in training."),
        (
            rare(GENE=(30, 0.4), DRUG=(30, 0.6), NONE=(0, 0.0)),
            rare(PER=(90, 0.9)),
            "They reach a mean F1 of 0.50, the other types 0.90: annotate more of GENE and DRUG.",
        ),
        (
            rare(GENE=(30, 0.88)),
            rare(PER=(90, 0.9)),
            "They reach a mean F1 of 0.88, the other types 0.90: being rare does not hold them "
            "back.",
        ),
        (
            rare(GENE=(19, 0.1)),
            rare(PER=(90, 0.9)),
            "Too few entities to compare these types with the others (it takes 20 on each side).",
        ),
        (
            rare(GENE=(0, 0.0)),
            rare(PER=(90, 0.9)),
            "Too few entities to compare these types with the others (it takes 20 on each side).",
        ),
        (
            rare(PER=(90, 0.9)),
            rare(PER=(90, 0.9)),
            "No type has 100 entities in training. More annotated text is the surest way to a "
            "better score.",
        ),
    ],
)
def test_what_rare_types_mean(few, many, sentence):
    assert explanations.rare_sentence(few, 100, {**few, **many}) == sentence


def window(sentences, support, recall):
    return {"sentences": sentences, "support": support, "recall": recall, "f1": recall}


@pytest.mark.parametrize(
    ("several", "sentence"),
    [
        (window(0, 0, 0.0), "Every sentence fits into one window of the encoder."),
        (
            window(3, 4, 0.0),
            "Too few entities to compare sentences of one window with longer ones (it takes 20 on "
            "each side).",
        ),
        (
            window(40, 200, 0.7),
            "In sentences read in several windows, entities are found 20 points less often: a "
            "longer window (max_length) or shorter texts may help.",
        ),
        (
            window(40, 200, 0.89),
            "No clear difference: in sentences read in several windows, entities are found about "
            "as often as in short ones.",
        ),
    ],
)
def test_what_several_windows_mean(several, sentence):
    windows = {"one": window(100, 300, 0.9), "several": several}
    assert explanations.windows_sentence(windows) == sentence


def test_the_confusion_has_a_row_a_gold_type_and_one_for_spurious():
    html = confusion_table(
        {"LOC": {"LOC": 8, "ORG": 1, "(missed)": 1}, "(spurious)": {"ORG": 1, "PER": 2}},
        EntityColours(),
    )
    head = html.split("<tr>")[1]
    assert re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", head) == ["", "LOC", "ORG", "PER", "missed"]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in html.split("<tr>")[2:]]
    assert [[text_of(cell) for cell in row] for row in rows] == [
        ["LOC", "8", "1", "0", "1"],
        ["ORG", "0", "0", "0", "0"],
        ["PER", "0", "0", "0", "0"],
        ["spurious", "0", "1", "2", ""],
    ]
    assert "<td class=same>8</td>" in html
    # A tenth of LOC; all of what the model called PER.
    assert '<td class=error style="--share: 18%">1</td>' in html
    assert '<td class=error style="--share: 55%">2</td>' in html


def test_of_very_many_types_those_with_the_most_errors_are_shown():
    confusion = {f"T{number:02}": {f"T{number:02}": 5} for number in range(40)}
    confusion["T39"]["T38"] = 3
    html = confusion_table(confusion, EntityColours())
    assert "The 15 types with the most errors, of 40." in html
    assert html.count("<tr>") == 1 + 15 + 1
    assert "T39" in html
    assert "T20" not in html


def scored(support, recall):
    return {"support": support, "recall": recall, "precision": recall, "f1": recall}


@pytest.mark.parametrize(
    ("steps", "per_type", "sentence"),
    [
        (300, {"PER": scored(30, 0.5), "LOC": scored(5, 0.0)}, ""),
        (None, {"PER": scored(30, 0.5)}, ""),
        (46, {"PER": scored(30, 0.6), "LOC": scored(5, 0.1)}, ""),
        (
            20,
            {"PER": scored(30, 0.0), "LOC": scored(90, 0.7), "ORG": scored(40, 0.0)},
            "ORG and PER were never found. The training was short, 20 steps: train for more "
            "epochs first, to 90 steps or more.",
        ),
        (
            1,
            {"PER": scored(30, 0.5)},
            "The training was short, 1 step: train for more epochs first, to 90 steps or more.",
        ),
        (
            90,
            {"PER": scored(30, 0.0)},
            "PER was never found. Annotate more of that, and check whether it is annotated "
            "consistently.",
        ),
    ],
)
def test_short_trainings_and_types_that_were_never_found_are_named(steps, per_type, sentence):
    assert explanations.learned_sentence(steps, per_type) == sentence
    analysis = {"seen": seen((0, 0), (0, 0), (0, 0)), "rare_types": {}, "rare_below": 100}
    html = explanations.explanations(analysis, per_type, EntityColours(), steps)
    assert ("Learned so far" in html) == bool(sentence)
    assert sentence in html


def test_windows_are_left_out_where_they_are_not_known():
    analysis = {"seen": seen((0, 0), (0, 0), (0, 0)), "rare_types": {}, "rare_below": 100}
    colours = EntityColours()
    without = explanations.explanations({**analysis, "windows": None}, {}, colours)
    assert "Long texts" not in without
    windows = {"one": window(9, 30, 0.5), "several": window(2, 0, 0.0)}
    html = explanations.explanations({**analysis, "windows": windows}, {}, colours)
    assert "<td>Several</td><td>2</td><td>0</td><td>–</td><td>–</td>" in html
