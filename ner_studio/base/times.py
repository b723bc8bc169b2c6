"""Points in time, written for people who tell runs apart."""

from datetime import datetime


def when(time_ns: int, now: datetime | None = None) -> str:
    """Return a time in nanoseconds since the epoch, in the time zone of the server.

    ``UTC`` is added where that is the zone, as on Spaces, which do not know that of a visitor.

    >>> now = datetime.fromisoformat("2026-01-03 09:00+01:00")
    >>> when(1767367800_000_000_000, now)
    'yesterday 16:30'
    """
    now = now or datetime.now().astimezone()
    then = datetime.fromtimestamp(time_ns / 1e9, now.tzinfo)
    days = (now.date() - then.date()).days
    day = {0: "today", 1: "yesterday"}.get(days)
    if day is None:
        year = "" if then.year == now.year else f" {then.year}"
        day = f"{then.day} {then:%b}{year},"
    return f"{day} {then:%H:%M}{'' if now.utcoffset() else ' UTC'}"
