"""Arrow streams, as ``save_to_disk`` of ``datasets`` writes them: rows as in Parquet."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ner_core.data.readers import rows
from ner_core.data.readers.parquet import columns_of, sentences_of
from ner_core.data.readers.sentence import ReadOptions, Record
from ner_core.errors import DataError

# The length of the first message after the mark of a stream, or the mark of a file of Arrow.
_STREAM, _FILE = b"\xff\xff\xff\xff", b"ARROW1"


def looks_like_arrow(head: bytes) -> bool:
    """Return whether a file is a stream or a file of Arrow, judged by its first bytes."""
    return head.startswith((_STREAM, _FILE))


def read_arrow(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the sentences of such a file, see ``read_parquet``."""
    yield from rows.or_refuse(path, _records(path, options), "row")


def _records(path: Path, options: ReadOptions) -> Iterator[Record]:
    try:
        with pa.memory_map(str(path)) as file:
            is_file = file.read(len(_FILE)) == _FILE
            file.seek(0)
            reader = pa.ipc.open_file(file) if is_file else pa.ipc.open_stream(file)
            columns = columns_of(path, reader.schema, options)
            numbers = range(reader.num_record_batches) if is_file else ()
            batches = map(reader.get_batch, numbers) if is_file else reader
            yield from sentences_of(batches, columns, path, options)
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror or 'it is damaged'}.") from None
    except (pa.ArrowException, ValueError, KeyError):
        raise DataError(
            f"{path.name}: the Arrow file is damaged. Download or write it again."
        ) from None
