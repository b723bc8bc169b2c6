"""Compare the estimate of a run's time and memory with what the run then takes.

    python benchmarks/estimate.py [--max-train 800] [--only quick] [--rounds 1]

Each configuration is estimated first, then trained from the command line, in an empty NER_HOME.
Prints the estimated and the real seconds from pressing Start to the finished run, the same for the
peak of memory, and their ratios. ``others`` is how many cores other processes kept busy, while
measuring and while training: if the two differ, so do the times.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import psutil

from ner_core.config import TrainConfig
from ner_core.cost.estimate import estimate_cost
from ner_core.runs import store
from ner_core.runs.command import command_line

VARIANTS: dict[str, dict[str, object]] = {
    "quick": {"recipe": "quick"},
    "balanced, 1 epoch": {"epochs": 1},
    "adapter, 1 epoch": {"recipe": "adapter", "epochs": 1},
    "batches of 8": {"epochs": 1, "batch_size": 8},
    "4 batches of 8 a step": {"epochs": 1, "batch_size": 8, "gradient_accumulation": 4},
    "short windows, any order": {"epochs": 2, "max_length": 48, "group_by_length": False},
}


class OtherProcesses:
    """How many cores processes other than this one and its children kept busy."""

    cores = 0.0


@contextmanager
def others() -> Iterator[OtherProcesses]:
    """Measure the load by other processes during the block."""
    load = OtherProcesses()
    before, began = _busy(), time.monotonic()
    yield load
    load.cores = max(0.0, _busy() - before) / (time.monotonic() - began)


def _busy() -> float:
    times, own = psutil.cpu_times(), os.times()
    return float(
        times.user
        + times.system
        + times.nice
        - (own.user + own.system + own.children_user + own.children_system)
    )


def train(config: TrainConfig, name: str) -> tuple[float, int]:
    """Train by the command line; return the seconds until it was finished, and the memory."""
    arguments = command_line(config).split()[1:]
    began = time.time()
    subprocess.run(
        [sys.executable, *arguments, "--run-id", name, "--json"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parent.parent,
    )
    run = store.get(name)
    report = json.loads(run.report_path.read_text(encoding="utf-8"))
    return run.events()[-1].time - began, int(report["memory_peak"])


def main() -> None:
    """Compare all variants and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-train", type=int, default=800)
    parser.add_argument("--only", help="variants whose name begins with this")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    print(f"{'variant':26} {'estimated':>9} {'real':>7} {'ratio':>6}", end="   ")
    print(f"{'MB':>6} {'real':>6} {'ratio':>6}   measured in   others")
    for number in range(options.rounds):
        for name, settings in VARIANTS.items():
            if options.only and not name.startswith(options.only):
                continue
            config = TrainConfig.from_values({"max_train": options.max_train, **settings})
            with tempfile.TemporaryDirectory() as home:
                os.environ["NER_HOME"] = home
                began = time.monotonic()
                with others() as measuring:
                    cost = estimate_cost(config)
                took = time.monotonic() - began
                with others() as training:
                    seconds, memory = train(config, f"benchmark-{number}")
            if cost is None:
                raise SystemExit(f"There is no estimate for {name}.")
            print(
                f"{name:26} {cost.seconds:9.1f} {seconds:7.1f} {cost.seconds / seconds:6.2f}",
                end="",
            )
            megabytes = cost.memory_bytes / 1e6, memory / 1e6
            print(
                f"   {megabytes[0]:6.0f} {megabytes[1]:6.0f} {megabytes[0] / megabytes[1]:6.2f}",
                end="",
            )
            print(f"   {took:9.1f} s   {measuring.cores:.1f}, {training.cores:.1f}", flush=True)


if __name__ == "__main__":
    main()
