"""The functions of the package that scripts and notebooks call, such as ``ner_core.train``.

Each loads what it needs when it is called, so that importing the package costs nothing: torch takes
seconds.
"""

import os
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ner_core.config import Precision, SpanOffsets, TrainConfig
from ner_core.data.readers.sentence import ReadOptions
from ner_core.errors import NerWarning
from ner_core.runs import store
from ner_core.runs.events import Event
from ner_core.runs.run import Run

if TYPE_CHECKING:
    from ner_core.checks.report import CheckReport
    from ner_core.data.corpus import Corpus
    from ner_core.publishing.outcome import Published

PathLike = str | os.PathLike[str]


def train(
    data: PathLike,
    model: PathLike = "minilm",
    recipe: str | None = None,
    on_event: Callable[[Event], object] | None = None,
    **settings: Any,
) -> Run:
    """Train a model in this process and return its run once it has ended.

    ``data`` is ``"sample"``, a file, a folder or a Hub dataset; ``model`` the encoder to start
    from: ``"minilm"``, ``"starter"``, a run's id, a folder or a Hub id. ``recipe`` is one of
    ``ner_core.recipes.RECIPES``; ``settings`` are any other fields of ``TrainConfig``, and come
    before what the recipe says. ``on_event`` is called with each event, in this thread.

    The run is one like any other: a folder in ``$NER_HOME/runs``, shown on the page, which can also
    stop it. Its model is ``Predictor.load(run.id)``, its scores are ``run.report``. It waits until
    no other run trains on this machine, and uses one GPU where there are any. Ctrl-C in the main
    thread stops the training: the best model so far is kept, ``run.status()`` is ``"stopped"``,
    ``resume`` goes on. A second Ctrl-C raises KeyboardInterrupt.

    What makes the scores or the model other than one expects, such as a type that is never in
    ``train``, is a ``NerWarning`` before the run is created: the sentences that the command line
    prints there.

    Raises ConfigError, DataError or ModelError, before there is a run, for settings, data or a
    model that cannot work; TrainingError or another NerError if the training cannot go on; any
    other exception as it is.
    """
    from ner_core.jobs import in_process  # late: loads datasets

    values = {"data": os.fspath(data), "model": os.fspath(model), "recipe": recipe}
    config = TrainConfig.from_values(settings | values)

    def warn(sentence: str) -> None:
        warnings.warn(sentence, NerWarning, stacklevel=5)  # in the line that called train

    return in_process.train(config, on_event, warn)


def resume(run: Run | str, on_event: Callable[[Event], object] | None = None) -> Run:
    """Resume a run that was stopped, failed or was interrupted, in this process; return it.

    It goes on from its last checkpoint and ends with the same weights as a run that was never
    interrupted. ``run`` may be an id; everything else is as in ``train``. Raises RunError if there
    is no such run, or if it is at work or finished.
    """
    from ner_core.jobs import in_process  # late: loads datasets

    run = _run(run)
    in_process.resume(run, on_event)
    return run


def evaluate(
    model: PathLike,
    data: PathLike,
    split: str = "test",
    from_text: bool = False,
    *,
    model_labels: Sequence[str] | None = None,
    batch_size: int | None = None,
    precision: Precision = "auto",
    token_column: str | None = None,
    tag_column: str | None = None,
    label_names: str | None = None,
    sentence_column: str | None = None,
    encoding: str | None = None,
    span_offsets: SpanOffsets = "auto",
    seed: int = 42,
) -> dict[str, Any]:
    """Return the scores of a model on annotated data: whole texts, exact spans and types.

    ``split`` is ``"train"``, ``"validation"`` or ``"test"``; a single file is the test split.
    ``precision``, ``recall``, ``f1`` (micro averages, from 0 to 1) and ``support`` (gold entities)
    are also given ``per_type``. Without ``from_text`` the words are those of the data, and there
    are ``accuracy`` (of words) and ``loss`` (cross-entropy of a word in nats) too. With it, each
    sentence is joined as people write and read as typed text, spans of characters are compared, and
    ``words`` has the scores on the words of the data.

    ``model_labels`` are the tags of a model that does not name them, from number 0 on;
    ``batch_size`` is in windows; for ``precision`` see ``Predictor.load``, for the others
    ``load_data``. Raises DataError for data that cannot be read or lack the split, ModelError for a
    model that cannot be used.

    >>> scores = evaluate("starter", "sample")
    >>> round(scores["f1"], 1), round(scores["per_type"]["PER"]["f1"], 1)
    (0.8, 0.9)
    """
    # Late: these load datasets and torch.
    from ner_core.data.corpus import load_for_evaluation
    from ner_core.evaluation.scoring import score
    from ner_core.inference.predictor import Predictor

    options = ReadOptions.of(
        token_column=token_column,
        tag_column=tag_column,
        label_names=label_names,
        sentence_column=sentence_column,
        encoding=encoding,
        span_offsets=span_offsets,
    )
    corpus = load_for_evaluation(os.fspath(data), split, seed, options)
    predictor = Predictor.load(os.fspath(model), model_labels, precision)
    return score(predictor, corpus.dataset[split], from_text, batch_size)


