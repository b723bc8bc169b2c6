"""Formats of text other than columns, JSON and tables, read as the file's content says."""

import pytest

from ner_core.data.readers.formats import format_of
from ner_core.data.readers.sentence import Fault, ReadOptions, Sentence
from ner_core.errors import DataError
from ner_core.tags import decode, encode

OSLO = [("Ann", "B-PER"), ("saw", "O"), ("Oslo", "B-LOC")]

WEBANNO = """#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value


#Text=Ann Bell saw Oslo
1-1\t0-3\tAnn\tNNP\t*[1]\tPER[1]\t
1-2\t4-8\tBell\tNNP\t*[1]\tPER[1]\t
1-3\t9-12\tsaw\tVBD\t_\t_\t
1-4\t13-17\tOslo\tNNP\t*\tLOC|ORG\t
"""

CONLL_2012 = """#begin document (x); part 000
x 0 0 Ann NNP (TOP(NP* - - - A (PERSON* (ARG0* -
x 0 1 Bell NNP *) - - - A *) *) -
x 0 2 saw VBD * see 01 1 A * (V*) -
x 0 3 Oslo NNP *) - - - A (GPE) (ARG1*) -

#end document
"""

PUBTATOR = (
    "1|t|Ann left.\n1|a|Oslo slept.\n1\t0\t3\tAnn\tPER\n1\t10\t14\tOslo\tLOC\tD1\n1\tCID\ta\tb\n"
)

RASA = """nlu:
- intent: see
  examples: |
    - [Ann](PER) saw [Oslo]{"entity": "LOC", "role": "to"}
    - [Ann](PER:ann) saw [Oslo](LOC)
- synonym: oslo
  examples: |
    - Olso
"""


def records(tmp_path, raw):
    path = tmp_path / "some.file"
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return list(format_of(path).read(path, ReadOptions()))


def sentences(tmp_path, raw):
    found = [record for record in records(tmp_path, raw) if isinstance(record, Sentence)]
    return [list(zip(s.tokens, encode(decode(s.tags), len(s.tags)), strict=True)) for s in found]


@pytest.mark.parametrize(
    "raw",
    [
        "Ann/PER saw/O Oslo/LOC\n",
        "Ann|NNP|I-PER saw|VBD|O Oslo|NNP|I-LOC\n",
        RASA.replace("    - [Ann](PER:ann) saw [Oslo](LOC)\n", ""),
        "## intent:see\n- [Ann](PER) saw [Oslo](LOC:capital)\n\n## synonym:oslo\n- Olso\n",
    ],
)
def test_the_sentence_of_a_line_is_read(tmp_path, raw):
    assert sentences(tmp_path, raw) == [OSLO]


def test_the_lists_of_rasa_that_are_no_sentences_are_passed_over(tmp_path):
    assert sentences(tmp_path, RASA) == [OSLO, OSLO]


def test_an_entity_of_several_words_is_read_from_webanno(tmp_path):
    expected = [("Ann", "B-PER"), ("Bell", "I-PER"), ("saw", "O"), ("Oslo", "B-LOC")]
    assert sentences(tmp_path, WEBANNO) == [expected]
    said = [(r.code, r.line) for r in records(tmp_path, WEBANNO) if isinstance(r, Fault)]
    assert said == [("guess", 0), ("odd", 10)]


def test_the_brackets_of_conll_2012_are_entities(tmp_path):
    expected = [("Ann", "B-PERSON"), ("Bell", "I-PERSON"), ("saw", "O"), ("Oslo", "B-GPE")]
    assert sentences(tmp_path, CONLL_2012) == [expected]
    (fault,) = [
        r
        for r in records(tmp_path, CONLL_2012 + "x 0 0 a b * - - - A *) *\n")
        if isinstance(r, Fault)
    ]
    assert (fault.code, fault.line) == ("unreadable", 8)


def test_places_of_pubtator_count_title_and_abstract(tmp_path):
    (sentence,) = sentences(tmp_path, PUBTATOR)
    assert [pair for pair in sentence if pair[1] != "O"] == [("Ann", "B-PER"), ("Oslo", "B-LOC")]
    with pytest.raises(DataError, match="'Ann' isn't at 1 to 4; the text there is 'nn '"):
        records(tmp_path, PUBTATOR.replace("\t0\t3", "\t1\t4"))


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS"),
        ("<!DOCTYPE html>\n<html></html>", "a web page"),
        ('<?xml version="1.0"?>\n<!DOCTYPE collection SYSTEM "BioC.dtd">', "BioC"),
        ('<?xml version="1.0"?><xmi:XMI xmlns:x="y">', "UIMA CAS XMI"),
        ("<doc><s>Ann</s></doc>", "mark-up"),
        (b"%PDF-1.7\n\xff", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"PK\x03\x04 xl/workbook.xml", "an? Excel file"),
        (b"PK\x03\x04 all.jsonl", "a ZIP archive"),
        (b"\x1f\x8b\x08\x00", "packed with gzip"),
        (b"\x78\x9c\x00\x00", "spaCy's binary format"),
        ("T1\tPER 0 3\tAnn\n", "brat"),
        ('{"messages": [{"role": "user", "content": "x"}]}\n', "a chat transcript"),
    ],
)
def test_what_is_not_read_is_recognised(tmp_path, raw, what):
    with pytest.raises(DataError, match=rf"^some\.file (is|has) .*{what}"):
        records(tmp_path, raw)
