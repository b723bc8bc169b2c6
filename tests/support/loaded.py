"""Loads what a run needs, once, and for good.

A run collects garbage several times. Each time that would go through the hundreds of thousands of
objects that torch and transformers have made, which takes longer than a step of the tiny encoder.
"""

import gc

import ner_core.training.run  # noqa: F401 - what a worker takes seconds to load

gc.collect()
gc.freeze()
