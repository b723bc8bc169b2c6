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
    from ner_core import runs as runs
    from ner_core.check import CheckReport as CheckReport
    from ner_core.check import check_data as check_data
    from ner_core.cli_command import command_line as command_line
    from ner_core.cli_command import value_text as value_text
    from ner_core.config import RECIPE_PURPOSE as RECIPE_PURPOSE
    from ner_core.config import RECIPES as RECIPES
    from ner_core.config import TrainConfig as TrainConfig
    from ner_core.config import expectation as expectation
    from ner_core.config import problem_with as problem_with
    from ner_core.cores import one_core_each as one_core_each
    from ner_core.cost import Cost as Cost
    from ner_core.data.sentence import ReadOptions as ReadOptions
    from ner_core.entities import Entity as Entity
    from ner_core.entity_colours import PALETTE as PALETTE
    from ner_core.entity_colours import EntityColours as EntityColours
    from ner_core.entity_files import FILE_FORMATS as FILE_FORMATS
    from ner_core.entity_files import EntityWriter as EntityWriter
    from ner_core.entity_files import open_for as open_for
    from ner_core.entity_files import write_entities as write_entities
    from ner_core.error_log import ERROR_KINDS as ERROR_KINDS
    from ner_core.error_log import read_errors as read_errors
    from ner_core.errors import ConfigError as ConfigError
    from ner_core.errors import DataError as DataError
    from ner_core.errors import ModelError as ModelError
    from ner_core.errors import NerError as NerError
    from ner_core.errors import PublishError as PublishError
    from ner_core.errors import RunError as RunError
    from ner_core.errors import TrainingError as TrainingError
    from ner_core.errors import UnnamedLabelsError as UnnamedLabelsError
    from ner_core.events import Event as Event
    from ner_core.findings import Finding as Finding
    from ner_core.first_answer import FirstAnswer as FirstAnswer
    from ner_core.hub_account import check_repo as check_repo
    from ner_core.hub_account import suggest_repo as suggest_repo
    from ner_core.hub_models import find_on_hub as find_on_hub
    from ner_core.hub_models import known_model as known_model
    from ner_core.hub_token import on_space as on_space
    from ner_core.hub_token import using_token as using_token
    from ner_core.launch.estimation import GaveWayError as GaveWayError
    from ner_core.launch.estimation import estimate_cost as estimate_cost
    from ner_core.launch.estimation import stop_measuring as stop_measuring
    from ner_core.launch.submission import resume as resume
    from ner_core.launch.submission import submit as submit
    from ner_core.model_cache import ModelCache as ModelCache
    from ner_core.model_sources import find_model as find_model
    from ner_core.pacing import predict_in_steps as predict_in_steps
    from ner_core.predict import Predictor as Predictor
    from ner_core.publication import Progress as Progress
    from ner_core.publication import Published as Published
    from ner_core.publication import RepoCheck as RepoCheck
    from ner_core.published_files import published_card as published_card
    from ner_core.publishing import publish as publish
    from ner_core.reachability import Reach as Reach
    from ner_core.reachability import hub_reach as hub_reach
    from ner_core.run_archive import drop_exports as drop_exports
    from ner_core.run_archive import export_run as export_run
    from ner_core.run_archive import exports_dir as exports_dir
    from ner_core.run_view import RunView as RunView
    from ner_core.runs import Run as Run
    from ner_core.sub_token_view import SubToken as SubToken
    from ner_core.tags import Span as Span
    from ner_core.text_files import read_texts as read_texts
    from ner_core.text_files import text_columns as text_columns
    from ner_core.zero_gpu import use_zero_gpu as use_zero_gpu

_HOME = {
    "CheckReport": "check",
    "ConfigError": "errors",
    "Cost": "cost",
    "DataError": "errors",
    "ERROR_KINDS": "error_log",
    "Entity": "entities",
    "EntityColours": "entity_colours",
    "EntityWriter": "entity_files",
    "Event": "events",
    "FILE_FORMATS": "entity_files",
    "Finding": "findings",
    "FirstAnswer": "first_answer",
    "GaveWayError": "launch.estimation",
    "ModelCache": "model_cache",
    "ModelError": "errors",
    "NerError": "errors",
    "PALETTE": "entity_colours",
    "Predictor": "predict",
    "Progress": "publication",
    "PublishError": "errors",
    "Published": "publication",
    "RECIPES": "config",
    "RECIPE_PURPOSE": "config",
    "ReadOptions": "data.sentence",
    "RepoCheck": "publication",
    "Reach": "reachability",
    "Run": "runs",
    "RunError": "errors",
    "RunView": "run_view",
    "Span": "tags",
    "SubToken": "sub_token_view",
    "TrainConfig": "config",
    "TrainingError": "errors",
    "UnnamedLabelsError": "errors",
    "check_data": "check",
    "check_repo": "hub_account",
    "command_line": "cli_command",
    "drop_exports": "run_archive",
    "estimate_cost": "launch.estimation",
    "expectation": "config",
    "export_run": "run_archive",
    "exports_dir": "run_archive",
    "find_model": "model_sources",
    "find_on_hub": "hub_models",
    "hub_reach": "reachability",
    "known_model": "hub_models",
    "on_space": "hub_token",
    "one_core_each": "cores",
    "open_for": "entity_files",
    "predict_in_steps": "pacing",
    "problem_with": "config",
    "publish": "publishing",
    "published_card": "published_files",
    "read_errors": "error_log",
    "read_texts": "text_files",
    "resume": "launch.submission",
    "stop_measuring": "launch.estimation",
    "submit": "launch.submission",
    "suggest_repo": "hub_account",
    "text_columns": "text_files",
    "use_zero_gpu": "zero_gpu",
    "using_token": "hub_token",
    "value_text": "cli_command",
    "write_entities": "entity_files",
}

__all__ = [*_HOME, "runs"]


def __getattr__(name: str) -> Any:
    if name == "runs":
        return import_module("ner_core.runs")
    if name not in _HOME:
        raise AttributeError(f"module 'ner_core' has no attribute {name!r}")
    return getattr(import_module(f"ner_core.{_HOME[name]}"), name)
