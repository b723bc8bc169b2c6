"""The formula: the parts of a run add up to its time and memory."""

from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig

from ner_core.config import TrainConfig
from ner_core.cost.formula import Cost, cost_of, evaluations
from ner_core.training.setup import make_plan
from tests.support.measured import MEASURED


@given(st.integers(1, 400), st.integers(1, 60), st.integers(1, 30))
def test_evaluations_are_counted_as_a_run_makes_them(steps, steps_per_epoch, wanted):
    full = partial = 0
    for step in range(1, steps + 1):  # RunCallback.on_step_end
        ends_epoch = step % steps_per_epoch == 0 or step >= steps
        full += ends_epoch
        partial += not ends_epoch and step % max(1, steps // wanted) == 0
    assert evaluations(steps, steps_per_epoch, wanted) == (full, partial)


@given(st.integers(1, 5000), st.sampled_from([None, 0.3, 1, 2.5, 12]), st.integers(1, 64))
def test_steps_are_those_of_the_plan(windows, epochs, batch_size):
    config = TrainConfig(epochs=epochs, batch_size=batch_size)
    plan = make_plan(config, BertConfig(), windows)
    automatic = make_plan(TrainConfig(batch_size=batch_size), BertConfig(), windows)
    measured = MEASURED.model_copy(
        update={
            "steps_per_epoch": plan.steps_per_epoch,
            "automatic_rate": automatic.learning_rate,
        }
    )
    cost = cost_of(config, measured, 0)
    assert (cost.steps, cost.epochs) == (plan.total_steps, plan.epochs)
    assert cost.learning_rate == plan.learning_rate


def test_the_parts_of_a_run_add_up():
    config = TrainConfig(epochs=2, evaluations=4, eval_sentences=100, learning_rate=1e-4)
    # 40 steps: at 10 and 30 an evaluation on a quarter, at 20 and 40 on all 400 sentences.
    assert cost_of(config, MEASURED, 7) == Cost(
        seconds=12 + 20 + 2 * 3 + 2 * 0.75 + 4 * 0.75,
        memory_bytes=10**9,
        memory_free=7,
        steps=40,
        epochs=2,
        learning_rate=1e-4,
    )
    few = config.model_copy(update={"eval_sentences": 1000})
    assert cost_of(few, MEASURED, 7).seconds == cost_of(config, MEASURED, 7).seconds + 2 * 2.25


def test_there_are_checkpoints_between_evaluations_that_are_far_apart():
    config = TrainConfig(epochs=1, evaluations=1)
    slow = MEASURED.model_copy(update={"epoch": 250.0})
    assert cost_of(config, slow, 0).seconds == 12 + 250 + 3 + (1 + 4) * 0.75
