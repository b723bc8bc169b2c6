"""What the speed settings of training are worth, side by side on this machine.

    python benchmarks/train_speed.py [--rounds 2] [--epochs 3] [--data sample]

Trains minilm in real worker processes, one variant after the other and all of them again in each
round, so that other work on the machine hits all alike. Prints training windows per second
(evaluations left out), the best of the rounds, and the ratio to the notebook's
settings.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_core.system.environment import KEEP_MEMORY

VARIANTS: dict[str, tuple[dict[str, object], bool]] = {
    "notebook recipe": ({"recipe": "notebook"}, False),
    "balanced, float32": ({"precision": "fp32"}, True),
    "balanced, batches of any length": ({"group_by_length": False}, True),
    "balanced, memory given back each step": ({}, False),
    "balanced (the default)": ({}, True),
}


def measure(settings: dict[str, object], keep_memory: bool) -> float:
    """Train once; return the training windows per second."""
    run = store.create(TrainConfig.from_values({**settings, "evaluations": 1}))
    environment = {**os.environ, **(KEEP_MEMORY if keep_memory else {})}
    subprocess.run(
        [sys.executable, "-m", "ner_core", "worker", str(run.path)],
        check=True,
        env=environment,
        cwd=Path(__file__).parent.parent,
    )
    report = json.loads(run.report_path.read_text(encoding="utf-8"))
    return float(report["examples_per_second"])


def main() -> None:
    """Measure all variants and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--data", default="sample")
    options = parser.parse_args()
    speeds: dict[str, list[float]] = {name: [] for name in VARIANTS}
    with tempfile.TemporaryDirectory() as home:
        os.environ["NER_HOME"] = home
        for _ in range(options.rounds):
            for name, (settings, keep_memory) in VARIANTS.items():
                common = {"data": options.data, "epochs": options.epochs}
                speeds[name].append(measure({**settings, **common}, keep_memory))
    base = max(speeds["notebook recipe"])
    for name, found in speeds.items():
        rounds = ", ".join(f"{speed:.0f}" for speed in found)
        print(f"{name:40} {max(found):6.0f} windows/s  {max(found) / base:4.2f} x  ({rounds})")


if __name__ == "__main__":
    main()
