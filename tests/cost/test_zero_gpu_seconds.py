"""The seconds of GPU that a run asks of ZeroGPU."""

import pytest

from ner_core.config import TrainConfig
from ner_core.cost import zero_gpu_seconds
from ner_core.cost.estimate import estimate_cost
from ner_core.cost.formula import cost_of
from ner_core.cost.zero_gpu_seconds import Sizes, computed, seconds_to_ask, what_fits
from ner_core.data.corpus import load_data
from ner_core.errors import ConfigError
from ner_core.jobs.submit import submit
from ner_core.runs import store
from ner_core.system import zero_gpu
from tests.support import toy

REFUSED = (
    "This run needs 110 seconds of GPU, but ZeroGPU allows 60. Choose recipe quick or epochs 1."
)


@pytest.fixture
def on_zero_gpu(monkeypatch):
    monkeypatch.setattr(zero_gpu, "_call_with_gpu", lambda *_: pytest.fail("asks for a GPU"))


@pytest.mark.slow
def test_a_run_that_does_not_fit_says_what_does_before_it_exists(on_zero_gpu, monkeypatch):
    monkeypatch.setenv("NER_GPU_SECONDS", "60")
    with pytest.raises(ConfigError) as refused:
        submit(TrainConfig.from_values({"recipe": "best"}))
    assert str(refused.value) == REFUSED
    assert store.list_runs() == []


def test_the_estimate_is_computed_there_and_nothing_is_measured(
    on_zero_gpu, tiny_encoder, tmp_path
):
    config = toy.toy_config(toy.write_toy(tmp_path / "toy"), tiny_encoder, epochs=3)
    assert estimate_cost(config, measure=False) is None
    cost = estimate_cost(config)
    assert (cost.steps, cost.epochs, cost.learning_rate) == (12, 3, 5e-3)
    assert 20 < cost.seconds < 30
    assert cost.memory_bytes < cost.memory_free
    assert estimate_cost(config, measure=False) == cost
    longer = estimate_cost(config.model_copy(update={"epochs": 300}), measure=False)
    assert longer.steps == 1200
    assert longer.seconds > cost.seconds + 30


def test_what_was_seen_of_the_hub_is_told_to_nobody_else(
    on_zero_gpu, tiny_encoder, tmp_path, monkeypatch
):
    corpus = load_data(str(toy.write_toy(tmp_path / "toy")))
    monkeypatch.setattr(zero_gpu_seconds, "load_data", lambda *_: corpus)
    config = toy.toy_config("hub:ann/data", tiny_encoder)
    assert estimate_cost(config, visitor="user ann").steps == 4
    assert estimate_cost(config, measure=False, visitor="user ann").steps == 4
    for visitor in ("user bob", "page ann", ""):
        assert estimate_cost(config, measure=False, visitor=visitor) is None


def sizes(**changes):
    sample = {"train": 3467, "validation": 600, "scored": 1300, "words": 20}
    minilm = {"layers": 6, "width": 384, "vocabulary": 30522}
    return Sizes(**{**sample, **minilm, **changes})


def test_what_is_asked_for_grows_with_data_encoder_and_passes():
    seconds = seconds_to_ask(TrainConfig(), sizes())
    assert 30 <= seconds <= 120
    for larger in (
        seconds_to_ask(TrainConfig(), sizes(train=100_000)),
        seconds_to_ask(TrainConfig(), sizes(layers=24, width=1024)),
        seconds_to_ask(TrainConfig(epochs=30), sizes()),
        seconds_to_ask(TrainConfig(), sizes(words=200)),
    ):
        assert larger > seconds


def test_a_run_that_goes_on_asks_for_what_is_left():
    config = TrainConfig(epochs=30)
    steps = cost_of(config, computed(config, sizes()), 0).steps
    all_steps, half, none, fewer = (
        seconds_to_ask(config, sizes(), done) for done in (0, steps // 2, steps, 10 * steps)
    )
    assert half < all_steps
    assert none == fewer > 0


@pytest.mark.parametrize("limit", [70, 150, 300, 1000])
def test_what_is_proposed_fits(limit):
    config, large = TrainConfig(epochs=20), sizes(train=50_000, layers=12, width=768)
    assert seconds_to_ask(config, large) > limit
    for way in what_fits(config, large, limit):
        name, value = way.split()
        if name == "recipe":
            changed = TrainConfig.from_values({"recipe": value})
        else:
            changed = config.model_copy(update={name: int(value)})
        assert seconds_to_ask(changed, large) <= limit
    assert what_fits(config, large, 1) == []
