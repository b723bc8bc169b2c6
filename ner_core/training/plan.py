"""How many passes over the training data a run takes where nobody says it."""

import math

USUAL_STEPS = 300
LEAST_STEPS = 150
LEAST_EPOCHS, MOST_EPOCHS = 3, 15


def automatic_epochs(steps_per_epoch: int, aim: int = USUAL_STEPS) -> int:
    """Choose the number of epochs: as many as make about ``aim`` optimiser steps.

    For 300 steps there are from 3 to 15 epochs, and more only where 15 would not even make 150
    steps; for another aim all of these in proportion. Small data needs many passes before the head
    has learned anything. Measured with minilm on Wikigold (48 steps an epoch), validation F1 after
    4 epochs was 0.71, after 7 it was 0.76; on 371 sentences of the sample (12 steps) 12 epochs
    gave 0.75 and 20 gave 0.76.

    >>> automatic_epochs(48), automatic_epochs(48, aim=600), automatic_epochs(2)
    (7, 13, 75)
    """
    times = aim / USUAL_STEPS
    least, most = math.ceil(LEAST_EPOCHS * times), math.ceil(MOST_EPOCHS * times)
    most = max(most, math.ceil(LEAST_STEPS * times / steps_per_epoch))
    return max(1, least, min(most, math.ceil(aim / steps_per_epoch)))