def check(
    data: PathLike,
    model: str | None = None,
    *,
    token_column: str | None = None,
    tag_column: str | None = None,
    label_names: str | None = None,
    sentence_column: str | None = None,
    encoding: str | None = None,
    span_offsets: SpanOffsets = "auto",
    seed: int = 42,
) -> "CheckReport":
    """Return what is in the data and what is wrong with it, before anything trains.

    ``splits`` of the report counts sentences, tokens and entities, in all and by type; ``findings``
    has a ``level`` (error, warning, note), a ``message`` that says what to do, and the ``rows``
    concerned; ``errors`` are the findings that keep a training from starting. With ``model``, an
    encoder, ``encoder`` says how it reads the data: lengths in sub-tokens, windows. The other
    arguments are as in ``load_data``. Raises DataError if nothing can be read, ModelError if there
    is no such model.

    >>> report = check("sample")
    >>> report.splits["train"].entities, report.errors
    (7672, [])
    """
    from ner_core.checks.report import check_data  # late: loads datasets

    options = ReadOptions.of(
        token_column=token_column,
        tag_column=tag_column,
        label_names=label_names,
        sentence_column=sentence_column,
        encoding=encoding,
        span_offsets=span_offsets,
    )
    return check_data(os.fspath(data), seed, options, model)


def load_data(
    data: PathLike,
    *,
    token_column: str | None = None,
    tag_column: str | None = None,
    label_names: str | None = None,
    sentence_column: str | None = None,
    encoding: str | None = None,
    span_offsets: SpanOffsets = "auto",
    seed: int = 42,
) -> "Corpus":
    """Return data in the one shape that everything here works with.

    ``dataset`` of the corpus is a ``datasets.DatasetDict`` with the splits ``train``,
    ``validation`` and, where there is one, ``test``; a row is a sentence, with ``tokens`` (n words)
    and ``ner_tags`` (n numbers of IOB2 tags, 0 for O). ``label_names`` of the corpus are the tags
    in the order of their numbers, ``entity_types`` the types. Keep the corpus as long as its splits
    are used: its files go with it.

    ``token_column`` and ``tag_column`` are columns, by name or number from 1, ``label_names`` the
    tags that numbers in the data stand for, separated by commas; ``sentence_column`` numbers the
    sentences of a table of words, ``encoding`` is that of text files (``"cp1251"``), and
    ``span_offsets`` how spans count (``ner_core.config.SpanOffsets``): only for data in which they
    are not found by themselves. ``seed`` chooses the tenth of train that becomes the validation
    split where there is none. Raises DataError for what cannot be read; ``check`` lists all of it.

    >>> corpus = load_data("sample")
    >>> corpus.entity_types, corpus.dataset["train"].num_rows
    (['LOC', 'MISC', 'ORG', 'PER'], 3467)
    """
    from ner_core.data import corpus  # late: loads datasets

    options = ReadOptions.of(
        token_column=token_column,
        tag_column=tag_column,
        label_names=label_names,
        sentence_column=sentence_column,
        encoding=encoding,
        span_offsets=span_offsets,
    )
    return corpus.load_data(os.fspath(data), seed, options)


def publish(
    run: Run | str,
    repo: str,
    *,
    private: bool | None = None,
    pull_request: bool = False,
    message: str | None = None,
    adapter: bool = False,
    token: str | None = None,
) -> "Published":
    """Push the model of a run with its card and record to the Hub, as one commit.

    ``repo`` is ``"owner/name"``; it is created if it does not exist. With ``private`` it has to be
    private, with ``private=False`` public, which is refused for one that exists and is not so. With
    None a new one is private, and one that exists stays as it is; the result says in ``private``
    what it is. With ``pull_request`` the commit is proposed instead, with ``adapter`` the LoRA
    adapter is pushed in place of the merged model. ``message`` is that of the commit. Without
    ``token``, ``HF_TOKEN`` or the login of ``hf auth login`` is used. The result has the ``url``,
    the ``commit``, the address of the ``pull_request``, whether anything ``changed``, and which
    entries of the README.md that was there were ``kept``. Raises PublishError for what the Hub or
    the network refuses, and for a run without a model; RunError if there is no such run.
    """
    from ner_core.publishing import push  # late: loads huggingface_hub

    return push.publish(
        _run(run),
        repo,
        token=token,
        private=private,
        pull_request=pull_request,
        message=message,
        adapter=adapter,
    )


def model_card(run: Run | str, repo: str = "OWNER/NAME", adapter: bool = False) -> str:
    """Return the model card of a run as ``publish`` writes it: Markdown with metadata.

    ``repo`` is the repository that its examples name. With ``adapter`` it is the card of the LoRA
    adapter. Raises PublishError if ``repo`` is no name of a repository, RunError if there is no
    such run or it has no model.
    """
    from ner_core.publishing.card import document  # late: loads huggingface_hub

    return document.model_card(_run(run), repo, adapter)


def _run(run: Run | str) -> Run:
    return store.get(run) if isinstance(run, str) else run
