import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from ner_core.inference import tagger as tagging
from ner_core.inference.tagger import Tagger, load_tagger
from ner_core.models.loading import load_trained
from ner_core.models.windows import SETTINGS_KEY, Window, split_into_windows
from tests.support import toy

SENTENCE = ["ann", "lives", "in", "oslo", "city", "."]
TAGS = ["B-PER", "O", "O", "B-LOC", "I-LOC", "O"]


@pytest.fixture(scope="module")
def trained(toy_run):
    return load_tagger(str(toy_run.model_dir))


@pytest.fixture(scope="module")
def random_tagger(tiny_model):
    model, tokenizer = load_trained(str(tiny_model))
    return Tagger(model, tokenizer, 128, 32)


def log_probabilities_of_words(tagger, words):
    """Compute [words, labels] by hand, for words that fit into one window."""
    encoded = tagger.tokenizer(words, is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        rows = tagger.model(**encoded).logits[0].log_softmax(-1)
    word_ids = encoded.word_ids()
    return torch.stack([rows[word_ids.index(word)] for word in range(len(words))])


def mixed_texts(count, seed, longest=60):
    chance = random.Random(seed)
    vocabulary = ["ann", "bob", "oslo", "city", "lives", "in", "x", "Zürich", "3.5", "."]
    return [
        [chance.choice(vocabulary) for _ in range(chance.randrange(longest))] for _ in range(count)
    ]


def test_the_tags_and_windows_are_those_of_the_saved_model(trained, toy_run):
    assert trained.label_names == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert (trained.max_length, trained.overlap) == (64, 16)
    assert trained.iob2
    assert getattr(trained.model.config, SETTINGS_KEY)["sub_token_labels"] == "first"


def test_a_model_from_elsewhere_is_not_taken_for_iob2(tiny_model):
    tagger = load_tagger(str(tiny_model))
    assert not tagger.iob2
    assert (tagger.max_length, tagger.overlap) == (128, 64)


@pytest.mark.parametrize("times", [1, 5, 50, 400])
def test_long_texts_are_tagged_to_their_end(trained, times):
    tagged = trained.tag([SENTENCE * times])
    assert tagged.tags == [TAGS * times]
    assert [len(scores) for scores in tagged.scores] == [len(SENTENCE) * times]
    assert min(tagged.scores[0]) > 0.5


def test_a_long_text_takes_several_windows(trained):
    found = split_into_windows(
        trained.tokenizer, [SENTENCE * 50], trained.max_length, trained.overlap
    )
    assert len(found) > 2


def test_a_long_text_is_tagged_by_the_windows_that_own_its_words(random_tagger):
    tagger = random_tagger
    words = mixed_texts(1, 7, longest=500)[0] * 3
    expected = [None] * len(words)
    for window in split_into_windows(tagger.tokenizer, [words], tagger.max_length, tagger.overlap):
        with torch.no_grad():
            logits = tagger.model(input_ids=torch.tensor([window.input_ids])).logits[0]
        for place, word in enumerate(window.word_ids):
            if word is not None and window.first[place]:
                expected[word] = tagger.label_names[int(logits[place].argmax())]
    assert None not in expected
    assert len(set(expected)) > 1
    assert tagger.tag([words]).tags == [expected]


@pytest.mark.parametrize("count", [1, 30, 400, 3000])
def test_the_steps_of_a_long_text_give_the_tags_of_all_of_it(random_tagger, count):
    chance = random.Random(count)
    vocabulary = ["ann", "oslo", "lives", "x" * 150, "3.5", "\u200b"]  # the last has no sub-token
    words = [chance.choice(vocabulary) for _ in range(count)] + ["\u200b"]
    steps = list(random_tagger.tag_in_steps(words))
    at_once = random_tagger.tag([words])
    assert [tag for tags, _ in steps for tag in tags] == at_once.tags[0]
    scores = [score for _, scores in steps for score in scores]
    assert scores == pytest.approx(at_once.scores[0], abs=1e-5)
    assert len(steps) > 1 or count < 400


@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_results_are_in_the_order_of_the_texts(random_tagger, batch_size):
    texts = mixed_texts(40, 1)
    together = random_tagger.tag(texts, batch_size=batch_size)
    assert [len(tags) for tags in together.tags] == [len(words) for words in texts]
    for words, tags, scores in zip(texts, together.tags, together.scores, strict=True):
        alone = random_tagger.tag([words])
        assert tags == alone.tags[0]
        assert scores == pytest.approx(alone.scores[0], abs=1e-5)


def test_texts_are_kept_apart_beyond_one_chunk(trained, monkeypatch):
    monkeypatch.setattr("ner_core.inference.tagger._CHUNK", 3)
    texts = [SENTENCE * (1 + number % 4) for number in range(10)]
    gold = [TAGS * (1 + number % 4) for number in range(10)]
    assert trained.tag(texts, gold).tags == gold
    assert trained.tag(texts, gold).loss < 0.3


@pytest.mark.parametrize(
    ("texts", "tags"),
    [
        ([], []),
        ([[]], [[]]),
        ([[], ["\u0000"], [" "], [""], ["\u200b", "\u0007"]], [[], ["O"], ["O"], ["O"], ["O"] * 2]),
    ],
    ids=["no text", "an empty text", "no sub-token"],
)
def test_what_has_no_sub_tokens_is_outside(random_tagger, texts, tags):
    tagged = random_tagger.tag(texts)
    assert tagged.tags == tags
    assert tagged.scores == [[1.0] * len(words) for words in texts]
    assert tagged.loss is None
    assert random_tagger.tag(texts, tags).loss is None


def test_a_word_without_sub_tokens_does_not_move_the_others(trained):
    words = ["\u0000", "ann", "\u200b", "lives", "in", "", "oslo", "\u0007"]
    assert trained.tag([words]).tags == [["O", "B-PER", "O", "O", "O", "O", "B-LOC", "O"]]


def test_scores_are_the_probabilities_of_the_tags(random_tagger):
    by_hand = log_probabilities_of_words(random_tagger, SENTENCE)
    tagged = random_tagger.tag([SENTENCE])
    assert tagged.scores[0] == pytest.approx(by_hand.max(-1).values.exp().tolist(), abs=1e-5)
    assert tagged.tags[0] == [random_tagger.label_names[n] for n in by_hand.argmax(-1).tolist()]


def test_the_loss_is_the_mean_cross_entropy_of_all_words(random_tagger):
    texts = [words for words in mixed_texts(20, 3, longest=20) if words] + [SENTENCE]
    chance = random.Random(4)
    gold = [[chance.choice(random_tagger.label_names) for _ in words] for words in texts]
    losses = [
        -log_probabilities_of_words(random_tagger, words)[
            np.arange(len(words)), [random_tagger.label_names.index(tag) for tag in tags]
        ]
        for words, tags in zip(texts, gold, strict=True)
    ]
    expected = torch.cat(losses).mean().item()
    assert random_tagger.tag(texts, gold, batch_size=4).loss == pytest.approx(expected, rel=1e-5)


def test_tags_that_the_model_does_not_know_are_left_out_of_the_loss(random_tagger):
    known = ["B-PER", "O", "O", "B-LOC", "I-LOC", "O"]
    by_hand = -log_probabilities_of_words(random_tagger, SENTENCE)
    numbers = [random_tagger.label_names.index(tag) for tag in known]
    expected = by_hand[np.arange(4), numbers[:4]].mean().item()
    gold = [[*known[:4], "B-DRUG", "I-DRUG"]]
    assert random_tagger.tag([SENTENCE], gold).loss == pytest.approx(expected, rel=1e-5)
    assert random_tagger.tag([SENTENCE], [["B-DRUG"] * 6]).loss is None


@pytest.mark.slow
def test_several_threads_at_once_give_the_same_as_one(random_tagger):
    work = [mixed_texts(8, seed) for seed in range(12)]
    expected = [random_tagger.tag(texts) for texts in work]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(random_tagger.tag, work * 3))
    for one, other in zip(expected * 3, found, strict=True):
        assert one.tags == other.tags
        for left, right in zip(one.scores, other.scores, strict=True):
            assert left == pytest.approx(right, abs=1e-5)


