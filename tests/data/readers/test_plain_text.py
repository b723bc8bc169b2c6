import pytest

from ner_core.checks.report import check_data
from ner_core.data.readers.plain_text import looks_like_plain_text
from ner_core.errors import DataError


@pytest.mark.parametrize(
    "text",
    [
        "Ann lives in Oslo today.\nBob went to Paris now.\n",
        "Ann lives in Oslo.\nBob went to Paris last week, and Mary too.\n\nThe end of it.\n",
        "One sentence about Kenya and its president, who said nothing.\n",
        "A title\n\nThe best of times,\nit was the worst of times, the age\nof wisdom and of\n",
        "“Will it rain in Oslo?”\nNobody knows that (yet).\n",
        "Blood group O is common here.\n" + "Ann lives in Oslo today.\n" * 20,
        "Анна живёт в Осло.\n",
    ],
)
def test_plain_text_as_data_is_named(text, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        check_data(str(path))
    assert str(caught.value) == (
        "notes.txt is plain text without annotations. To train on it, first annotate it: write a "
        "word and its tag on each line, or use a tool such as Label Studio. To find entities in "
        "it, use the Highlight tab or `python -m ner_core predict --file`."
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ann B-PER\nran O\n. O\n",
        "Ann NNP B-NP B-PER\nran VBD B-VP O\n. . O O\n",
        "Ann NNP B-NP PER\nran VBD B-VP\n. . O\n",
        "Ann\tlives in Oslo.\nBob\twent to Paris now.\n",
        "1 Ann Ann NNP x\n2 ran run VBD x\n3 . . . x\n",
        "Ann\nBob\n",
    ],
)
def test_columns_are_no_plain_text(text):
    assert not looks_like_plain_text(text.encode())
