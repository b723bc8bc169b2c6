"""How often a page polls the watched run."""

import time

import pytest

from ner_studio.base import polling
from ner_studio.base.polling import RunPolls


@pytest.mark.parametrize(
    ("pages", "at_work", "seconds"),
    [(1, True, 1.0), (18, True, 1.0), (19, True, 1.5), (50, True, 3.0), (500, True, 4.0)]
    + [(1, False, 5.0), (500, False, 5.0)],
)
def test_many_pages_share_the_polls_of_a_second(pages, at_work, seconds):
    polls = RunPolls()
    for number in range(pages):
        interval = polls.interval(f"page-{number}", at_work)
    assert interval == seconds


def test_pages_that_are_gone_do_not_count(monkeypatch):
    polls, now = RunPolls(), time.monotonic()
    for number in range(50):
        polls.interval(f"page-{number}", at_work=True)
    monkeypatch.setattr(polling.time, "monotonic", lambda: now + 60)
    assert polls.interval("page", at_work=True) == polling.SHORTEST
    assert polls.interval(None, at_work=True) == polling.SHORTEST