class CountingLock:
    """A lock that counts how often it was asked for."""

    def __init__(self):
        self.wanted, self._lock = 0, threading.Lock()

    def __enter__(self):
        self.wanted += 1
        self._lock.acquire()

    def __exit__(self, *_):
        self._lock.release()


def test_one_thread_at_a_time_uses_the_tokenizer(random_tagger, monkeypatch):
    at_work, most = [], []
    lock = CountingLock()
    monkeypatch.setattr(random_tagger, "tokenizer_lock", lock)

    def watched(*arguments):
        at_work.append(1)
        most.append(len(at_work))
        toy.wait_for(lambda: lock.wanted >= 4, "all threads to come")
        found = split_into_windows(*arguments)
        at_work.pop()
        return found

    monkeypatch.setattr(tagging, "split_into_windows", watched)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(random_tagger.tag, [[SENTENCE]] * 12))
    assert most == [1] * 12


def test_tagging_leaves_no_gradients(random_tagger):
    random_tagger.tag([SENTENCE], [TAGS])
    assert all(parameter.grad is None for parameter in random_tagger.model.parameters())


@pytest.fixture
def counting(toy_run):
    """Return a tagger with a memory of its own, and the list of windows that it computed."""
    tagger = load_tagger(str(toy_run.model_dir))
    computed, network = [], tagger.network

    def count(input_ids, attention_mask):
        computed.extend(attention_mask.sum(1).tolist())
        return network(input_ids, attention_mask)

    tagger.network = count
    return tagger, computed


