"""The settings beside the watched run."""

import re

from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_core.runs.view import RunView
from ner_studio.watch.own_settings import settings_list
from tests.support.fake_runs import FakeRun


def view_of(run):
    view = RunView(run)
    view.refresh()
    return view


def pairs(html):
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html))


def command(html):
    return re.search(r"<pre class=ner-command>(.*?)</pre>", html)[1]


def test_before_the_start_automatic_values_are_still_open():
    config = TrainConfig.from_values({"recipe": "quick"})
    assert pairs(settings_list(view_of(store.create(config, "waiting")))) == {
        "Data": "sample",
        "Encoder": "minilm",
        "Recipe": "quick",
        "Epochs": "auto",
        "Batch size": "32",
        "Learning rate": "auto",
    }


def test_from_the_start_on_they_are_those_of_the_run():
    fake = FakeRun("started").start()
    fake.end()
    assert pairs(settings_list(view_of(fake.run))) == {
        "Data": "sample",
        "Encoder": "minilm",
        "Recipe": "balanced",
        "Epochs": "2",
        "Batch size": "32",
        "Learning rate": "0.0003",
    }


def test_what_a_person_changed_is_listed_with_how_the_data_are_read():
    config = TrainConfig.from_values(
        {"data": "/x/<b>.csv", "tag_column": "gold", "encoding": "cp1251", "dropout": "0.2"}
    )
    html = settings_list(view_of(store.create(config, "changed")))
    found = pairs(html)
    assert found["Data"] == "&lt;b&gt;.csv"
    assert {"Tag column": "gold", "Encoding": "cp1251", "Dropout": "0.2"}.items() <= found.items()
    assert "--tag-column gold --encoding cp1251" in command(html)


def test_damaged_settings_are_a_sentence():
    run = store.create(TrainConfig(), "damaged")
    run.config_path.write_text("{")
    html = settings_list(view_of(run))
    assert pairs(html) == {}
    assert 'role="alert"' in html
