"""Times beside the names of runs."""

from datetime import datetime

import pytest

from ner_studio.base.times import when


@pytest.mark.parametrize(
    ("then", "now", "text"),
    [
        ("2026-01-02 21:55+01:00", "2026-01-02 23:00+01:00", "today 21:55"),
        ("2026-01-02 23:55+01:00", "2026-01-03 00:01+01:00", "yesterday 23:55"),
        ("2026-01-02 23:55+01:00", "2026-01-02 23:00+00:00", "today 22:55 UTC"),
        ("2026-03-02 21:55+01:00", "2026-05-02 23:00+01:00", "2 Mar, 21:55"),
        ("2025-12-31 21:55+00:00", "2026-05-02 23:00+00:00", "31 Dec 2025, 21:55 UTC"),
        ("2026-01-03 10:00+01:00", "2026-01-02 23:00+01:00", "3 Jan, 10:00"),  # a clock went back
    ],
)
def test_a_time_is_written_for_people(then, now, text):
    time_ns = int(datetime.fromisoformat(then).timestamp() * 1e9)
    assert when(time_ns, datetime.fromisoformat(now)) == text
