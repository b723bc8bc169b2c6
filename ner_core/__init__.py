"""NER Studio's core: train an encoder to find your own named entities, and use the model.

::

    import ner_core

    run = ner_core.train(data="sample", model="minilm", recipe="quick", on_event=print)
    print(run.report["test"]["f1"])
    print(ner_core.Predictor.load(run.id).predict("Ann lives in Oslo."))

The names below are the public ones. Each is loaded when it is first used: importing the package
loads neither torch nor datasets.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ner_core.api import check as check
    from ner_core.api import evaluate as evaluate
    from ner_core.api import load_data as load_data
    from ner_core.api import model_card as model_card
    from ner_core.api import publish as publish
    from ner_core.api import resume as resume
    from ner_core.api import train as train
    from ner_core.config import TrainConfig as TrainConfig
    from ner_core.entities import Entity as Entity
    from ner_core.errors import AnnotationError as AnnotationError
    from ner_core.errors import ConfigError as ConfigError
    from ner_core.errors import DataError as DataError
    from ner_core.errors import ModelError as ModelError
    from ner_core.errors import NerError as NerError
    from ner_core.errors import NerWarning as NerWarning
    from ner_core.errors import PublishError as PublishError
    from ner_core.errors import RunError as RunError
    from ner_core.errors import TrainingError as TrainingError
    from ner_core.errors import UnnamedLabelsError as UnnamedLabelsError
    from ner_core.inference.predictor import Predictor as Predictor
    from ner_core.runs.run import Run as Run
    from ner_core.runs.store import list_runs as list_runs
    from ner_core.tags import Span as Span

_HOME = {
    "Predictor": "inference.predictor",
    "Entity": "entities",
    "Span": "tags",
    "TrainConfig": "config",
    "train": "api",
    "resume": "api",
    "evaluate": "api",
    "check": "api",
    "load_data": "api",
    "Run": "runs.run",
    "list_runs": "runs.store",
    "publish": "api",
    "model_card": "api",
    "NerError": "errors",
    "ConfigError": "errors",
    "DataError": "errors",
    "ModelError": "errors",
    "UnnamedLabelsError": "errors",
    "RunError": "errors",
    "AnnotationError": "errors",
    "TrainingError": "errors",
    "PublishError": "errors",
    "NerWarning": "errors",
}

__all__ = [*_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ner_core' has no attribute {name!r}")
    return getattr(import_module(f"ner_core.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
