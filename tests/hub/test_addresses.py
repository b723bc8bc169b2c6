import pytest

from ner_core.data.sources import canonical_source
from ner_core.errors import DataError, PublishError
from ner_core.hub.repository_ids import check_repository

PAGE = "https://huggingface.co"


@pytest.mark.parametrize(
    ("address", "source"),
    [
        (f"{PAGE}/datasets/o/n", "hub:o/n"),
        (f" {PAGE}/datasets/o/n/ ", "hub:o/n"),
        ("hf.co/datasets/o/n?row=3", "hub:o/n"),
        (f"hub:{PAGE}/datasets/o/n", "hub:o/n"),
        (f"{PAGE}/datasets/o/n/tree/main", "hub:o/n"),
        (f"{PAGE}/datasets/o/n/tree/v1", "hub:o/n@v1"),
        (f"{PAGE}/datasets/o/n/tree/refs%2Fconvert%2Fparquet/", "hub:o/n@refs/convert/parquet"),
        (f"{PAGE}/datasets/o/n/viewer", "hub:o/n"),
        (f"{PAGE}/datasets/o/n/viewer/default/train", "hub:o/n"),
        (f"{PAGE}/datasets/o/n/viewer/en/test?p=2", "hub:o/n:en"),
        (f"{PAGE}/datasets/conll2003", "hub:conll2003"),
    ],
)
def test_the_address_of_a_dataset_is_data(address, source):
    assert canonical_source(address) == source


@pytest.mark.parametrize(
    "address",
    [
        f"{PAGE}/o/n",
        f"{PAGE}/spaces/o/n",
        f"{PAGE}/datasets/o",
        f"{PAGE}/datasets/o/n/blob/main/train.csv",
        f"{PAGE}/datasets/o/n/tree/main/en",
        "https://example.org/datasets/o/n",
    ],
)
def test_other_addresses_are_no_data(address):
    with pytest.raises(DataError) as caught:
        canonical_source(address)
    assert str(caught.value) == (
        f"Found no data at {address!r}. Choose sample, a file, a folder or a Hub dataset "
        "(owner/name)."
    )


@pytest.mark.parametrize("end", ["", "/", "/tree/main", "/tree/main/", "?library=transformers"])
def test_the_address_of_a_repository_is_its_name(end):
    assert check_repository(f" {PAGE}/o/n{end}") == "o/n"
    assert check_repository(f"hf.co/spaces/o/n{end}", "a Space") == "o/n"


@pytest.mark.parametrize(
    "address",
    [
        f"{PAGE}/o/n/tree/v1",
        f"{PAGE}/o/n/blob/main/README.md",
        f"{PAGE}/datasets/o/n",
        f"{PAGE}/spaces/o/n",
        f"{PAGE}/o/n.git",
    ],
)
def test_the_address_of_something_else_is_no_repository(address):
    with pytest.raises(PublishError, match="can't be the name of a repository"):
        check_repository(address)
