import contextlib
import signal
import threading
import time

import pytest

from ner_core.system.interrupts import StopRequested, interruptible


def test_a_stop_ends_what_takes_long_at_once():
    began = time.monotonic()
    with pytest.raises(StopRequested), interruptible(lambda: time.monotonic() - began > 0.3):
        time.sleep(30)
    assert time.monotonic() - began < 15


def computing():
    end = time.monotonic() + 30
    while time.monotonic() < end:
        sum(range(1000))


def test_a_stop_ends_what_computes():
    began = time.monotonic()
    with pytest.raises(StopRequested), interruptible(lambda: time.monotonic() - began > 0.3):
        computing()
    assert time.monotonic() - began < 15


def test_without_a_stop_nothing_is_left_behind():
    before = signal.getsignal(signal.SIGUSR1)
    threads = threading.active_count()
    with interruptible(lambda: False):
        assert threading.active_count() == threads + 1
    assert threading.active_count() == threads
    assert signal.getsignal(signal.SIGUSR1) == before


def sleeping_soundly():
    with contextlib.suppress(Exception):
        time.sleep(30)


def test_no_library_can_take_it_for_an_error_of_its_own():
    began = time.monotonic()
    with pytest.raises(StopRequested), interruptible(lambda: time.monotonic() - began > 0.3):
        sleeping_soundly()


def test_in_another_thread_the_block_runs_to_its_end():
    done = []

    def work():
        with interruptible(lambda: True):
            time.sleep(0.6)
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert done == [True]
