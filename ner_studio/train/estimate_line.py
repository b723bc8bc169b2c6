"""HTML of the estimated cost of a run: time, steps, memory, and a warning if memory is short."""

from typing import TYPE_CHECKING

from ner_core.config import TrainConfig
from ner_core.runs.command import value_text
from ner_studio.base.durations import duration
from ner_studio.base.markup import escape

if TYPE_CHECKING:
    from ner_core.cost.formula import Cost

ESTIMATING = "Estimating time and memory…"
LATER = "Time and memory are measured once no run is at work."


def quiet(text: str) -> str:
    """Return a note."""
    return f'<p class="ner-quiet">{escape(text)}</p>'


def no_estimate(reason: str) -> str:
    """Return why there is no estimate; the run can be started nevertheless."""
    return quiet(f"No estimate. {reason}")


def estimate(cost: "Cost", config: TrainConfig) -> str:
    """Return what a run will cost, with the automatic value of settings that were left empty."""
    epochs = "1 epoch" if cost.epochs == 1 else f"{cost.epochs:.3g} epochs"
    parts = [f"{cost.steps:,} steps, {epochs}"]
    if config.learning_rate is None:
        parts.append(f"learning rate {value_text(cost.learning_rate)}")
    parts.append(f"about {memory(cost.memory_bytes)} of memory")
    rest = " · ".join(parts)
    line = f'<p class="ner-quiet"><b>About {rough_duration(cost.seconds)}</b> · {escape(rest)}</p>'
    return line + _shortage(cost, config)


def _shortage(cost: "Cost", config: TrainConfig) -> str:
    if cost.memory_bytes <= cost.memory_free:
        return ""
    if config.batch_size > 1:
        half, twice = config.batch_size // 2, config.gradient_accumulation * 2
        advice = (
            f"Batch size {half} with gradient accumulation {twice} learns the same in less memory."
        )
    else:
        advice = "Choose a shorter window, an adapter, or a smaller encoder."
    text = f"Only {memory(cost.memory_free)} of memory is free here. {advice}"
    return f'<p class="ner-warning">{escape(text)}</p>'


def memory(count: int) -> str:
    """Return a number of bytes in words, rounded as an estimate should be.

    >>> memory(1_437_000_000), memory(640_000_000)
    ('1.4 GB', '640 MB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{round(count / 1e7) * 10} MB"


def rough_duration(seconds: float) -> str:
    """Return a duration in words, rounded as an estimate should be.

    >>> [rough_duration(seconds) for seconds in (7.2, 93, 195, 1300, 4000)]
    ['5 s', '1 min 30 s', '3 min 20 s', '22 min', '1 h 5 min']
    """
    step = next(step for limit, step in _STEPS if seconds < limit)
    words = duration(max(1, round(seconds / step)) * step)
    return words.removesuffix(" 0 s").removesuffix(" 0 min")


_STEPS = ((60, 5), (600, 10), (3600, 60), (float("inf"), 300))
