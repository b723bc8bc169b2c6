"""NER Studio's core: teach an encoder your own named entities, and use what it learned.

The names below are the public ones. Each is loaded when it is first used, so importing the package
loads neither torch nor datasets::

    from ner_core import Predictor

    predictor = Predictor.load("20260102-153000-minilm-sample-a1b2")
    for entity in predictor.predict("Ann lives in Oslo."):
        print(entity.text, entity.label, entity.score)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ner_core.checks.findings import Finding as Finding
    from ner_core.checks.report import CheckReport as CheckReport
    from ner_core.checks.report import check_data as check_data
    from ner_core.config import RECIPE_PURPOSE as RECIPE_PURPOSE
    from ner_core.config import RECIPES as RECIPES
    from ner_core.config import TrainConfig as TrainConfig
    from ner_core.config import expectation as expectation
    from ner_core.config import problem_with as problem_with
    from ner_core.cost.estimate import EstimateCancelledError as EstimateCancelledError
    from ner_core.cost.estimate import estimate_cost as estimate_cost
    from ner_core.cost.estimate import stop_measuring as stop_measuring
    from ner_core.cost.formula import Cost as Cost
    from ner_core.data.readers.sentence import ReadOptions as ReadOptions
    from ner_core.data.texts import read_texts as read_texts
    from ner_core.data.texts import text_columns as text_columns
    from ner_core.entities import Entity as Entity
    from ner_core.errors import ConfigError as ConfigError
    from ner_core.errors import DataError as DataError
    from ner_core.errors import ModelError as ModelError
    from ner_core.errors import NerError as NerError
    from ner_core.errors import PublishError as PublishError
    from ner_core.errors import RunError as RunError
    from ner_core.errors import TrainingError as TrainingError
    from ner_core.errors import UnnamedLabelsError as UnnamedLabelsError
    from ner_core.hub.reachability import Reach as Reach
    from ner_core.hub.reachability import hub_reach as hub_reach
    from ner_core.hub.token import using_token as using_token
    from ner_core.inference.numpy_bert import NumpyBert as NumpyBert
    from ner_core.inference.predictor import Predictor as Predictor
    from ner_core.inference.progress import predict_in_steps as predict_in_steps
    from ner_core.inference.threads import use_one_thread_per_call as use_one_thread_per_call
    from ner_core.inference.token_view import SubToken as SubToken
    from ner_core.jobs.submit import resume as resume
    from ner_core.jobs.submit import submit as submit
    from ner_core.models.hub import find_on_hub as find_on_hub
    from ner_core.models.hub import known_model as known_model
    from ner_core.models.sources import find_model as find_model
    from ner_core.publishing.files import published_card as published_card
    from ner_core.publishing.outcome import Progress as Progress
    from ner_core.publishing.outcome import Published as Published
    from ner_core.publishing.outcome import RepoCheck as RepoCheck
    from ner_core.publishing.permissions import check_repo as check_repo
    from ner_core.publishing.permissions import suggest_repo as suggest_repo
    from ner_core.publishing.push import publish as publish
    from ner_core.render.colours import PALETTE as PALETTE
    from ner_core.render.colours import EntityColours as EntityColours
    from ner_core.render.files import FILE_FORMATS as FILE_FORMATS
    from ner_core.render.files import EntityWriter as EntityWriter
    from ner_core.render.files import open_for as open_for
    from ner_core.render.files import write_entities as write_entities
    from ner_core.runs.command import command_line as command_line
    from ner_core.runs.command import value_text as value_text
    from ner_core.runs.error_log import ERROR_KINDS as ERROR_KINDS
    from ner_core.runs.error_log import read_errors as read_errors
    from ner_core.runs.events import Event as Event
    from ner_core.runs.export import drop_exports as drop_exports
    from ner_core.runs.export import export_run as export_run
    from ner_core.runs.export import exports_dir as exports_dir
    from ner_core.runs.run import Run as Run
    from ner_core.runs.view import RunView as RunView
    from ner_core.system.space import on_space as on_space
    from ner_core.system.zero_gpu import use_zero_gpu as use_zero_gpu
    from ner_core.tags import Span as Span

_HOME = {
    "CheckReport": "checks.report",
    "ConfigError": "errors",
    "Cost": "cost.formula",
    "DataError": "errors",
    "ERROR_KINDS": "runs.error_log",
    "Entity": "entities",
    "EntityColours": "render.colours",
    "EntityWriter": "render.files",
    "EstimateCancelledError": "cost.estimate",
    "Event": "runs.events",
    "FILE_FORMATS": "render.files",
    "Finding": "checks.findings",
    "NumpyBert": "inference.numpy_bert",
    "ModelError": "errors",
    "NerError": "errors",
    "PALETTE": "render.colours",
    "Predictor": "inference.predictor",
    "Progress": "publishing.outcome",
    "PublishError": "errors",
    "Published": "publishing.outcome",
    "RECIPES": "config",
    "RECIPE_PURPOSE": "config",
    "ReadOptions": "data.readers.sentence",
    "RepoCheck": "publishing.outcome",
    "Reach": "hub.reachability",
    "Run": "runs.run",
    "RunError": "errors",
    "RunView": "runs.view",
    "Span": "tags",
    "SubToken": "inference.token_view",
    "TrainConfig": "config",
    "TrainingError": "errors",
    "UnnamedLabelsError": "errors",
    "check_data": "checks.report",
    "check_repo": "publishing.permissions",
    "command_line": "runs.command",
    "drop_exports": "runs.export",
    "estimate_cost": "cost.estimate",
    "expectation": "config",
    "export_run": "runs.export",
    "exports_dir": "runs.export",
    "find_model": "models.sources",
    "find_on_hub": "models.hub",
    "hub_reach": "hub.reachability",
    "known_model": "models.hub",
    "on_space": "system.space",
    "use_one_thread_per_call": "inference.threads",
    "open_for": "render.files",
    "predict_in_steps": "inference.progress",
    "problem_with": "config",
    "publish": "publishing.push",
    "published_card": "publishing.files",
    "read_errors": "runs.error_log",
    "read_texts": "data.texts",
    "resume": "jobs.submit",
    "stop_measuring": "cost.estimate",
    "submit": "jobs.submit",
    "suggest_repo": "publishing.permissions",
    "text_columns": "data.texts",
    "use_zero_gpu": "system.zero_gpu",
    "using_token": "hub.token",
    "value_text": "runs.command",
    "write_entities": "render.files",
}

__all__ = [*_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ner_core' has no attribute {name!r}")
    return getattr(import_module(f"ner_core.{_HOME[name]}"), name)
