"""How fast a large file is read into splits, and how much memory that takes.

    python benchmarks/read_speed.py [--sentences 1000000] [--formats conll jsonl parquet]
                                    [--check | --run]

Makes a file of sentences of about ten words each, entities among them, in each of the formats, and
reads it in a process of its own with ``load_data``, or with ``--check`` with the whole data check.
Prints seconds, sentences per second and the process's largest resident memory. Exits with 1 if that
is 1.5 GB or more.

With ``--run`` it does what reads the data between an upload and the first step of a run (the data
check, the submission, the cost estimate, the worker's preparation), each in a process of its own,
without the cache and with it, and prints the processor time of each, which depends less than the
clock on what else the machine does.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

MOST_BYTES = 1_500_000_000
TYPES = ("LOC", "ORG", "PER")
WORDS = 50_000  # in the vocabulary; real text repeats itself, too


def sentences(count: int, seed: int = 1) -> Iterator[tuple[list[str], list[str]]]:
    """Yield words and IOB2 tags, the same for the same seed: 5 to 15 words, an entity in two."""
    rng = random.Random(seed)  # noqa: S311 - a choice that can be repeated, no secret
    for _ in range(count):
        words = [f"word{int(WORDS * rng.random() ** 3)}" for _ in range(rng.randint(5, 15))]
        tags = ["O"] * len(words)
        start = rng.randrange(2 * len(words))
        if start < len(words):
            label = rng.choice(TYPES)
            tags[start : start + 2] = [f"B-{label}", f"I-{label}"][: len(words) - start]
        yield words, tags


def write_conll(path: Path, count: int) -> None:
    """Write words and tags in columns."""
    with path.open("w", encoding="utf-8") as file:
        for words, tags in sentences(count):
            lines = (f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True))
            file.write("".join(lines) + "\n")


def write_jsonl(path: Path, count: int) -> None:
    """Write an object a line."""
    with path.open("w", encoding="utf-8") as file:
        for words, tags in sentences(count):
            file.write(json.dumps({"tokens": words, "tags": tags}) + "\n")


def write_parquet(path: Path, count: int) -> None:
    """Write a row a sentence, with the tags as text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    words = pa.list_(pa.string())
    schema = pa.schema([("tokens", words), ("tags", words)])
    rows = ({"tokens": words, "tags": tags} for words, tags in sentences(count))
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, 10_000)):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))


FORMATS: dict[str, Callable[[Path, int], None]] = {
    "conll": write_conll,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}


def read(path: Path, check: bool, cached: bool) -> dict[str, Any]:
    """Read a file; return sentences, seconds, processor time and the largest memory in bytes."""
    from ner_core.data import cache

    if not cached:
        cache.FEWEST_SENTENCES = sys.maxsize
    start, start_cpu = time.perf_counter(), time.process_time()
    if check:
        from ner_core.checks.report import check_data

        count = sum(split.sentences for split in check_data(str(path)).splits.values())
    else:
        from ner_core.data.corpus import load_data

        count = sum(load_data(str(path)).dataset.num_rows.values())
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # so on Linux; see getrusage(2)
    return {"sentences": count, "seconds": seconds, "cpu": cpu, "bytes": kilobytes * 1024}


STEPS = {"data check": True, "submission": False, "cost estimate": False, "preparation": False}
"""What reads the data before the first step of a run, and whether it also checks them."""


def read_in_process(path: Path, check: bool, cached: bool) -> dict[str, Any]:
    """Read a file in a process of its own; see ``read``."""
    command = [sys.executable, __file__, "--read", str(path)]
    command += ["--check"] * check + ["--cached"] * cached
    home = path.parent / ("with-cache" if cached else "without-cache")
    environment = {**os.environ, "NER_HOME": str(home)}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(path: Path) -> None:
    """Print the processor time of each step that reads the data, without the cache and with it."""
    sums = [0.0, 0.0]
    print(f"{path.suffix[1:]:14} {'no cache':>9} {'cache':>7} {'ratio':>6}")
    for step, check in STEPS.items():
        seconds = [read_in_process(path, check, cached)["cpu"] for cached in (False, True)]
        sums = [total + more for total, more in zip(sums, seconds, strict=True)]
        print(f"{step:14} {seconds[0]:9.1f} {seconds[1]:7.1f} {seconds[1] / seconds[0]:6.2f}")
    print(f"{'all':14} {sums[0]:9.1f} {sums[1]:7.1f} {sums[1] / sums[0]:6.2f}", flush=True)


def main() -> int:
    """Read a file in each format and print a table; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=["conll"])
    parser.add_argument("--check", action="store_true", help="check the data as well")
    parser.add_argument("--run", action="store_true", help="compare without cache and with it")
    for_children: dict[str, Any] = {"help": argparse.SUPPRESS}
    parser.add_argument("--read", type=Path, **for_children)
    parser.add_argument("--cached", action="store_true", **for_children)
    options = parser.parse_args()
    if options.read:
        print(json.dumps(read(options.read, options.check, options.cached)))
        return 0
    most = 0
    if not options.run:
        print(f"{'format':10} {'seconds':>8} {'sentences/s':>12} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for form in options.formats:
            path = Path(folder) / f"large.{form}"
            FORMATS[form](path, options.sentences)
            if options.run:
                compare(path)
                continue
            found = read_in_process(path, options.check, cached=False)
            path.unlink()
            if found["sentences"] != options.sentences:
                raise SystemExit(f"{form}: read {found['sentences']:,} sentences")
            speed = found["sentences"] / found["seconds"]
            megabytes = found["bytes"] / 1e6
            print(f"{form:10} {found['seconds']:8.1f} {speed:12,.0f} {megabytes:8.0f}", flush=True)
            most = max(most, found["bytes"])
    return int(most >= MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
