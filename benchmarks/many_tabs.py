"""Measure the load of many open pages on the server while a run is at work.

    python benchmarks/many_tabs.py [--tabs 50] [--seconds 30]

The script starts the app with a run store of its own and writes a run that seems to be at work: an
event every second, an evaluation every 15. Each simulated tab does what the page does in a browser:
it loads the configuration, sends the events of a page load, polls at the interval that the server
sends, and fires the change events of updated components. One more tab types a text every second in
the Highlight tab. The script prints the CPU time of the server in percent of a core, with and
without the typing, and the time from a text to its entities.
"""

import argparse
import asyncio
import contextlib
import math
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_core.runs.events import EventWriter
from ner_core.runs.store import Run
from ner_core.system.locks import acquire

REPOSITORY = Path(__file__).parent.parent
STEPS, STEPS_BEFORE, EVALUATED_EVERY = 2_000, 400, 15
TYPES = ("LOC", "MISC", "ORG", "PER")
SENTENCE = "Angela Merkel flew from Berlin to Nairobi to meet officials of the African Union ."
GOLD = [[0, 2, "PER"], [4, 5, "LOC"], [6, 7, "LOC"], [12, 14, "ORG"]]


class FakeRun:
    """A run that is written and locked as by a worker."""

    def __init__(self) -> None:
        self.run: Run = store.create(TrainConfig(), "at-work")
        self._lock = acquire(self.run.lock_path)
        self._events = EventWriter(self.run.events_path)
        self._step = 0
        samples = [{"tokens": SENTENCE.split(), "gold": GOLD}] * 4
        settings = TrainConfig().model_dump() | {"epochs": 3.0, "learning_rate": 3e-4}
        labels = ["O", *(f"{prefix}-{label}" for label in TYPES for prefix in "BI")]
        started = {"settings": settings, "total": STEPS, "label_names": labels, "notes": []}
        self._events.append("started", 0, {**started, "samples": samples})
        for _ in range(STEPS_BEFORE):
            self.advance()

    def advance(self) -> None:
        """Write the next step."""
        self._step += 1
        step, left = self._step, STEPS - self._step
        figures = {"total": STEPS, "epoch": 3 * step / STEPS, "seconds_left": left}
        loss = 2 * math.exp(-step / 300)
        self._events.append(
            "progress", step, {**figures, "loss": loss, "examples_per_second": 60.0}
        )
        if step % EVALUATED_EVERY == 0:
            f1 = 0.8 * (1 - math.exp(-step / 300))
            scores = {"precision": f1, "recall": f1, "f1": f1}
            more = {"split": "validation", "subset": True, "loss": loss, "accuracy": 0.95}
            more |= {"best": True, "selection_f1": f1, "samples": [GOLD[:2]] * 4}
            per_type = {label: {**scores, "support": 100} for label in TYPES}
            self._events.append("evaluated", step, {**scores, **more, "per_type": per_type})

    async def go_on(self) -> None:
        """Write a step every second until cancelled."""
        while True:
            self.advance()
            await asyncio.sleep(1)


class Tab:
    """A page that looks to the server like one in a browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._session = secrets.token_hex(6)
        self._values: dict[int, Any] = {}
        self.polls: list[float] = []

    async def open(self) -> None:
        """Load the page and send the events of a page load."""
        await self._client.get("/")
        config = (await self._client.get("/config")).json()
        self._components = {item["id"]: item for item in config["components"]}
        self._events: dict[tuple[int, str], list[dict[str, Any]]] = {}
        for dependency in config["dependencies"]:
            for component, event in dependency["targets"]:
                self._events.setdefault((component, event), []).append(dependency)
            if dependency["trigger_after"] is not None:
                self._events.setdefault((-dependency["trigger_after"], "then"), []).append(
                    dependency
                )
        for number, item in self._components.items():
            self._values[number] = item["props"].get("value")
        page = next(number for (number, event) in self._events if event == "load")
        await self._fire(page, "load")
        self._timers = [
            number
            for (number, event) in self._events
            if event == "tick" and self._components[number]["props"].get("active", True)
        ]

    async def poll(self) -> None:
        """Poll at the intervals that the server sends."""
        await asyncio.gather(*(self._tick(timer) for timer in self._timers))

    async def _tick(self, timer: int) -> None:
        await asyncio.sleep(self._values[timer] * secrets.randbelow(100) / 100)
        while True:
            began = time.perf_counter()
            await self._fire(timer, "tick")
            self.polls.append(time.perf_counter() - began)
            await asyncio.sleep(max(0.0, self._values[timer] - self.polls[-1]))

    @property
    def intervals(self) -> list[float]:
        """The seconds between polls of each timer, as sent by the server."""
        return [float(self._values[timer]) for timer in self._timers]

    async def _fire(self, component: int, event: str) -> None:
        for dependency in self._events.get((component, event), []):
            # Queued events are slower work, which no poll starts.
            if dependency["backend_fn"] and not dependency["queue"]:
                await self._send(dependency)

    async def _send(self, dependency: dict[str, Any]) -> None:
        body = {
            "data": [self._values.get(number) for number in dependency["inputs"]],
            "event_data": None,
            "fn_index": dependency["id"],
            "trigger_id": dependency["targets"][0][0] if dependency["targets"] else None,
            "session_hash": self._session,
        }
        try:
            answer = await self._client.post("/gradio_api/run/predict", json=body)
        except httpx.TransportError:  # the server closed an idle connection
            answer = await self._client.post("/gradio_api/run/predict", json=body)
        answer.raise_for_status()
        changed = [
            number
            for number, value in zip(dependency["outputs"], answer.json()["data"], strict=True)
            if self._take(number, value)
        ]
        await self._fire(-dependency["id"], "then")
        for number in changed:
            await self._fire(number, "change")

    def _take(self, number: int, answer: Any) -> bool:
        """Store a component's new value and return whether it has changed."""
        if isinstance(answer, dict) and answer.get("__type__") == "update":
            if "value" not in answer:
                return False
            answer = answer["value"]
        before, self._values[number] = self._values.get(number), answer
        return bool(before != answer)

    async def highlight(self, text: str) -> float:
        """Type a text and return the seconds until its entities arrive."""
        began = time.perf_counter()
        answer = str(await self.ask(text))
        if "<mark" not in answer:
            raise RuntimeError(f"Expected marked entities, found {answer}.")
        return time.perf_counter() - began

    async def ask(self, text: str) -> Any:
        """Fire the change event of the text and return the answer."""
        typed, dependency = next(
            (number, dependency)
            for (number, event), found in self._events.items()
            for dependency in found
            if event == "change"
            and dependency["backend_fn"]
            and self._components[number]["props"].get("elem_id") == "text"
        )
        values = {**self._values, typed: text}
        body = {
            "data": [values.get(number) for number in dependency["inputs"]],
            "event_data": None,
            "fn_index": dependency["id"],
            "trigger_id": dependency["targets"][0][0],
            "session_hash": self._session,
        }
        answer = await self._client.post("/gradio_api/run/predict", json=body)
        answer.raise_for_status()
        return answer.json()["data"]


