"""The automatic number of epochs."""

import math

TARGET_STEPS = 300
MIN_STEPS = 150
MIN_EPOCHS, MAX_EPOCHS = 3, 15


def automatic_epochs(steps_per_epoch: int, target_steps: int = TARGET_STEPS) -> int:
    """Return the number of epochs that make about ``target_steps`` optimiser steps.

    For 300 steps the result is between 3 and 15, or more if 15 epochs are fewer than 150 steps;
    for another target these limits change in proportion. Small data needs many epochs before the
    head has learned anything. Measured with minilm: on Wikigold (48 steps per epoch), validation F1
    was 0.71 after 4 epochs and 0.76 after 7; on 371 sentences of the sample (12 steps per epoch)
    it was 0.75 after 12 epochs and 0.76 after 20.

    >>> automatic_epochs(48), automatic_epochs(48, target_steps=600), automatic_epochs(2)
    (7, 13, 75)
    """
    scale = target_steps / TARGET_STEPS
    fewest, most = math.ceil(MIN_EPOCHS * scale), math.ceil(MAX_EPOCHS * scale)
    most = max(most, math.ceil(MIN_STEPS * scale / steps_per_epoch))
    return max(1, fewest, min(most, math.ceil(target_steps / steps_per_epoch)))
