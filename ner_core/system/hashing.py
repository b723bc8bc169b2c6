"""Hashes of files."""

import hashlib
from pathlib import Path

_PART_BYTES = 2**20


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hex. Raises OSError if it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_PART_BYTES):
            digest.update(part)
    return digest.hexdigest()
