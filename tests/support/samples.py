"""The first sentences of the bundled sample as data of their own, which are scored in seconds."""

from ner_core.data.sources import SAMPLE


def part_of_sample(folder, **sizes):
    """Write so many sentences of each split (``train=64``) into a folder and return it."""
    folder.mkdir()
    for split, size in sizes.items():
        lines = (SAMPLE / f"{split}.txt").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / f"{split}.txt").write_text("".join(lines[:size]), encoding="utf-8")
    return folder
