import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ner_core.config import TrainConfig
from ner_core.errors import ConfigError, NerError, RunError
from ner_core.jobs.stop import stop
from ner_core.runs import store
from ner_core.runs.events import Event, EventWriter
from ner_core.runs.status import derive_status

CONFIG = TrainConfig()
BAD_IDS = ["../x", "a/b", "", ".", "..", "-a", "_a", "a b", "a\n", "é", "x" * 300, "a\0b", ".new-1"]

HOLD = """
import sys
from pathlib import Path
from ner_core.system import locks
fd = locks.acquire(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def log(run, *kinds, **data):
    writer = EventWriter(run.events_path)
    for kind in kinds:
        writer.append(kind, data=data)
    writer.close()


@pytest.fixture
def worked_on():
    """Return a function that lets another process hold a run's lock."""
    processes = []

    def hold(run):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(run.lock_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in processes:
        process.kill()
        process.communicate()


def test_a_new_run_holds_its_settings_and_an_empty_lock(tmp_path):
    config = TrainConfig.from_values({"epochs": 2, "data": "/d/Zürich.conll"})
    run = store.create(config, "my-run")
    assert run.path == tmp_path / "runs" / "my-run"
    assert sorted(entry.name for entry in run.path.iterdir()) == ["config.json", "lock"]
    assert run.config() == config
    text = (run.config_path).read_text(encoding="utf-8")
    assert "Zürich" in text
    assert text.endswith("}\n")
    assert json.loads(text) == config.model_dump()
    assert [entry.name for entry in run.path.parent.iterdir()] == ["my-run"]


def test_ids_sort_by_time_and_read_well():
    config = TrainConfig(model="google-bert/bert-base-uncased", data="/home/me/My Data.conll")
    pattern = r"\d{8}-\d{6}-bert-base-uncased-my-data-[0-9a-f]{4}"
    assert re.fullmatch(pattern, store.new_id(config))
    assert re.fullmatch(r"\d{8}-\d{6}-minilm-sample-[0-9a-f]{4}", store.create(CONFIG).id)
    assert not any(map(store.is_made, ("my-run", "bert-base-uncased", "20260102-a", "")))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("sample", "sample"),
        ("owner/name", "name"),
        ("/a/b/Train Set.txt", "train-set"),
        ("/a/b/", "b"),
        (".hidden", "hidden"),
        ("日本", "data"),
        ("", "data"),
        ("///", "data"),
        ("a" * 40, "a" * 24),
        ("a" * 23 + "-b", "a" * 23),
        ("x.tar.gz", "x-tar"),
    ],
)
def test_slugs_are_plain(name, slug):
    assert store.slug(name) == slug


@pytest.mark.parametrize("name", ["日本", "../../x", "a\nb", "x" * 500, "CON: *?"])
def test_new_ids_are_valid_whatever_the_names(name):
    run = store.create(TrainConfig(data=name, model=name))
    assert store.is_made(run.id)
    assert run.path.parent == store.runs_dir()
    assert store.get(run.id).path == run.path


@pytest.mark.parametrize("bad", [bad for bad in BAD_IDS if bad])
@pytest.mark.parametrize("action", [lambda bad: store.create(CONFIG, bad), store.get])
def test_an_id_that_is_no_plain_name_is_refused(tmp_path, action, bad):
    with pytest.raises(RunError) as caught:
        action(bad)
    assert str(caught.value) == (
        f"{bad[:60]!r} can't be a run's id, which has only letters, digits, - and _. List your "
        "runs with `python -m ner_core runs`."
    )
    assert not (tmp_path / "runs").exists()


def test_an_empty_id_is_no_run(tmp_path):
    with pytest.raises(RunError):
        store.get("")
    assert store.create(CONFIG, "").id != ""


@pytest.mark.parametrize("bad", BAD_IDS)
def test_an_id_that_is_no_plain_name_does_not_exist(bad):
    assert store.exists(bad) is False


