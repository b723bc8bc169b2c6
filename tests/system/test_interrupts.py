import contextlib
import signal
import threading
import time

import pytest

from ner_core.system.interrupts import StopRequested, interruptible

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def begun():
    """Return the event that a block sets once a stop may come; only a stop ends what follows."""
    return threading.Event()


def sleep(begun):
    begun.set()
    time.sleep(3600)


def test_a_stop_ends_what_takes_long_at_once(begun):
    with pytest.raises(StopRequested), interruptible(begun.is_set):
        sleep(begun)


def compute(begun):
    begun.set()
    while True:
        sum(range(1000))


def test_a_stop_ends_what_computes(begun):
    with pytest.raises(StopRequested), interruptible(begun.is_set):
        compute(begun)


def test_without_a_stop_nothing_is_left_behind():
    before = signal.getsignal(signal.SIGUSR1)
    threads = threading.active_count()
    with interruptible(lambda: False):
        assert threading.active_count() == threads + 1
    assert threading.active_count() == threads
    assert signal.getsignal(signal.SIGUSR1) == before


def sleep_soundly(begun):
    with contextlib.suppress(Exception):
        sleep(begun)


def test_no_library_can_take_it_for_an_error_of_its_own(begun):
    with pytest.raises(StopRequested), interruptible(begun.is_set):
        sleep_soundly(begun)


def test_in_another_thread_the_block_runs_to_its_end():
    done = []

    def work():
        handler, threads = signal.getsignal(signal.SIGUSR1), threading.active_count()
        with interruptible(lambda: True):
            # Nobody looks whether it is to stop, and nothing would be done about it.
            done.append(threading.active_count() - threads)
            done.append(signal.getsignal(signal.SIGUSR1) == handler)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [0, True]
