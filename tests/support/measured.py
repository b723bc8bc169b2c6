"""A measurement of a run, as the cache keeps it."""

from ner_core.cost.formula import Measurement

MEASURED = Measurement(
    fixed=12.0,
    epoch=10.0,
    evaluation=3.0,
    sentences=400,
    save=0.75,
    save_every=60.0,
    memory=10**9,
    gpu_free=None,
    cpu_wait=0.0,
    steps_per_epoch=20,
    automatic_rate=3e-4,
)
