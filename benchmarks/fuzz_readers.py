"""Whether any bytes whatever are read or refused in one sentence, quickly, by every reader.

    python benchmarks/fuzz_readers.py [--examples 10000] [--seed 1] [--seconds 5] [--reader json]

Small valid files are damaged (bytes flipped, cut, doubled; control characters, other encodings,
huge numbers, deep nesting, strange values put in) and handed to their reader, and to the whole way
from a file to Arrow. A reader may yield sentences and faults that keep their contract, or raise a
NerError of one sentence. Anything else is a fault of ours: another exception, a crash of the
process, more than ``--seconds`` or 8 GiB. For each kind of them the smallest bytes found are
printed in hexadecimal, and the script exits with 1.
"""

import argparse
import multiprocessing
import random
import resource
import string
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from broken_files import SEEDS, broken_file

from ner_core.data.corpus import load_data
from ner_core.data.readers.conll import read_conll
from ner_core.data.readers.csv_table import read_csv
from ner_core.data.readers.inline import read_inline
from ner_core.data.readers.json_lines import read_json
from ner_core.data.readers.label_studio import read_label_studio
from ner_core.data.readers.parquet import read_parquet
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.errors import NerError

MEMORY = 8 * 2**30
LONGEST_MESSAGE = 600
SHRINKING_SECONDS = 30


def load(path: Path, options: ReadOptions) -> Iterable[Record]:
    """Go the whole way, from recognising the format to splits in Arrow."""
    load_data(str(path), options=options, strict=False)
    return ()


READERS: dict[str, tuple[Callable[[Path, ReadOptions], Iterable[Record]], tuple[str, ...]]] = {
    "conll": (read_conll, (".conll", ".txt")),
    "inline": (read_inline, (".txt",)),
    "json": (read_json, (".json", ".jsonl")),
    "label studio": (read_label_studio, (".json",)),
    "csv": (read_csv, (".csv", ".tsv")),
    "parquet": (read_parquet, (".parquet",)),
    "any": (load, (".conll", ".txt", ".json", ".jsonl", ".csv", ".tsv", ".parquet", "")),
}
OPTIONS = [
    *[ReadOptions()] * 6,
    ReadOptions(label_names=("O", "B-PER", "I-PER")),
    ReadOptions("1", "2"),
    ReadOptions("Word", "Tag"),
    ReadOptions("-1", "99999999999999999999"),
]


@dataclass(frozen=True)
class Example:
    """A file for a reader: its bytes, the ending of its name, and what a person says about it."""

    reader: str
    raw: bytes
    suffix: str
    options: ReadOptions


def examples(reader: str, seed: int, count: int) -> Iterator[Example]:
    """Return the same examples for the same seed; the first are valid files."""
    rng = random.Random(f"{seed} {reader}")  # noqa: S311
    suffixes = READERS[reader][1]
    for raw in SEEDS[reader][:count]:
        yield Example(reader, raw, suffixes[0], ReadOptions())
    for _ in range(count - len(SEEDS[reader])):
        raw = broken_file(rng, reader)
        yield Example(reader, raw, rng.choice(suffixes), rng.choice(OPTIONS))


def complaint(message: str) -> str | None:
    """Return what is wrong with a message to a user, if something is."""
    if len(message) > LONGEST_MESSAGE:
        return f"a message of {len(message)} characters"
    if message.splitlines() != [message] or not message.endswith((".", "?")):
        return f"a message that is not one sentence: {message!r}"
    return None


def broken_promise(record: Record) -> str | None:
    """Return what of the readers' contract a record breaks, if it does."""
    if isinstance(record, Fault):
        return complaint(record.message) if record.message or record.code != "empty" else None
    if not len(record.tokens) == len(record.tags) == len(record.lines) or not record.tokens:
        return f"columns of different lengths: {record!r:.300}"
    for cell in (*record.tokens, *record.tags):
        if not isinstance(cell, str) or not cell:
            return f"a word or a tag that is no text: {cell!r:.100}"
        cell.encode()  # Arrow could not hold a lone surrogate
    for word in record.tokens:
        if set(word) & set(string.whitespace) or not word.strip():
            return f"a word with blanks: {word!r:.100}"
    return None


