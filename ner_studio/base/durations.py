"""Durations in words, such as 1 min 35 s."""


def duration(seconds: float) -> str:
    """Return a duration in words.

    >>> duration(7.4), duration(95), duration(4000)
    ('7 s', '1 min 35 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
