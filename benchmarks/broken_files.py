"""Files that readers stumble over: valid ones that were damaged, and valid ones that make no sense.

``broken_file`` makes one for a format of ``SEEDS``; ``fuzz_readers.py`` reads them.
"""

import io
import json
import random
import re
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

LONGEST = 500_000


def parquet(columns: dict[str, Any], features: Any = None) -> bytes:
    """Make a small parquet file in memory, with the description of a Hugging Face dataset."""
    table = pa.table(columns)
    if features is not None:
        described = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": described})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


LABELS = {"names": ["O", "B-PER", "I-PER"], "_type": "ClassLabel"}
LABEL_STUDIO = {
    "id": 7,
    "data": {"text": "Ann Lee ran."},
    "annotations": [
        {
            "was_cancelled": False,
            "result": [
                {
                    "type": "labels",
                    "from_name": "label",
                    "to_name": "text",
                    "value": {"start": 0, "end": 7, "text": "Ann Lee", "labels": ["PER"]},
                }
            ],
        }
    ],
}
LABEL_STUDIO_MIN = {
    "id": 7,
    "text": "Ann Lee ran.",
    "label": [{"start": 0, "end": 7, "text": "Ann Lee", "labels": ["PER"]}],
}
SEEDS: dict[str, list[bytes]] = {
    "conll": [
        b"Ann B-PER\nLee I-PER\nran O\n\nin O\nOslo B-LOC\n",
        b"-DOCSTART- -X- O O\n\nAnn NNP I-NP I-PER\nran VBD I-VP O\n\n# a\nOslo NNP I-NP I-LOC\n",
        "S\u00e3o\tS-LOC\r\n\u6771\u4eac\tS-LOC\r\n\r\n#\tO\r\n".encode(),
        b"# text = Ann ran\n1\tAnn\tPROPN\tB-PER\n2\tran\tVERB\tO\n",
    ],
    "inline": [
        b"[Ann Lee](PER) ran to [Oslo](LOC).\n\nNobody ran.\n",
        "([\u6771\u4eac](LOC)) [a](b)[c](d)\r\n".encode(),
    ],
    "json": [
        b'{"tokens": ["Ann", "ran"], "tags": ["B-PER", "O"]}\n{"tokens": ["x"], "tags": ["O"]}\n',
        b'{"tokens": ["Ann", "ran"], "ner_tags": [1, 0], "doc_id": "a"}\n',
        b'{"text": "Ann Lee ran.", "spans": [{"start": 0, "end": 7, "label": "PER"}]}\n',
        b'{"text": "Ann Lee ran.", "label": [[0, 7, "PER"]], "id": 1}\n',
        b'{"text": "Ann Lee ran.", "entities": [{"start_offset": 0, "end_offset": 7, '
        b'"label": "PER"}]}\n',
        b'[{"tokens": ["Ann"], "tags": ["B-PER"]}, {"tokens": ["ran"], "tags": ["O"]}]',
        b'{"data": [{"text": "Ann ran.", "entities": [[0, 3, "PER"]]}]}',
    ],
    "label studio": [
        json.dumps([LABEL_STUDIO, LABEL_STUDIO]).encode(),
        json.dumps([LABEL_STUDIO_MIN]).encode(),
        (json.dumps(LABEL_STUDIO) + "\n").encode(),
    ],
    "csv": [
        b"Sentence #,Word,POS,Tag\nSentence: 1,Ann,NNP,B-PER\n,ran,VBD,O\nSentence: 2,x,NN,O\n",
        b'sentence_id;token;tag\n1;Ann;B-PER\n1;"a;""b";O\n2;x;O\n',
        b"tokens\ttags\n['Ann', 'ran']\t['B-PER', 'O']\n",
        b"text,labels\nAnn ran,B-PER O\n",
    ],
    "parquet": [
        parquet({"tokens": [["Ann", "ran"], ["x"]], "tags": [["B-PER", "O"], ["O"]]}),
        parquet(
            {"tokens": [["Ann", "ran"]], "ner_tags": [[1, 0]]},
            {"ner_tags": {"feature": LABELS, "_type": "List"}},
        ),
        parquet({"text": ["Ann ran"], "spans": [[{"start": 0, "end": 3, "label": "PER"}]]}),
        parquet({"id": [1, 2], "name": ["a", "b"]}),
    ],
}
SEEDS["any"] = [seed for seeds in SEEDS.values() for seed in seeds]