def attempt(example: Example, folder: Path) -> tuple[str, str]:
    """Read an example; gives ``read``, ``refused`` or ``fault``, and what happened."""
    path = folder / f"my{example.suffix}"
    path.write_bytes(example.raw)
    try:
        for record in READERS[example.reader][0](path, example.options):
            if broken := broken_promise(record):
                return "fault", broken
    except NerError as error:
        broken = complaint(str(error))
        return ("fault", broken) if broken else ("refused", "")
    except BaseException as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "ner_core" in f.filename]
        via = f", from {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
        return "fault", f"{type(error).__name__} at {where}{via}: {str(error)[:200]}"
    return "read", ""


def serve(connection: Any) -> None:
    """Run in a process of its own, which may hang or die: an example in, an outcome out."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        while (example := connection.recv()) is not None:
            start = time.perf_counter()
            outcome, what = attempt(example, Path(folder))
            connection.send((outcome, what, time.perf_counter() - start))


class Prisoner:
    """A process that reads examples, and is replaced when it hangs or dies."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.try_out(Example("conll", b"", ".txt", ReadOptions()), seconds=60)  # until imported

    def close(self) -> None:
        """Let the process end."""
        self.connection.send(None)
        self.process.join()

    def try_out(self, example: Example, seconds: float | None = None) -> tuple[str, str, float]:
        """Return the outcome, what happened and the seconds it took."""
        seconds = seconds or self.seconds
        self.connection.send(example)
        try:
            if self.connection.poll(seconds):
                outcome: tuple[str, str, float] = self.connection.recv()
                return outcome
            what = f"nothing within {seconds:g} seconds"
        except (EOFError, ConnectionError):
            what = "the process died"
        self.process.kill()
        self.process.join()
        self._start()
        return "fault", what, seconds


def kind_of(what: str) -> str:
    """Return faults apart by what and where, not by the values in them."""
    return what.split(": ")[0]


def shrunk(prisoner: Prisoner, example: Example, kind: str) -> Example:
    """Cut out what the fault does not need."""
    size = len(example.raw) // 2
    deadline = time.monotonic() + SHRINKING_SECONDS
    while size:
        start = 0
        while start < len(example.raw) and time.monotonic() < deadline:
            raw = example.raw
            smaller = replace(example, raw=raw[:start] + raw[start + size :])
            outcome, what, _ = prisoner.try_out(smaller)
            if outcome == "fault" and kind_of(what) == kind:
                example = smaller
            else:
                start += size
        size //= 2
    return example


def main() -> int:
    """Try all readers and print a table; give the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=10_000, help="of all readers together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5, help="that one example may take")
    parser.add_argument("--reader", choices=READERS, action="append", help="only this one")
    options = parser.parse_args()
    readers = options.reader or list(READERS)
    prisoner = Prisoner(options.seconds)
    found: dict[tuple[str, str], tuple[Example, str]] = {}
    times: Counter[tuple[str, str]] = Counter()
    print(f"{'reader':14} {'examples':>8} {'read':>8} {'refused':>8} {'faults':>8} {'worst ms':>9}")
    for reader in readers:
        outcomes: Counter[str] = Counter()
        worst = 0.0
        for example in examples(reader, options.seed, options.examples // len(readers)):
            outcome, what, seconds = prisoner.try_out(example)
            outcomes[outcome] += 1
            worst = max(worst, seconds)
            if outcome == "fault":
                key = reader, kind_of(what)
                times[key] += 1
                if key not in found or len(example.raw) < len(found[key][0].raw):
                    found[key] = example, what
        counts = " ".join(f"{outcomes[name]:8}" for name in ("read", "refused", "fault"))
        print(f"{reader:14} {outcomes.total():8} {counts} {worst * 1000:9.0f}", flush=True)
    for (reader, kind), (example, what) in found.items():
        small = shrunk(prisoner, example, kind)
        print(f"\n{reader}, {times[reader, kind]} times: {what}")
        print(f"my{small.suffix}, {small.options}\n{small.raw.hex()}")
    prisoner.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
