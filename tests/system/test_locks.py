import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ner_core.errors import RunError
from ner_core.system import locks

OPEN_FILES = Path("/proc/self/fd")

HOLD = """
import sys
import threading
from pathlib import Path
from ner_core.system import locks
fd = locks.acquire(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path):
    folder = tmp_path / "some-run"
    folder.mkdir()
    return folder / "lock"


@pytest.fixture
def holder(lock):
    """Yield another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_file_that_does_not_exist_is_not_held(lock):
    assert not locks.is_held(lock)
    assert not lock.exists()


def test_a_lock_is_held_until_it_is_closed(lock):
    fd = locks.acquire(lock)
    assert locks.is_held(lock)
    os.close(fd)
    assert not locks.is_held(lock)


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="open files cannot be counted here")
def test_looking_at_a_lock_leaves_no_open_file(lock):
    fd = locks.acquire(lock)
    before = len([*OPEN_FILES.iterdir()])
    for _ in range(50):
        assert locks.is_held(lock)
    assert len([*OPEN_FILES.iterdir()]) == before
    os.close(fd)


@pytest.mark.slow
def test_a_lock_of_another_process_is_seen_and_refused(lock, holder):
    assert locks.is_held(lock)
    with pytest.raises(RunError) as caught:
        locks.acquire(lock)
    assert str(caught.value) == ("Another process is using the run some-run. Wait until it ends.")
    assert locks.is_held(lock)


def test_a_killed_process_holds_nothing(lock, holder):
    holder.kill()
    assert holder.wait(timeout=10) == -9
    assert not locks.is_held(lock)
    os.close(locks.acquire(lock))


def test_a_process_that_inherits_the_open_file_keeps_the_lock(lock):
    fd = locks.acquire(lock)
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        pass_fds=(fd,),
    ) as child:
        os.close(fd)
        assert locks.is_held(lock)
        child.kill()
        child.wait(timeout=10)
    assert not locks.is_held(lock)


def test_a_look_at_the_lock_does_not_turn_a_worker_away(lock):
    looking = os.open(lock, os.O_RDONLY | os.O_CREAT)
    fcntl.flock(looking, fcntl.LOCK_SH)
    timer = threading.Timer(0.2, os.close, (looking,))
    timer.start()
    os.close(locks.acquire(lock))
    timer.join()


def test_one_run_has_the_slot_and_the_others_can_name_it(tmp_path):
    path = tmp_path / "slot.lock"
    first, second = locks.Slot(path), locks.Slot(path)
    assert first.try_acquire("a-run-with-a-long-name")
    assert not second.try_acquire("run-b")
    assert second.holder() == "a-run-with-a-long-name"
    first.release()
    assert second.try_acquire("run-b")
    assert second.holder() == "run-b"
    second.release()


def test_a_slot_that_nobody_ever_had_names_nobody(tmp_path):
    slot = locks.Slot(tmp_path / "slot.lock")
    assert slot.holder() == ""
    slot.release()
