"""Files that are recognised but not read: what each is, and what to do with it."""

import re
from pathlib import Path

from ner_core.data.readers.text import head_lines
from ner_core.errors import DataError

_SPACY = (
    "is spaCy's binary format, which only spaCy reads. Convert it in Python: db = spacy.tokens."
    "DocBin().from_disk(path); write {'text': doc.text, 'spans': [{'start': e.start_char, 'end': "
    "e.end_char, 'label': e.label_} for e in doc.ents]} as a line of JSON for each doc of "
    "db.get_docs(spacy.blank('en').vocab)."
)
_OFFICE = "is {} file. Save the table or the text in it as CSV or as plain text (UTF-8)."
_ANNOTATED_XML = (
    "is {} (XML), which NER Studio doesn't read. Export CoNLL columns, JSON Lines with text and "
    "spans, or WebAnno TSV 3 instead."
)
# Each: what a file of the kind begins with, and the rest of the sentence about it.
_BYTES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "is a PDF. Copy its text into a plain text file and annotate that."),
    (b"\xd0\xcf\x11\xe0", _OFFICE.format("a Microsoft Office")),
    (b"SQLite format 3", "is an SQLite database. Export its table as CSV."),
    (b"\x1f\x8b", "is packed with gzip. Run `gunzip` on it and choose the file in it."),
    (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive. Unpack it and choose the folder."),
    (b"Rar!", "is a RAR archive. Unpack it and choose the folder."),
    (b"BZh", "is packed with bzip2. Unpack it and choose the file in it."),
    (b"\xfd7zXZ", "is packed with xz. Unpack it and choose the file in it."),
    *(
        (mark, "is a picture. Choose a file with text and its annotations.")
        for mark in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
    ),
    (
        b"\x80\x04\x95",
        "is a Python pickle, which could run code, so NER Studio doesn't read it. Save the data as "
        "JSON.",
    ),
)
_TEXTS: tuple[tuple[str, str], ...] = (
    (
        r"version https://git-lfs\.github\.com/spec",
        "is a pointer of Git LFS, not the data. Run `git lfs pull` in its folder, or download the "
        "file itself.",
    ),
    (
        r"(?is)(<!doctype html|<html\b|<\?xml[^>]*>\s*<!doctype html)",
        "is a web page (HTML), perhaps an error page saved instead of the data. Download the file "
        "again (on GitHub and the Hub: the raw file).",
    ),
    (r"(?s)(<\?xml.{0,400})?<!DOCTYPE collection|(<\?xml[^>]*>\s*)?<collection>", "BioC"),
    (r"(?s)(<\?xml[^>]*>\s*)?<xmi:XMI", "UIMA CAS XMI"),
    (r"(?s)(<\?xml[^>]*>\s*)?<GateDocument", "a GATE document"),
    (r"(?s)<\?xml|<[A-Za-z][\w.:-]*(\s[^<>]*)?>\s*<[A-Za-z][\w.:-]*(\s[^<>]*)?>", "mark-up"),
    (
        r"T\d+\t\S+ \d+ \d+",
        "has brat annotations without their text. Choose the folder that has both the .ann and "
        "the .txt files.",
    ),
    (
        r'c="[^"\n]*" \d+:\d+ \d+:\d+\|\|',
        "has i2b2 annotations without their text, which NER Studio doesn't read. Convert it to "
        "CoNLL columns or JSON Lines with spans.",
    ),
    (
        r'(?s)\s*[\[{]\s*\{?\s*"(messages|conversations|conversation)"\s*:',
        "is a chat transcript of a language model and doesn't say where entities are. Write each "
        'text with its spans: {"text": ..., "spans": [{"start", "end", "label"}]}.',
    ),
)


def refuse_foreign(path: Path, head: bytes) -> None:
    """Raise DataError, with what to do, if a file is of a known kind that is not read."""
    what = _what(path, head)
    if what:
        raise DataError(f"{path.name} {what}")


def _what(path: Path, head: bytes) -> str | None:
    if path.suffix == ".spacy" or (head[:1] == b"\x78" and head[1:2] in b"\x01\x5e\x9c\xda"):
        return _SPACY
    if head.startswith(b"PK\x03\x04"):
        if b"word/" in head or path.suffix == ".docx":
            return _OFFICE.format("a Word")
        if b"xl/" in head or path.suffix == ".xlsx":
            return _OFFICE.format("an Excel")
        return "is a ZIP archive. Unpack it and choose the file or the folder in it."
    for mark, what in _BYTES:
        if head.startswith(mark):
            return what
    text = "\n".join(head_lines(head)).lstrip("\ufeff \t\r\n")
    for pattern, what in _TEXTS:
        if re.match(pattern, text):
            return what if what[:3] in ("is ", "has") else _ANNOTATED_XML.format(what)
    return None