def test_an_existing_run_is_never_replaced(tmp_path):
    first = store.create(TrainConfig(seed=1), "a")
    with pytest.raises(RunError) as caught:
        store.create(TrainConfig(seed=2), "a")
    assert str(caught.value) == "There is already a run named a. Choose another id."
    assert first.config().seed == 1
    assert [entry.name for entry in (tmp_path / "runs").iterdir()] == ["a"]


def test_a_home_that_is_a_file_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("NER_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigError) as caught:
        store.create(CONFIG, "a")
    assert str(caught.value) == (
        f"Can't write runs to {tmp_path}/file/runs: Not a directory. Set NER_HOME to another "
        "folder."
    )


def test_a_home_whose_runs_are_a_file_is_a_sentence(tmp_path):
    (tmp_path / "runs").write_text("x")
    with pytest.raises(NerError) as caught:
        store.create(CONFIG, "a")
    assert str(caught.value) == (
        f"Can't write runs to {tmp_path}/runs: File exists. Set NER_HOME to another folder."
    )
    assert (tmp_path / "runs").read_text() == "x"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    monkeypatch.setenv("NER_HOME", str(home))
    with pytest.raises(ConfigError) as caught:
        store.create(CONFIG, "a")
    assert str(caught.value) == (
        f"Can't write runs to {home}/runs: Permission denied. Set NER_HOME to another folder."
    )


@pytest.mark.parametrize("call", ["mkdir", "write_text", "rename"])
def test_a_refused_run_leaves_nothing_behind(tmp_path, monkeypatch, call):
    (tmp_path / "runs").mkdir()

    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, call, refuse)
        with pytest.raises(ConfigError) as caught:
            store.create(CONFIG, "a")
    assert str(caught.value) == (
        f"Can't write runs to {tmp_path}/runs: No space left on device. Set NER_HOME to another "
        "folder."
    )
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_that_is_not_there_is_a_sentence():
    with pytest.raises(RunError) as caught:
        store.get("nowhere")
    assert str(caught.value) == (
        "There is no run 'nowhere'. List your runs with `python -m ner_core runs`."
    )


def test_without_a_store_there_are_no_runs(tmp_path):
    assert store.list_runs() == []
    assert not (tmp_path / "runs").exists()


def test_runs_are_listed_newest_first_and_strangers_left_out(tmp_path):
    for name in ("20260101-a", "20260201-b", "20260301-c"):
        store.create(CONFIG, name)
    (tmp_path / "runs" / ".new-1234").mkdir()
    (tmp_path / "runs" / "empty").mkdir()
    (tmp_path / "runs" / "a b").mkdir()
    (tmp_path / "runs" / "a b" / "config.json").write_text("{}")
    (tmp_path / "runs" / "file").write_text("x")
    assert [run.id for run in store.list_runs()] == ["20260301-c", "20260201-b", "20260101-a"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (None, "FileNotFoundError"),
        ("{", "JSONDecodeError"),
        ("[]", "ValidationError"),
        ('{"no_such": 1}', "ValidationError"),
        ('{"epochs": -1}', "ValidationError"),
    ],
)
def test_damaged_settings_are_a_sentence(text, kind):
    run = store.create(CONFIG, "a")
    path = run.config_path
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(RunError) as caught:
        run.config()
    assert str(caught.value) == (
        f"Can't read the settings of run a from its config.json ({kind}). Delete the run."
    )


def test_there_is_no_report_until_it_is_written():
    run = store.create(CONFIG, "a")
    assert not run.has_report
    with pytest.raises(RunError) as caught:
        run.report  # noqa: B018
    assert str(caught.value) == (
        "Run a has no scores: it is interrupted. A run has them once it finishes."
    )
    run.report_path.write_text('{"f1": 0.5}')
    assert run.has_report
    assert run.report == {"f1": 0.5}