def test_a_text_that_was_read_a_moment_ago_is_not_computed_again(counting):
    tagger, computed = counting
    texts = mixed_texts(20, 3)
    first = tagger.tag(texts)
    known = len(computed)
    assert known >= 20
    again = tagger.tag(texts[::-1])
    assert len(computed) == known
    assert again.tags == first.tags[::-1]
    assert again.scores == first.scores[::-1]
    tagger.sub_token_probabilities(texts[5])
    assert len(computed) == known


def test_typing_on_computes_the_last_window_only(counting):
    tagger, computed = counting
    words = SENTENCE * 100
    tagger.tag([words])
    for _ in range(20):
        known = len(computed)
        words = [*words, "ann"]
        tagger.tag([words])
        assert len(computed) - known <= 2


def test_what_was_asked_for_longest_ago_is_forgotten(monkeypatch):
    monkeypatch.setattr(tagging, "_MAX_CACHE_BYTES", 3 * 8)
    cache = tagging.WindowCache()
    windows = [Window(0, [number], [None], [False]) for number in range(4)]
    for window in windows[:3]:
        cache.put(window, np.array([window.input_ids], dtype=np.int64))
    assert cache.get(windows[0]) == [[0]]
    cache.put(windows[3], np.array([[3]], dtype=np.int64))
    assert [cache.get(window) is None for window in windows] == [False, True, False, False]


def test_a_model_that_still_learns_is_always_computed(toy_run):
    model, tokenizer = load_trained(str(toy_run.model_dir))
    tagger = Tagger(model, tokenizer, 64, 16)
    before = tagger.tag([SENTENCE])
    with torch.no_grad():
        model.classifier.bias[0] += 100
    assert before.tags == [TAGS]
    assert tagger.tag([SENTENCE]).tags == [["O"] * len(SENTENCE)]
