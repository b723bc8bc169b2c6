import errno
import gc
import json
import os
import shutil
import threading
import time

import huggingface_hub
import pytest

from ner_core import tags, word_rules, words
from ner_core.checks.report import check_data
from ner_core.data import cache, corpus
from ner_core.data.corpus import load_as_it_is, load_data, load_for_evaluation
from ner_core.data.provenance import provenance
from ner_core.data.readers.sentence import ReadOptions
from ner_core.data.split_source import SplitSource
from ner_core.errors import DataError
from ner_core.hub.token import using_token
from tests.conftest import write_conll
from tests.support.hub_client import turn_to
from tests.support.hub_server import Repo, Token

BROKEN = "Ann B-PER\n\nOslo\n\nran O\nBob I-PER\n\nCy B-PER\n"


@pytest.fixture(autouse=True)
def reads(monkeypatch):
    """Return a list that gets the splits that are read, and not loaded from the cache."""
    monkeypatch.setattr(cache, "FEWEST_SENTENCES", 1)
    read, splits = corpus.read_splits, []

    def counted(sources, folder, strict):
        splits.append(list(sources))
        return read(sources, folder, strict)

    monkeypatch.setattr(corpus, "read_splits", counted)
    return splits


@pytest.fixture
def source(tmp_path):
    sentences = [[(f"Ann{number}", "B-PER"), ("ran", "O")] for number in range(20)]
    return str(write_conll(tmp_path / "my.conll", sentences))


def entries():
    return sorted(cache.folder().iterdir())


def facts(loaded):
    """Return all that a corpus holds, except where its files are."""
    return {
        "rows": {split: rows[:] for split, rows in loaded.dataset.items()},
        "features": {split: rows.features for split, rows in loaded.dataset.items()},
        "places": {split: rows[:] for split, rows in loaded.places.items()},
        "faults": {split: (log.counts, log.first) for split, log in loaded.faults.items()},
        "others": (loaded.source, loaded.sources, loaded.schemes, loaded.repaired, loaded.notes),
        "provenance": provenance(loaded),
    }


def test_data_are_read_once(source, reads):
    first = load_data(source)
    assert facts(load_data(source)) == facts(first)
    assert check_data(source).splits["train"].sentences == 18
    assert reads == [["train"]]
    assert len(entries()) == 1


def test_a_folder_and_its_faults_are_what_they_were(tmp_path, reads):
    (tmp_path / "data").mkdir()
    for name in ("train", "dev", "test"):
        (tmp_path / "data" / f"{name}.conll").write_text(BROKEN)
    first, second = (load_data(str(tmp_path / "data"), strict=False) for _ in range(2))
    assert facts(second) == facts(first)
    assert first.faults["train"].counts == {"unreadable": 1, "invalid": 1}
    checked = [check_data(str(tmp_path / "data")).as_json() for _ in range(2)]
    assert checked[0] == checked[1]
    assert len(reads) == 1


@pytest.mark.slow
def test_the_sample_is_read_once(reads):
    assert facts(load_data("sample")) == facts(load_data("sample"))
    assert len(reads) == 1


def test_the_validation_part_is_chosen_anew_for_another_seed(source, reads):
    first, second, again = (load_data(source, seed) for seed in (1, 2, 1))
    assert facts(again) == facts(first)
    assert facts(second)["rows"] != facts(first)["rows"]
    assert len(reads) == 1


def test_a_row_that_cannot_be_read_is_an_error_for_training_after_the_check(tmp_path, reads):
    path = tmp_path / "my.conll"
    path.write_text(BROKEN)
    refusals = []
    for _ in range(2):
        with pytest.raises(DataError) as caught:
            load_data(str(path))
        refusals.append(str(caught.value))
        load_data(str(path), strict=False)
    assert refusals[0] == refusals[1]
    assert refusals[0].startswith("my.conll, line 3: ")
    assert len(reads) == 3  # for the check once


