"""Names of text encodings that Python can read."""

import re

# Python can decode with these, and no file of sentences is written so.
_NO_TEXT = re.compile(r"(idna|punycode|undefined|(raw_?)?unicode_?escape|mbcs|oem)", re.IGNORECASE)
_ENCODING = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:+-]{0,39}")


def is_encoding(name: str) -> bool:
    """Return whether Python knows a text encoding by this name.

    >>> is_encoding("cp1251"), is_encoding("utf-9"), is_encoding("base64")
    (True, False, False)
    """
    if not _ENCODING.fullmatch(name) or _NO_TEXT.fullmatch(name.replace("-", "_")):
        return False
    try:
        b"a".decode(name)
    except (LookupError, ValueError):  # ValueError: an encoding of two bytes or four
        try:
            "a".encode(name)
        except (LookupError, ValueError):
            return False
    return True
