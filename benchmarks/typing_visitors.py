"""How fast entities appear for many visitors who type at once while a run trains.

    python benchmarks/typing_visitors.py [--visitors 20] [--seconds 60] [--no-run]

Starts the app with a run store of its own, and in it a real run on the bundled sample that trains
with all cores. Each simulated visitor types sentences of the sample's test part into the Highlight
tab of an open page, a key every 80 to 250 ms, with a pause between sentences. As in the browser, a
page sends its current text when it has the answer to the text before. The time is measured from a
key press to the first answer that includes it, so it also counts the wait for the answer before.
The model is the starter.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from many_tabs import Tab, served, share

from ner_core.config import TrainConfig
from ner_core.data.corpus import load_data
from ner_core.jobs.stop import stop
from ner_core.jobs.submit import submit
from ner_core.runs.run import Run
from ner_core.runs.view import RunView

PAUSE = (0.5, 2.0)
KEY = (0.08, 0.25)


class Visitor:
    """A visitor who types, and the page that asks for the entities of the text."""

    def __init__(self, client: httpx.AsyncClient, seed: int, sentences: list[str]) -> None:
        self.tab = Tab(client)
        self.chance = random.Random(seed)  # noqa: S311 - who types is no secret
        self.sentences = sentences
        self.waited: list[float] = []
        self._text = ""
        self._unanswered: float | None = None
        self._changed = asyncio.Event()

    async def type(self) -> None:
        """Type sentences until cancelled."""
        asking = asyncio.create_task(self._ask())
        try:
            while True:
                sentence = self.chance.choice(self.sentences)
                for length in range(1, len(sentence) + 1):
                    self._text = sentence[:length]
                    if self._unanswered is None:
                        self._unanswered = time.perf_counter()
                    self._changed.set()
                    await asyncio.sleep(self.chance.uniform(*KEY))
                    if asking.done():
                        await asking
                await asyncio.sleep(self.chance.uniform(*PAUSE))
        finally:
            asking.cancel()

    async def _ask(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            began, self._unanswered = self._unanswered, None
            await self.tab.ask(self._text)
            if began is not None:
                self.waited.append(1000 * (time.perf_counter() - began))


async def measure(visitors: int, seconds: float, train: bool) -> None:
    """Measure, and print a table."""
    sentences = [
        " ".join(words) for words in load_data("sample", 0).dataset["test"]["tokens"][:200]
    ]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["NER_HOME"] = folder
        run = None
        async with (
            served(Path(folder)) as (url, server),
            httpx.AsyncClient(
                base_url=url, timeout=60, limits=httpx.Limits(max_connections=2 * visitors + 10)
            ) as client,
        ):
            everyone = [Visitor(client, seed, sentences) for seed in range(visitors)]
            for visitor in everyone:
                await visitor.tab.open()
            # Torch is loaded some seconds after the start.
            await asyncio.sleep(25)
            await everyone[0].tab.highlight(sentences[0] + " Ann lives in Oslo.")
            if train:
                run, process = submit(TrainConfig(data="sample", epochs=50))
                while step(run) < 10:
                    await asyncio.sleep(0.5)
                began, first = time.perf_counter(), step(run)
            typing = [asyncio.create_task(visitor.type()) for visitor in everyone]
            await asyncio.sleep(5)
            for visitor in everyone:
                visitor.waited.clear()
            used = await share(server, seconds)
            waited = sorted(value for visitor in everyone for value in visitor.waited)
            for task in typing:
                task.cancel()
            ended = await asyncio.gather(*typing, return_exceptions=True)
            if run:
                pace = (step(run) - first) / (time.perf_counter() - began)
                stop(run)
                process.wait(60)
    percentiles = statistics.quantiles(waited, n=20)
    print(f"| {visitors} visitors, {seconds:g} s, {'a run trains' if train else 'no run'} | |")
    print("|---|---|")
    print(f"| answers a second | {len(waited) / seconds:.1f} |")
    print(f"| from key press to entities, ms: p50 | {percentiles[9]:.0f} |")
    print(f"| p95 | {percentiles[18]:.0f} |")
    print(f"| longest | {waited[-1]:.0f} |")
    print(f"| server's CPU, % of a core | {used:.0f} |")
    if run:
        print(f"| the run's steps a second meanwhile | {pace:.2f} |")
    problems = [repr(e) for e in ended if not isinstance(e, asyncio.CancelledError)]
    if problems:
        print(f"{len(problems)} visitors ended early, the first by {problems[0]}")


def step(run: Run) -> int:
    """Return the step of a run."""
    view = RunView(run)
    view.refresh()
    return view.step


def main() -> None:
    """Measure with the numbers of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--no-run", action="store_true", help="without a run at work")
    options = parser.parse_args()
    asyncio.run(measure(options.visitors, options.seconds, not options.no_run))


if __name__ == "__main__":
    main()