def test_a_file_that_was_changed_is_read_again(source, reads, tmp_path):
    load_data(source)
    path = tmp_path / "my.conll"
    before = path.stat()
    path.write_text(path.read_text().replace("Ann1", "Bob1"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_ino) == (before.st_size, before.st_ino)
    words = {row[0] for row in load_as_it_is(source).dataset["train"]["tokens"]}
    assert "Bob1" in words
    assert "Ann1" not in words
    assert len(reads) == 2


def test_a_file_that_changes_while_it_is_read_is_not_stored(source, monkeypatch, tmp_path):
    read = corpus.read_splits

    def slowly(*args):
        splits = read(*args)
        (tmp_path / "my.conll").write_text("Bob B-PER\n\nran O\n")
        return splits

    monkeypatch.setattr(corpus, "read_splits", slowly)
    load_data(source)
    assert not cache.folder().exists()
    assert load_as_it_is(source).dataset["train"].num_rows == 2


@pytest.mark.parametrize(
    "read",
    [
        lambda source: load_data(source, options=ReadOptions(label_names=("O", "B-PER"))),
        lambda source: load_data(source, options=ReadOptions("1", "2")),
        lambda source: load_for_evaluation(source, "test"),
    ],
    ids=["names", "columns", "as_test"],
)
def test_what_is_read_otherwise_is_another_entry(source, reads, read):
    load_data(source)
    read(source)
    read(source)
    assert len(reads) == 2
    assert len(entries()) == 2


@pytest.mark.parametrize("module", [tags, word_rules, words])
def test_what_decides_on_words_and_tags_is_a_part_of_that_code(module, monkeypatch, tmp_path):
    before = cache._code.__wrapped__()
    (tmp_path / "other.py").write_text("# other rules\n")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "other.py"))
    assert cache._code.__wrapped__() != before


def test_what_other_code_read_is_not_used(source, reads, monkeypatch):
    load_data(source)
    monkeypatch.setattr(cache, "_code", lambda: "other")
    load_data(source)
    assert len(reads) == 2


def test_small_data_are_not_stored(source, reads, monkeypatch):
    monkeypatch.setattr(cache, "FEWEST_SENTENCES", 21)
    load_data(source)
    load_data(source)
    assert len(reads) == 2
    assert not cache.folder().exists()