def test_a_run_knows_its_files(tmp_path):
    run = store.create(CONFIG, "a")
    names = [run.events_path, run.log_path, run.lock_path, run.stop_path]
    assert [path.name for path in names] == ["events.jsonl", "output.log", "lock", "stop"]
    assert (run.model_dir.name, run.report_path.name) == ("model", "report.json")
    assert {path.parent for path in [*names, run.model_dir, run.report_path]} == {run.path}


@pytest.mark.parametrize(
    ("last", "held", "stop_asked", "status"),
    [
        (None, False, False, "interrupted"),
        (None, False, True, "interrupted"),
        (None, True, False, "starting"),
        (None, True, True, "stopping"),
        ("queued", False, False, "interrupted"),
        ("queued", False, True, "interrupted"),
        ("queued", True, False, "queued"),
        ("queued", True, True, "stopping"),
        ("started", False, False, "interrupted"),
        ("started", False, True, "interrupted"),
        ("started", True, False, "running"),
        ("started", True, True, "stopping"),
        *(
            (kind, held, stop_asked, kind)
            for kind in ("stopped", "finished", "failed")
            for held in (False, True)
            for stop_asked in (False, True)
        ),
    ],
)
def test_status_is_derived(last, held, stop_asked, status):
    event = last and Event(time=1.0, kind=last, step=0, data={"waiting_for": "other"})
    assert derive_status(event, held, stop_asked) == status


def test_a_run_that_is_to_go_on_is_starting_until_it_waits():
    event = Event(time=1.0, kind="queued", step=7, data={"waiting_for": None})
    assert derive_status(event, held=True, stop_asked=False) == "starting"


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ((), "interrupted"),
        (("queued",), "interrupted"),
        (("started", "progress"), "interrupted"),
        (("started", "progress", "finished"), "finished"),
        (("started", "failed"), "failed"),
        (("started", "stopped", "started", "checkpoint"), "interrupted"),
    ],
)
def test_the_status_of_a_run_that_nobody_works_on(kinds, status):
    run = store.create(CONFIG, "a")
    log(run, *kinds)
    assert run.status() == status


def test_the_status_follows_the_worker(worked_on):
    run = store.create(CONFIG, "a")
    process = worked_on(run)
    assert run.status() == "starting"
    log(run, "queued", waiting_for="other")
    assert run.status() == "queued"
    log(run, "started", "progress")
    assert run.status() == "running"
    stop(run)
    assert run.stop_path.exists()
    assert run.status() == "stopping"
    process.kill()
    assert process.wait(timeout=10) == -9
    assert run.status() == "interrupted"


@pytest.mark.parametrize("kinds", [(), ("started", "finished"), ("started", "failed")])
def test_only_a_run_at_work_can_be_stopped(kinds):
    run = store.create(CONFIG, "a")
    log(run, *kinds)
    with pytest.raises(RunError) as caught:
        stop(run)
    status = kinds[-1] if kinds else "interrupted"
    assert str(caught.value) == (
        f"Can't stop the run a: it is {status}. Choose one that is running."
    )
    assert not run.stop_path.exists()