@contextlib.asynccontextmanager
async def served(home: Path) -> AsyncIterator[tuple[str, psutil.Process]]:
    """Serve the app on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    more = {"NER_HOME": str(home), "GRADIO_SERVER_PORT": str(port), "HF_HUB_OFFLINE": "1"}
    with (home / "app.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=REPOSITORY,
            env=os.environ | more,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient() as client:
            for _ in range(600):
                with contextlib.suppress(httpx.TransportError):
                    await client.get(url)
                    break
                await asyncio.sleep(0.1)
        yield url, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(20)


def seconds_used(server: psutil.Process) -> float:
    """Return the CPU time of the server so far."""
    times = server.cpu_times()
    return float(times.user + times.system)


async def share(server: psutil.Process, seconds: float) -> float:
    """Wait, and return the CPU use of the server meanwhile in percent of one core."""
    began, used = time.perf_counter(), seconds_used(server)
    await asyncio.sleep(seconds)
    return 100 * (seconds_used(server) - used) / (time.perf_counter() - began)


async def measure(tabs: int, seconds: float) -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NER_HOME"] = folder
        fake = FakeRun()
        async with (
            served(Path(folder)) as (url, server),
            httpx.AsyncClient(
                base_url=url, timeout=60, limits=httpx.Limits(max_connections=tabs + 10)
            ) as client,
        ):
            writing = asyncio.create_task(fake.go_on())
            typist = Tab(client)
            await typist.open()
            await typist.highlight(SENTENCE)
            pages = [Tab(client) for _ in range(tabs)]
            for page in pages:
                await page.open()
            polling = [asyncio.create_task(page.poll()) for page in pages]
            await asyncio.sleep(20)  # until the model is loaded and the intervals are stable
            for page in pages:
                page.polls.clear()
            alone = await share(server, seconds)
            polls = sum(len(page.polls) for page in pages) / seconds
            together = asyncio.create_task(share(server, seconds))
            waited = []
            while not together.done():
                waited.append(1000 * await typist.highlight(f"{SENTENCE} {len(waited)}"))
                await asyncio.sleep(1)
            for task in (*polling, writing):
                task.cancel()
            ended = await asyncio.gather(*polling, return_exceptions=True)
    problems = [repr(e) for e in ended if not isinstance(e, asyncio.CancelledError)]
    took = sorted(1000 * poll for page in pages for poll in page.polls)
    print(f"| {tabs} tabs, {seconds:g} s each | |\n|---|---|")
    intervals = ", ".join(f"{interval:g}" for interval in pages[0].intervals)
    print(f"| intervals sent by the server, s | {intervals} |")
    print(f"| polls a second | {polls:.1f} |")
    print(f"| a poll and what follows from it, ms: p50, p95 | {_two(took)} |")
    print(f"| server's CPU, % of a core, polls alone | {alone:.1f} |")
    print(f"| server's CPU, % of a core, with a text a second | {await together:.1f} |")
    print(f"| highlighting, ms: p50, p95 | {_two(waited)} |")
    if problems:
        print(f"{len(problems)} tabs ended early, the first by {problems[0]}")


def _two(values: list[float]) -> str:
    percentiles = statistics.quantiles(values, n=20)
    return f"{percentiles[9]:.0f}, {percentiles[18]:.0f}"


def main() -> None:
    """Measure with the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    asyncio.run(measure(options.tabs, options.seconds))


if __name__ == "__main__":
    main()
