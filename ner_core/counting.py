"""Counts in words."""


def many(count: int, noun: str) -> str:
    """Return a count with its noun in the singular or plural.

    >>> many(1, "entity"), many(2, "entity"), many(1200, "row")
    ('1 entity', '2 entities', '1,200 rows')
    """
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"