def test_a_home_that_is_a_file_has_no_runs(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NER_HOME", str(tmp_path / "file"))
    assert store.list_runs() == []


def test_a_damaged_report_is_a_sentence():
    run = store.create(TrainConfig(), "a")
    run.report_path.write_text("{")
    with pytest.raises(RunError) as caught:
        run.report  # noqa: B018
    assert str(caught.value) == (
        "Can't read the scores of run a: its report.json is damaged. Compute them again with "
        "`python -m ner_core evaluate`."
    )


def test_the_newest_run_is_first_whatever_its_name():
    for name in ("zebra", "20260101-000000-a", "my-run"):
        run = store.create(TrainConfig(), name)
        os.utime(run.config_path, ns=(0, len(store.list_runs())))
    assert [run.id for run in store.list_runs()] == ["my-run", "20260101-000000-a", "zebra"]


def test_a_run_gets_another_name_and_keeps_its_id_and_what_it_has():
    run = store.create(CONFIG, "a")
    log(run, "started", "stopped")
    assert run.title == "Sample · balanced"
    assert store.rename(run, "  Menü\n<b> \u202e#1 ") == "Menü <b> #1"
    assert store.get("a").title == "Menü <b> #1"
    assert [found.id for found in store.list_runs()] == ["a"]
    assert (run.status(), run.config()) == ("stopped", CONFIG)
    assert sorted(path.name for path in run.path.iterdir()) == [
        *("config.json", "events.jsonl", "lock", "name.txt")
    ]


def test_a_run_at_work_gets_another_name(worked_on):
    run = store.create(CONFIG, "a")
    worked_on(run)
    store.rename(run, "b")
    assert run.title == "b"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "A run needs a name that can be seen. Type at least one letter or digit."),
        ("\u200b \0\n", "A run needs a name that can be seen. Type at least one letter or digit."),
        (
            "x" * 1081,
            "The name has 1,081 characters, and a run's name has at most 80. Shorten it.",
        ),
    ],
)
def test_a_name_that_cannot_be_is_a_sentence(name, sentence):
    run = store.create(CONFIG, "a")
    with pytest.raises(RunError) as caught:
        store.rename(run, name)
    assert str(caught.value) == sentence
    assert run.title == "Sample · balanced"


def test_a_run_that_is_gone_is_not_renamed():
    run = store.create(CONFIG, "a")
    store.delete(run)
    with pytest.raises(RunError) as caught:
        store.rename(run, "b")
    assert str(caught.value) == "Run a can't be renamed: No such file or directory."


@pytest.mark.parametrize(
    ("data", "recipe", "title"),
    [
        ("sample", "quick", "Sample · quick"),
        ("/home/me/uploads/upload-0123456789ab/menu_reviews.jsonl", "best", "Menu reviews · best"),
        ("/home/me/uploads/upload-0123456789ab", "best", "Uploaded files · best"),
        ("hub:owner/wnut_17:wnut@refs/convert/parquet", "adapter", "wnut_17 · adapter"),
        ("hub:conll2003", "notebook", "conll2003 · notebook"),
        ("/data/a\u202e<b>\n.txt", "quick", "A<b> · quick"),
        ("/data/" + "x" * 300, "quick", "X" + "x" * 46 + "… · quick"),
    ],
)
def test_the_usual_name_of_a_run(data, recipe, title):
    assert store.create(TrainConfig(data=data, recipe=recipe), "a").title == title


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", None])
def test_a_damaged_name_leaves_the_usual_one(content):
    run = store.create(CONFIG, "a")
    run.name_path.mkdir() if content is None else run.name_path.write_bytes(content)
    assert run.title == "Sample · balanced"
    run.config_path.write_text("{")
    assert run.title == "a"


def test_a_deleted_run_is_gone_with_all_it_had(ner_home):
    run = store.create(CONFIG, "a")
    store.create(CONFIG, "b")
    run.model_dir.mkdir()
    store.delete(run)
    assert [path.name for path in (ner_home / "runs").iterdir()] == ["b"]
    with pytest.raises(RunError) as caught:
        store.delete(run)
    assert str(caught.value) == ("Run a can't be deleted: No such file or directory.")


@pytest.mark.slow
def test_a_run_at_work_is_not_deleted(worked_on):
    run = store.create(CONFIG, "a")
    worked_on(run)
    log(run, "started")
    with pytest.raises(RunError) as caught:
        store.delete(run)
    assert str(caught.value) == "Run a can't be deleted while it is running. Stop it first."
    assert run.status() == "running"


def test_a_run_belongs_to_who_signed_in_for_it_whatever_its_name():
    run = store.create(CONFIG, "of-ann", owner="ann")
    assert (run.owner_path).read_text() == "ann\n"
    store.rename(run, "of bob")
    assert run.owner == store.get("of-ann").owner == "ann"
    nobodys = store.create(CONFIG, "of-nobody")
    assert nobodys.owner is None
    assert not (nobodys.owner_path).exists()