CONTROLS = [bytes([code]) for code in (0, 1, 7, 8, 9, 10, 11, 12, 13, 26, 27, 28, 31, 127)]
STRANGE = [
    *(text.encode() for text in ("\ufeff", "\u200b", "\u202e", "\u2028", "\x85", "\u00a0", "🎉")),
    *(b"\\ud800", b"\xed\xa0\x80", b"\xff\xfe", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\\u0000"),
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-1", b"0.5", b"1e2", b'""', b"[]", b"{}"),
    *(
        b'"',
        b"'",
        b"'''",
        b"[",
        b"]",
        b"](",
        b"{",
        b"}",
        b",",
        b";",
        b"\t",
        b"\\",
        b"#",
        b" ",
        b"=",
    ),
    *(b"-DOCSTART-", b"B-", b"I-LOC", b"L-x", b"E-x", b"O", b"\r\n\r\n", b"\n# \n", b"__import__"),
]
WORDS = ["", " ", "Ann", "Ann Lee ran.", "O", "B-PER", "1", "a b", "\ud800", "\0", "🎉", "['a']"]
WORDS += ["x" * 999, "é" * 50]
KEYS = [
    "tokens",
    "words",
    "ner_tags",
    "tags",
    "labels",
    "label",
    "text",
    "spans",
    "entities",
    "data",
    "start",
    "end",
    "type",
    "id",
]
KEYS += [
    "start_offset",
    "end_offset",
    "value",
    "result",
    "annotations",
    "completions",
    "predictions",
]
KEYS += ["was_cancelled", "sentence", "document", "doc_id", "Word", "", "é" * 999]
STRUCTURED = [*SEEDS["json"], *SEEDS["label studio"]]
STRUCT = pa.struct([("start", pa.int64()), ("end", pa.float64()), ("label", pa.string())])
COLUMNS: list[tuple[pa.DataType, list[Any]]] = [
    (pa.string(), ["Ann ran", "", "\0", "O"]),
    (pa.large_string(), ["Ann"]),
    (pa.binary(), [b"\xff", b""]),
    (pa.int64(), [0, 2**62, -1]),
    (pa.uint8(), [1]),
    (pa.float64(), [0.5, float("nan"), float("inf")]),
    (pa.bool_(), [True]),
    (pa.null(), [None]),
    (pa.timestamp("ns"), [0, 2**62 + 1]),
    (pa.date32(), [0, 2**31 - 1]),
    (pa.decimal128(38, 2), [1]),
    (pa.duration("ns"), [1]),
    (pa.list_(pa.string()), [["Ann", "ran"], [], ["B-PER", None]]),
    (pa.large_list(pa.string()), [["B-PER", "O"]]),
    (pa.list_(pa.string(), 2), [["B-PER", "O"]]),
    (pa.list_(pa.int64()), [[1, 0], [99, -1], [None, 2**62]]),
    (pa.list_(pa.float64()), [[1.0, 0.5]]),
    (pa.list_(pa.binary()), [[b"\xff", b"a"]]),
    (pa.list_(pa.null()), [[None, None]]),
    (pa.list_(pa.list_(pa.string())), [[["Ann"], []]]),
    (pa.list_(pa.dictionary(pa.int8(), pa.string())), [["B-PER", "O"]]),
    (pa.dictionary(pa.int8(), pa.string()), ["Ann"]),
    (STRUCT, [{"start": 0, "end": 3, "label": "PER"}]),
    (pa.list_(STRUCT), [[{"start": 0, "end": 3.0, "label": "PER"}, None], [{"start": None}]]),
    (pa.map_(pa.string(), pa.string()), [[("a", "b")]]),
    (pa.struct([("tokens", pa.list_(pa.string()))]), [{"tokens": ["Ann"]}]),
]
ENCODINGS = ["utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252", "utf-8-sig", "utf-7", "cp037"]


def strange_piece(rng: random.Random) -> bytes:
    """Return bytes that formats stumble over."""
    kind = rng.randrange(8)
    if kind == 0:  # a number longer than Python converts, or wider than Arrow's
        return rng.choice([b"9" * 5000, b"9" * 20, b"-" + b"9" * 40, b"1" + b"0" * 400 + b".5"])
    if kind == 1:
        opening = rng.choice([b"[", b"(", b"{", b'{"a":', b'[{"text":', b"-", b"~"])
        return opening * rng.choice([3, 200, 2000, 50_000])
    if kind == 2:
        return rng.choice([b"x", b"\xc3\xa9", b"a ", b".", b"'s"]) * rng.choice([50, 3000, 90_000])
    if kind == 3:
        return rng.randbytes(rng.randrange(1, 20))
    return rng.choice(CONTROLS if kind == 4 else STRANGE)


def damaged(rng: random.Random, raw: bytes) -> bytes:
    """Damage bytes in one way."""
    start, end = sorted(rng.randrange(len(raw) + 1) for _ in range(2))
    kind = rng.randrange(10)
    if kind == 0:
        changed = bytearray(raw)
        for _ in range(rng.randrange(1, 5)):
            if changed:
                changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        return bytes(changed)
    if kind == 1:
        return raw[:start] + raw[end:]
    if kind == 2:
        return raw[:end] + raw[start:]
    if kind == 3:
        return raw[:end] if rng.random() < 0.5 else raw[start:]
    if kind == 4:
        lines = raw.splitlines(keepends=True)
        rng.shuffle(lines)
        return b"".join(lines)
    if kind == 5:
        text = raw.decode("utf-8", errors="replace")
        return text.encode(rng.choice(ENCODINGS), errors="replace")
    if kind == 6:  # put something strange where a value was
        values = list(re.finditer(rb'\d+|"[^"]*"|[A-Za-z]+', raw))
        if values:
            start, end = rng.choice(values).span()
        return raw[:start] + strange_piece(rng) + raw[end:]
    if kind == 7:
        return raw * rng.choice([2, 3, 200])
    return raw[:start] + strange_piece(rng) + raw[start:]


def strange_value(rng: random.Random, depth: int = 0) -> Any:
    """Return a value of JSON, well formed, of any type, under keys that readers look for."""
    kind = rng.randrange(10 if depth < 4 else 7)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.choice([0, 1, 3, 7, 12, -1, 2**63, -(2**70), 10**400])
    if kind == 2:
        return rng.choice([0.0, 3.0, 0.5, -0.0, 1e300, float("nan"), float("inf")])
    if kind < 7:
        return rng.choice(WORDS)
    count = rng.choice([0, 1, 2, 2, 3])
    if kind == 7:
        return {rng.choice(KEYS): strange_value(rng, depth + 1) for _ in range(count)}
    if kind == 8:  # what many formats want: a list of values of one type
        return [rng.choice(WORDS) for _ in range(count)]
    return [strange_value(rng, depth + 1) for _ in range(count)]


def strange_json(rng: random.Random) -> bytes:
    """Put strange values into valid JSON, or under the keys of a row."""
    rows = [json.loads(line) for line in rng.choice(STRUCTURED).splitlines()]
    if rng.random() < 0.3:
        rows = [{rng.choice(KEYS): strange_value(rng) for _ in range(3)} for _ in range(3)]
    for _ in range(rng.randrange(4)):
        place: Any = rows
        while isinstance(place, dict | list) and place:
            key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if rng.random() < 0.3 or not isinstance(place[key], dict | list):
                place[key] = strange_value(rng)
                break
            place = place[key]
    if rng.random() < 0.5:
        return json.dumps(rows).encode()
    return "\n".join(json.dumps(row) for row in rows).encode()


def strange_table(rng: random.Random) -> bytes:
    """Make a valid parquet file of any columns, and a description that need not be true."""
    rows = rng.choice([0, 1, 3])
    keys = [rng.choice(KEYS) for _ in range(rng.randrange(1, 4))]
    kinds = [rng.choice(COLUMNS) for _ in keys]
    if rng.random() < 0.6:  # else hardly any would be read
        keys += rng.choice([["tokens", "ner_tags"], ["words", "tags"], ["text", "spans"]])
        kinds += rng.choices([column for column in COLUMNS if pa.types.is_list(column[0])], k=2)
    if rng.random() < 0.3:
        keys, kinds = [*keys, "text", "spans"], [*kinds, COLUMNS[0], rng.choice(COLUMNS[-6:])]
    columns = {
        key: pa.array([rng.choice([values[0], *values, None]) for _ in range(rows)], kind)
        for key, (kind, values) in zip(keys, kinds, strict=True)
    }
    described = rng.choice(
        [None, strange_value(rng), dict.fromkeys(columns, LABELS), {"ner_tags": [LABELS]}]
    )
    return parquet(columns, described)


# Formats whose bytes rarely stay valid when they are damaged are built wrongly, too.
BUILT = {"json": strange_json, "label studio": strange_json, "parquet": strange_table}
BUILT["any"] = lambda rng: rng.choice([strange_json, strange_table])(rng)


def broken_file(rng: random.Random, form: str) -> bytes:
    """Make the bytes of a file that claims to be of a format of ``SEEDS``."""
    chance = rng.random()
    if chance < 0.05:
        return rng.randbytes(rng.choice([0, 1, 5, 100, 3000]))
    if chance < 0.1:
        return b"".join(strange_piece(rng) for _ in range(rng.randrange(1, 12)))
    if chance < 0.45 and form in BUILT:
        return BUILT[form](rng)
    raw = rng.choice(SEEDS["any"] if chance > 0.95 else SEEDS[form])
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        raw = damaged(rng, raw)[:LONGEST]
    return raw
