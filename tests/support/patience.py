"""How long to wait on a machine that has other work: measured, so that bounds can stay tight."""

import os
import subprocess
import sys

_SPIN = """
import time

began, spent = time.monotonic(), time.process_time()
while time.monotonic() - began < 0.5:
    pass
print((time.process_time() - spent) / 0.5)
"""


def share_of_the_cores():
    """Tell which part of this machine's cores other work leaves to tests: 1.0 if there is none."""
    command = [sys.executable, "-S", "-c", _SPIN]
    spinning = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in os.sched_getaffinity(0)
    ]
    shares = [float(process.communicate()[0]) for process in spinning]
    return min(1.0, sum(shares) / len(shares))


def patience(seconds):
    """Give the time in which happens what takes so many seconds on a machine without other work."""
    return seconds / share_of_the_cores()


def assert_takes(seconds, attempt, tries=3):
    """Fail unless an attempt gives a time below this; the machine's other work is reckoned off.

    The best of a few counts: what other work there is changes while an attempt is made.
    """
    found = []
    while len(found) < tries:
        share = share_of_the_cores()
        found.append(round(attempt() * share, 2))
        if found[-1] < seconds:
            return
    raise AssertionError(f"expected less than {seconds} s, found {found}")
