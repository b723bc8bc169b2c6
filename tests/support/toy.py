"""A toy corpus that the tiny encoder learns in seconds, runs on it, and waiting with a deadline."""

import random
import re
import time
from functools import cache

import pytest

from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_core.runs.events import EventWriter
from tests.conftest import write_conll

PEOPLE = ("ann", "bob")
PLACES = ("oslo", "paris")


def toy_sentences(count, seed, longest=1):
    """Make texts of up to ``longest`` clauses such as "ann k works near the oslo city ."

    Each is a list of (word, tag), with one person and one place a clause.
    """
    chance = random.Random(seed)
    texts = []
    for _ in range(count):
        text = []
        for _ in range(chance.randint(1, longest)):
            text += _clause(chance)
        texts.append(text)
    return texts


def _clause(chance):
    opening = chance.choice((None, None, "(", "“", "…", "and"))
    words = [(opening, "O")] if opening else []
    words.append((chance.choice(PEOPLE), "B-PER"))
    if chance.random() < 0.3:
        words.append(("k", "I-PER"))
    words += [(chance.choice(("lives", "works")), "O"), (chance.choice(("in", "near")), "O")]
    article = chance.choice((None, None, "the", "“"))
    if article:
        words.append((article, "O"))
    words.append((chance.choice(PLACES), "B-LOC"))
    if chance.random() < 0.3:
        words.append(("city", "I-LOC"))
    return [*words, (chance.choice((".", ",", ")", "…")), "O")]


def write_toy(folder, train=64, validation=20, test=20, longest=1):
    """Write a toy corpus with these numbers of texts; a split that has 0 is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"train": train, "validation": validation, "test": test}
    for seed, (name, size) in enumerate(sizes.items()):
        if size:
            write_conll(folder / f"{name}.conll", toy_sentences(size, seed, longest))
    return folder


SETTINGS = {
    "epochs": 1,
    "batch_size": 16,
    "learning_rate": 5e-3,
    "head_rate": 1,
    "freeze_embeddings": False,
    "dropout": 0.1,
    "max_length": 64,
    "overlap": 16,
    "precision": "fp32",
    "evaluations": 1,
}


def toy_config(data, model, **more):
    """Return settings under which the tiny encoder learns the toy corpus."""
    return TrainConfig.from_values({"data": str(data), "model": str(model), **SETTINGS, **more})


def training(folder, encoder, *more):
    """Return the arguments that train the tiny encoder, as a person would write them."""
    arguments = ["train", "--data", folder, "--model", encoder, "--epochs", 2, "--batch-size", 16]
    arguments += ["--learning-rate", 5e-3, "--max-length", 64, "--set", "overlap=16"]
    return [str(argument) for argument in [*arguments, *more]]


def fit(config, should_stop=None):
    """Execute a run in this process; ``should_stop`` is given the run."""
    run = store.create(config)
    go_on(run, should_stop)
    return run


def go_on(run, should_stop=None):
    """Execute a run that is there already, from its last checkpoint on."""
    import tests.support.loaded  # noqa: F401 - it takes seconds
    from ner_core.jobs.worker import print_event
    from ner_core.training.run import fit as execute

    run.stop_path.unlink(missing_ok=True)
    events = EventWriter(run.events_path, print_event)
    try:
        execute(run, events, lambda: bool(should_stop and should_stop(run)))
    finally:
        events.close()


@cache
def _toy_run(home, encoder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(home))
        data = write_toy(home / "toy", train=240, validation=40, test=30, longest=5)
        return fit(toy_config(data, encoder, epochs=6, evaluations=10))


_homes = []


def toy_run(tmp_path_factory, encoder):
    """Train on the toy corpus once a session: the run, finished."""
    if not _homes:
        _homes.append(tmp_path_factory.mktemp("toy-home"))
    return _toy_run(_homes[0], encoder)


def strange_lines(run):
    """List what is in the log of a run beside its events in words: warnings, tracebacks."""
    event = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  step \d+: ")
    return [line for line in run.log_path.read_text().splitlines() if not event.match(line)]


def wait_for(condition, what, seconds=150.0):
    """Wait until a condition holds, and give its value; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.02)
    return value
