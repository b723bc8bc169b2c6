"""Compare a run whose worker is killed many times with one that is not interrupted.

    python benchmarks/chaos.py [--kills 20] [--seed 1] [--max-train 600] [--epochs 2]

Trains minilm on the sample twice with the same seed: once without interruption, once in worker
processes that are killed (SIGKILL) at random moments and resumed each time. Prints how long it took
until the run showed as interrupted, which events were lost or doubled, and whether scores and
weights are the same.
"""

import argparse
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from ner_core.config import TrainConfig
from ner_core.jobs.submit import resume, submit
from ner_core.runs.run import Run

START_UP = (0.0, 12.0)
"""Seconds after the start of a worker within which a fifth of the kills fall."""
AT_WORK = (0.0, 4.0)
"""Seconds after the first new event of a worker within which the others fall."""


def weights(run: Run) -> str:
    """Return the hash of the trained weights."""
    return hashlib.sha256((run.model_dir / "model.safetensors").read_bytes()).hexdigest()[:12]


def places(run: Run, kind: str) -> list[tuple[int, object, object]]:
    """Return the events of a kind by their step, their split, and whether they are final."""
    return [
        (event.step, event.data.get("split"), event.data.get("final"))
        for event in run.events()
        if event.kind == kind
    ]


def kill_again_and_again(config: TrainConfig, kills: int, chance: random.Random) -> Run:
    """Train with so many kills at random moments; return the finished run."""
    run, process = submit(config, "killed")
    slowest = 0.0
    for number in range(kills):
        events = len(run.events())
        began = time.monotonic()
        early = chance.random() < 0.2
        until = chance.uniform(*START_UP) if early else 120.0
        while process.poll() is None and time.monotonic() - began < until:
            if not early and len(run.events()) > events + 1:
                time.sleep(chance.uniform(*AT_WORK))
                break
            time.sleep(0.05)
        if process.poll() is not None:
            print(f"the run ended after {number} kills")
            return run
        os.kill(process.pid, signal.SIGKILL)
        killed = time.monotonic()
        while run.status() != "interrupted":
            time.sleep(0.01)
        slowest = max(slowest, time.monotonic() - killed)
        process.wait()
        last = max((event.step for event in run.events()), default=0)
        print(f"kill {number + 1}: {killed - began:.1f} s after the start, at step {last}")
        process = resume(run)
    process.wait()
    print(f"shown as interrupted within {slowest:.2f} s")
    return run


def main() -> None:
    """Train twice and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-train", type=int, default=600)
    parser.add_argument("--epochs", type=float, default=2)
    options = parser.parse_args()
    config = TrainConfig.from_values(
        {"max_train": options.max_train, "epochs": options.epochs, "seed": options.seed}
    )
    with tempfile.TemporaryDirectory() as home:
        os.environ["NER_HOME"] = home
        calm, process = submit(config, "calm")
        process.wait()
        chance = random.Random(options.seed)  # noqa: S311 - no secret
        run = kill_again_and_again(config, options.kills, chance)
        print(f"status: {run.status()}")
        for kind in ("progress", "evaluated", "checkpoint", "finished"):
            found = Counter(places(run, kind))
            doubled = sum(count - 1 for count in found.values())
            line = f"{kind}: {sum(found.values())}, doubled {doubled}"
            if kind in ("evaluated", "finished"):
                line += f", lost {len(set(places(calm, kind)) - set(found))}"
            print(line)
        for name, one in (("not interrupted", calm), ("killed", run)):
            report = one.report if one.has_report else {}
            scores = report.get("validation") or {}
            print(f"{name}: validation F1 {scores.get('f1')}, weights {weights(one)}")


if __name__ == "__main__":
    main()