def flip(path):
    content = bytearray(path.read_bytes())
    content[-len(content) // 3] ^= 1
    path.write_bytes(content)


def with_index(change):
    def edit(entry):
        path = entry / "index.json"
        index = json.loads(path.read_text())
        path.write_text(json.dumps(change(index)))

    return edit


DAMAGES = {
    "a bit": lambda entry: flip(entry / "train.arrow"),
    "cut short": lambda entry: os.truncate(entry / "train.arrow", 100),
    "empty": lambda entry: os.truncate(entry / "train.arrow", 0),
    "no data": lambda entry: (entry / "train.arrow").unlink(),
    "no index": lambda entry: (entry / "index.json").unlink(),
    "half an index": lambda entry: os.truncate(entry / "index.json", 20),
    "no text": lambda entry: (entry / "index.json").write_bytes(b"\xff\xfe{"),
    "a list": with_index(lambda index: [index]),
    "a number": with_index(lambda index: 1),
    "no hash": with_index(lambda index: {"train": {"scheme": "IOB2"}}),
    "no faults": with_index(lambda index: {"train": {**index["train"], "faults": None}}),
    "no folder": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_read_again_and_replaced(source, reads, damage):
    first = load_data(source)
    (entry,) = entries()
    damage(entry)
    assert facts(load_data(source)) == facts(first)
    assert facts(load_data(source)) == facts(first)
    assert len(reads) == 2
    assert entries() == [entry]


def test_an_arrow_file_that_is_none_is_read_again(source, reads):
    load_data(source)
    (entry,) = entries()
    (entry / "train.arrow").write_bytes(b"no Arrow")
    digest = cache.sha256_of(entry / "train.arrow")
    with_index(lambda index: {"train": {**index["train"], "sha256": digest}})(entry)
    assert load_as_it_is(source).dataset["train"].num_rows == 20
    assert len(reads) == 2


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("name", ["copyfile", "disk_usage"])
def test_a_full_disk_is_no_error(source, reads, monkeypatch, name):
    monkeypatch.setattr(shutil, name, full)
    assert facts(load_data(source)) == facts(load_data(source))
    assert len(reads) == 2
    assert entries() == []


def test_a_disk_is_not_filled(source, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    load_data(source)
    assert entries() == []


def test_a_home_that_cannot_be_written_is_no_error(source, reads, tmp_path):
    (tmp_path / "cache").write_text("a file")
    assert facts(load_data(source)) == facts(load_data(source))
    assert len(reads) == 2


def test_an_entry_on_a_disk_that_cannot_be_written_is_used(source, reads, monkeypatch):
    load_data(source)

    def touch(path):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.touch", touch)
    load_data(source)
    assert len(reads) == 1


def several(tmp_path, count):
    """Return the entries of some sources, each last used a minute after the one before."""
    found = []
    for number in range(count):
        path = write_conll(tmp_path / f"{number}.conll", [[(f"Ann{number}", "B-PER")]] * 20)
        before = set(cache.folder().iterdir()) if found else set()
        load_data(str(path))
        (entry,) = set(cache.folder().iterdir()) - before
        found.append(entry)
        used = time.time() - 60 * (count - number)
        os.utime(entry / "index.json", (used, used))
    return found


def test_the_entries_used_last_stay(source, reads, monkeypatch, tmp_path):
    first, second, third = several(tmp_path, 3)
    monkeypatch.setattr(cache, "MOST_ENTRIES", 3)
    load_data(str(tmp_path / "0.conll"))  # now used after the others
    load_data(source)
    assert first.exists()
    assert not second.exists()
    assert third.exists()
    assert len(entries()) == 3


def test_the_bytes_are_limited(source, monkeypatch, tmp_path):
    several(tmp_path, 2)
    size = sum(file.stat().st_size for entry in entries() for file in entry.iterdir())
    monkeypatch.setattr(cache, "MOST_BYTES", size)
    load_data(source)
    assert sum(file.stat().st_size for entry in entries() for file in entry.iterdir()) <= size
    monkeypatch.setattr(cache, "MOST_BYTES", 100)
    path = write_conll(tmp_path / "large.conll", [[("Ann", "B-PER")]] * 50)
    before = entries()
    load_data(str(path))
    assert entries() == before


def test_what_nobody_used_for_long_is_deleted(source, tmp_path):
    (old,) = several(tmp_path, 1)
    os.utime(old / "index.json", (1, 1))
    load_data(source)
    assert not old.exists()


def test_what_killed_processes_left_is_deleted(source, tmp_path):
    several(tmp_path, 1)
    left, new = (cache.folder() / f".ner-writing-{name}" for name in ("left", "new"))
    for folder in (left, new):
        folder.mkdir()
    os.utime(left, (1, 1))
    load_data(source)
    assert not left.exists()
    assert new.exists()


def test_a_corpus_outlives_its_entry(source):
    load_data(source)
    loaded = load_data(source)
    expected = facts(load_data(source))
    shutil.rmtree(cache.folder())
    assert facts(loaded) == expected
    assert len(loaded.dataset["train"].shuffle(seed=1)["tokens"][:]) == 18


def test_nothing_is_written_into_an_entry_that_is_used(source):
    load_data(source)
    (entry,) = entries()
    before = sorted(path.name for path in entry.iterdir())
    loaded = load_data(source)
    train = loaded.dataset["train"].map(lambda row: {"size": len(row["tokens"])})
    assert train.shuffle(seed=1)["size"][:] == [2] * 18
    assert sorted(path.name for path in entry.iterdir()) == before
    storage = loaded.storage.path
    del loaded, train
    gc.collect()
    assert not storage.exists()
    assert sorted(path.name for path in entry.iterdir()) == before


def test_those_who_read_at_the_same_time_get_the_same(source, monkeypatch):
    barrier = threading.Barrier(4)
    read, found = corpus.read_splits, []

    def together(*args):
        splits = read(*args)
        barrier.wait(30)
        return splits

    monkeypatch.setattr(corpus, "read_splits", together)
    threads = [
        threading.Thread(target=lambda: found.append(facts(load_data(source)))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(one == found[0] for one in found)
    assert len(entries()) == 1


def unreadable():
    raise PermissionError


@pytest.mark.parametrize("fingerprint", [str, unreadable])
def test_a_source_whose_state_cannot_be_told_has_no_entry(fingerprint):
    source = SplitSource("my.conll", "CoNLL columns", "line", lambda: iter(()), fingerprint)
    assert cache.key_of({"train": source}, ReadOptions()) is None


@pytest.fixture
def private(server, monkeypatch, tmp_path):
    """Yield a private dataset on the Hub."""
    turn_to(server, monkeypatch, tmp_path / "hf")
    repo = Repo({"main": {"train.conll": b"Ann B-PER\n\nran O\n"}}, private=True)
    server.datasets["ann/ner"] = repo
    server.tokens["hf_ann"] = Token("ann")
    yield repo
    server.clear()
    huggingface_hub.close_session()


def test_a_private_dataset_is_only_for_those_whom_the_hub_shows_it(private, reads):
    with using_token("hf_ann"):
        load_data("hub:ann/ner")
        load_data("hub:ann/ner")
    assert len(reads) == 1
    with pytest.raises(DataError, match="The Hub has no dataset ann/ner that you can see"):
        load_data("hub:ann/ner")


def test_a_new_commit_on_the_hub_is_read(private, reads):
    with using_token("hf_ann"):
        load_data("hub:ann/ner")
        private.revisions["main"]["train.conll"] = b"Bob B-PER\n\nran O\n"
        words = load_as_it_is("hub:ann/ner").dataset["train"]["tokens"][:]
    assert words == [["Bob"], ["ran"]]
    assert len(reads) == 2
