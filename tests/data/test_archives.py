"""Packed data are read as the files in them, and what could do harm is refused."""

import gzip
import io
import os
import tarfile
import warnings
import zipfile

import pytest

from ner_core.data import archives
from ner_core.data.corpus import load_as_it_is
from ner_core.errors import DataError

ANN, OSLO = "Ann B-PER\nran O\n\n", "Oslo B-LOC\nslept O\n\n"


@pytest.fixture
def pack(tmp_path):
    """Return a function that writes a ZIP archive of names and contents."""

    def pack(*members, name="my.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # two members of one name
            for member, content in members:
                archive.writestr(member, content)
        return path

    return pack


def words(path):
    corpus = load_as_it_is(str(path))
    return {split: rows["tokens"][:] for split, rows in corpus.dataset.items()}


def said(path):
    corpus = load_as_it_is(str(path))
    return [fault.message for log in corpus.faults.values() for fault in log.first.get("odd", [])]


def refusal(path):
    with pytest.raises(DataError) as caught:
        load_as_it_is(str(path))
    return str(caught.value)


def test_a_file_in_gzip_is_read_and_that_is_said(tmp_path):
    path = tmp_path / "my.conll.gz"
    path.write_bytes(gzip.compress(ANN.encode()))
    assert words(path) == {"train": [["Ann", "ran"]]}
    assert said(path) == ["it is packed with gzip, and the file in it was read, my.conll"]


def test_files_in_gzip_are_splits_of_a_folder(tmp_path):
    for name, text in (("train", ANN), ("dev", OSLO)):
        (tmp_path / f"{name}.conll.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "train.conll").write_text(ANN)  # the same, unpacked
    assert words(tmp_path) == {"train": [["Ann", "ran"]], "validation": [["Oslo", "slept"]]}


def test_an_archive_is_read_as_a_folder(pack):
    hidden = [("__MACOSX/c/._train.conll", "x"), ("c/.DS_Store", "x")]
    path = pack(("c/train.conll", ANN), ("c/dev.conll", OSLO), *hidden)
    assert words(path) == {"train": [["Ann", "ran"]], "validation": [["Oslo", "slept"]]}
    assert said(path) == [
        "it is a ZIP archive, and what is in it was read: c/train.conll, c/dev.conll"
    ]


def test_an_archive_with_one_file_is_that_file(pack):
    assert words(pack(("all.conll", ANN))) == {"train": [["Ann", "ran"]]}


def test_what_was_unpacked_is_deleted_with_the_corpus(pack, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    path = pack(("train.conll", ANN))
    words(path)
    assert list((tmp_path / "t").iterdir()) == []


@pytest.mark.parametrize("name", ["../evil.conll", "/evil.conll", "a\\..\\..\\x", "C:\\x"])
def test_names_that_lead_out_of_an_archive_are_refused(pack, tmp_path, name):
    name = name.replace("\\", "/")
    assert refusal(pack((name, ANN))) == (
        f"my.zip has the name {name!r} in it, which leads out of its folder. Do not use this "
        "archive."
    )
    assert not (tmp_path / "evil.conll").exists()


def test_a_link_in_an_archive_is_refused(pack):
    link = zipfile.ZipInfo("train.conll")
    link.external_attr = 0o120777 << 16
    assert refusal(pack((link, "/etc/passwd"))) == (
        "my.zip has a link in it, 'train.conll'. Pack the file itself instead."
    )


@pytest.mark.parametrize("form", ["zip", "gz"])
def test_what_grows_too_large_is_refused_before_it_is_written(pack, tmp_path, monkeypatch, form):
    monkeypatch.setattr(archives, "SMALL_BYTES", 2**20)
    zeros = b"0" * (5 * 2**20)
    path = tmp_path / "my.gz"
    path.write_bytes(gzip.compress(zeros))
    if form == "zip":
        path = pack(("a.conll", zeros[: 2**20]), ("b.conll", zeros))
    assert refusal(path) == (
        f"{path.name} has more than 1 MB in it when unpacked, too much for NER Studio. Unpack it "
        "yourself and choose the file or the folder."
    )


def test_too_many_files_are_refused(pack, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    path = pack(*((f"{number}.txt", "x") for number in range(4)))
    assert refusal(path) == ("my.zip has more than 3 files in it. Unpack it and choose the folder.")


def test_an_archive_in_an_archive_is_refused(pack, tmp_path):
    inner = pack(("a.conll", ANN), name="inner.zip").read_bytes()
    nested = "has another archive in it, {!r}. Unpack that first."
    assert refusal(pack(("inner.zip", inner))) == f"my.zip {nested.format('inner.zip')}"
    twice = tmp_path / "a.conll.gz"
    twice.write_bytes(gzip.compress(gzip.compress(ANN.encode())))
    assert refusal(twice) == f"a.conll.gz {nested.format('a.conll')}"


def test_a_tar_archive_is_named(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("train.conll"), io.BytesIO())
    path = tmp_path / "my.tar.gz"
    path.write_bytes(buffer.getvalue())
    assert refusal(path) == (
        "my.tar.gz is a TAR archive. Unpack it (`tar xf`) and choose the file or the folder in it."
    )


@pytest.mark.parametrize("form", ["gz", "zip"])
@pytest.mark.parametrize("cut", ["end", "half", "rest", "mark"])
def test_damaged_archives_are_a_sentence(pack, tmp_path, form, cut):
    noise = os.urandom(20_000)
    path = pack(("a.conll", noise))
    raw = path.read_bytes() if form == "zip" else gzip.compress(noise)
    path = tmp_path / f"cut.{form}"
    parts = {"end": raw[:-9], "half": raw[: len(raw) // 2], "rest": raw + b"junk", "mark": raw[:4]}
    path.write_bytes(parts[cut])
    if (form, cut) == ("zip", "rest"):
        return  # ZIP allows it
    assert refusal(path) == (
        f"cut.{form} is damaged, or ends too early. Download or pack it again."
    )


def test_a_damaged_sheet_is_named_as_what_it_is(tmp_path):
    path = tmp_path / "rows.xlsx"
    path.write_bytes(b"PK\x03\x04" + os.urandom(2_000))
    assert refusal(path) == (
        "rows.xlsx is an Excel file. Save the table or the text in it as CSV or as plain text "
        "(UTF-8)."
    )


def test_an_archive_with_a_password_is_refused(pack):
    path = pack(("a.conll", ANN))
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # the flag in the file's own header, and in the directory at the end
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    assert refusal(path) == (
        "my.zip has a password, or packing that NER Studio can't read. Unpack it and choose the "
        "folder."
    )


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ([], "my.zip is an archive without files. Choose another one."),
        (
            [("a", "x"), ("a", "y")],
            "my.zip has two files named 'a'. Unpack it and choose the folder.",
        ),
        (
            [("a", "x"), ("a/b", "y")],
            "my.zip has a file and a folder of the same name in it. Unpack it and choose the "
            "folder.",
        ),
        (
            [("x" * 200, "y")],
            f"my.zip has a file with a very long name, '{'x' * 40}…'. Give it a shorter one.",
        ),
        (
            [("[Content_Types].xml", ""), ("word/document.xml", "")],
            "my.zip is a Word file. Save the table or the text in it as CSV or as plain text "
            "(UTF-8).",
        ),
    ],
)
def test_odd_archives_are_a_sentence(pack, members, sentence):
    assert refusal(pack(*members)) == sentence
