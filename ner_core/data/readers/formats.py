"""The format of a file, recognised by its content, whatever its name is."""

from pathlib import Path
from typing import NamedTuple

from ner_core.data.readers.arrow import looks_like_arrow, read_arrow
from ner_core.data.readers.brat import brat_files, read_brat
from ner_core.data.readers.comprehend import comprehend_table, read_comprehend
from ner_core.data.readers.conll import read_conll
from ner_core.data.readers.conll_2012 import looks_like_conll_2012, read_conll_2012
from ner_core.data.readers.csv_table import looks_like_csv, read_csv
from ner_core.data.readers.foreign import refuse_foreign
from ner_core.data.readers.inline import looks_like_inline, read_inline
from ner_core.data.readers.json_lines import looks_like_json, read_json
from ner_core.data.readers.label_studio import looks_like_label_studio, read_label_studio
from ner_core.data.readers.parquet import looks_like_parquet, read_parquet
from ner_core.data.readers.plain_text import refuse_plain_text
from ner_core.data.readers.pubtator import looks_like_pubtator, read_pubtator
from ner_core.data.readers.python_data import looks_like_python_data, read_python_data
from ner_core.data.readers.rasa import looks_like_rasa, read_rasa
from ner_core.data.readers.sentence import Reader
from ner_core.data.readers.slashed import looks_like_slashed, read_slashed
from ner_core.data.readers.text import head_of
from ner_core.data.readers.webanno import looks_like_webanno, read_webanno


class Format(NamedTuple):
    """A format: its name for people, its reader, and what its places are counted in."""

    name: str
    read: Reader
    unit: str = "line"

    @property
    def has_word_rows(self) -> bool:
        """Whether its rows may be words."""
        return self.read in (read_conll, read_csv)

    @property
    def has_spans(self) -> bool:
        """Whether its entities may be given by offsets."""
        return self.read not in _WITHOUT_OFFSETS

    @property
    def is_text(self) -> bool:
        """Whether its files are lines of text."""
        return self.unit == "line"


# In this order: the most certain first. What none of them recognises is CoNLL columns.
_RECOGNISED = (
    (looks_like_parquet, Format("Parquet", read_parquet, "row")),
    (looks_like_arrow, Format("Arrow", read_arrow, "row")),
    (looks_like_webanno, Format("WebAnno TSV", read_webanno)),
    (looks_like_conll_2012, Format("CoNLL-2012", read_conll_2012)),
    (looks_like_pubtator, Format("PubTator", read_pubtator)),
    (looks_like_rasa, Format("Rasa", read_rasa)),
    (looks_like_label_studio, Format("Label Studio", read_label_studio, "task")),
    (looks_like_json, Format("JSON", read_json)),
    (looks_like_python_data, Format("Python", read_python_data, "row")),
    (looks_like_csv, Format("CSV", read_csv)),
    (looks_like_slashed, Format("words with tags", read_slashed)),
    (looks_like_inline, Format("inline mark-up", read_inline)),
)
_WITHOUT_OFFSETS = (
    read_conll,
    read_conll_2012,
    read_webanno,
    read_rasa,
    read_slashed,
    read_inline,
)
_COLUMNS = Format("CoNLL columns", read_conll)


def folder_format(folder: Path) -> Format | None:
    """Return the format of a folder whose files belong together, None for any other folder."""
    if brat_files(folder):
        return Format("brat", read_brat, "document")
    if comprehend_table(folder):
        return Format("Amazon Comprehend", read_comprehend)
    return None


def format_of(path: Path) -> Format:
    """Return the format of a file. Raises DataError if it cannot be opened or is not read."""
    head = head_of(path)
    refuse_foreign(path, head)
    known = next((found for recognises, found in _RECOGNISED if recognises(head)), None)
    if known is None:
        refuse_plain_text(path, head)
    return known or _COLUMNS
