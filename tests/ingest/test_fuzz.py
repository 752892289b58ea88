"""2,000 broken source files: each is read, or ends in one SourceError that names file and line."""

import gzip
import json
import random
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ingest.catalogue import catalogue, find
from ingest.readers import reader_of
from ingest.source_batch import SourceBatch
from kgdx.domain.errors import SourceError
from kgdx.graph.arrow_schema import node_table
from tests.ingest.seed import Seed
from tests.ingest.seeds import SEEDS

NUM_MUTANTS, NUM_SHORT = 2_000, 300
MAX_TOLD = 1_500
# What is wrong with a file as a whole lies on no line.
_OF_THE_WHOLE = re.compile(
    r"the file is empty|the gzip file is cut off or damaged|no column |two columns |no .+ in it"
    r"|nested too deeply|neither OBO|no ontology that can be read|not UTF-8|no (nodes|edges)\."
    r"|it does not name its table|its table "
)
_PLACED = re.compile(r", line [1-9]\d*$")
_SEPARATOR = re.compile(rb"[\t,;#|]")
_STRANGE = (
    None,
    True,
    3,
    -1,
    1e400,
    10**400,
    "",
    "x",
    "\ud800",
    "\0",
    "é" * 9,
    [],
    [[]],
    {},
    {"a": 1},
    "9" * 5000,
)

Mutate = Callable[[bytes, random.Random], bytes]


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def flip(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def insert(*texts: bytes) -> Mutate:
    def mutate(content: bytes, rng: random.Random) -> bytes:
        place = rng.randrange(len(content))
        return content[:place] + rng.choice(texts) + content[place:]

    return mutate


def of_lines(change: Callable[[list[bytes], random.Random], None]) -> Mutate:
    def mutate(content: bytes, rng: random.Random) -> bytes:
        lines = content.split(b"\n")
        change(lines, rng)
        return b"\n".join(lines)

    return mutate


def duplicate(lines: list[bytes], rng: random.Random) -> None:
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))


def delete(lines: list[bytes], rng: random.Random) -> None:
    del lines[rng.randrange(len(lines))]


def of_cells(change: Callable[[list[bytes], random.Random], None]) -> Mutate:
    def on_a_line(lines: list[bytes], rng: random.Random) -> None:
        number = rng.randrange(len(lines))
        separator = (_SEPARATOR.findall(lines[number]) or [b" "])[0]
        cells = lines[number].split(separator)
        change(cells, rng)
        lines[number] = separator.join(cells)

    return of_lines(on_a_line)


def swap(cells: list[bytes], rng: random.Random) -> None:
    i, j = rng.randrange(len(cells)), rng.randrange(len(cells))
    cells[i], cells[j] = cells[j], cells[i]


def replace(*texts: bytes) -> Callable[[list[bytes], random.Random], None]:
    def change(cells: list[bytes], rng: random.Random) -> None:
        cells[rng.randrange(len(cells))] = rng.choice(texts)

    return change


def retype(content: bytes, rng: random.Random) -> bytes:
    """A value of another type somewhere in a JSON document, or on a line of JSON Lines."""
    try:
        return json.dumps(_retyped(json.loads(content), rng), indent=1).encode()
    except (ValueError, RecursionError):
        lines = content.split(b"\n")
        number = rng.randrange(len(lines))
        try:
            lines[number] = json.dumps(_retyped(json.loads(lines[number]), rng)).encode()
        except (ValueError, RecursionError):
            return cut(content, rng)
        return b"\n".join(lines)


def _retyped(value: Any, rng: random.Random) -> Any:
    if isinstance(value, (dict, list)) and value and rng.random() < 0.8:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = rng.choice(keys)
        value[key] = _retyped(value[key], rng)
        return value
    return rng.choice(_STRANGE)


def zip_and_cut(content: bytes, rng: random.Random) -> bytes:
    return cut(gzip.compress(content, mtime=0), rng)


def zip_and_flip(content: bytes, rng: random.Random) -> bytes:
    return flip(gzip.compress(content, mtime=0), rng)


MUTATIONS: tuple[Mutate, ...] = (
    cut,
    flip,
    insert(b"\0"),
    insert(b"\xe9", "é".encode("utf-16"), b"\xef\xbb\xbf", b"\xed\xa0\x80"),
    insert(b'"', b"\t", b"\r", b"\n", b"{", b"<", b"\\", "\u2028".encode()),
    of_lines(duplicate),
    of_lines(delete),
    of_cells(swap),
    of_cells(replace(b"")),
    of_cells(replace(b"x" * 70_000, b"9" * 5_000, b"1/" + b"9" * 30, b"[" * 20_000)),
    of_cells(
        replace(b"nan", b"-1", b"1e999", b"NOPE:1", b"HP:", b":", b"true", b"null", "é".encode("latin-1"))
    ),
    retype,
    zip_and_cut,
    zip_and_flip,
    lambda content, _: content.decode().encode("utf-16") if content.isascii() else content + b"\xff",
    lambda content, _: content.replace(b"\n", b"\r\n"),
)


def mutant(content: bytes, rng: random.Random) -> bytes:
    for mutate in rng.choices(MUTATIONS, k=rng.choice((1, 1, 1, 2, 3))):
        content = mutate(content, rng) if content else content
    return content


def consume(seed: Seed, path: Path) -> SourceBatch:
    """Everything the reader says, held against the schema and put into columns."""
    source = find(seed.source)
    batch = SourceBatch(source)
    for item in reader_of(source)(path, source):
        batch.add(item)
    batch.settle()
    node_table(batch.nodes)
    return batch


def adds_up(batch: SourceBatch) -> bool:
    beside = sum(batch.rejected.values()) + sum(batch.skipped.values())
    return batch.num_rows == batch.num_written + batch.num_merged + beside


def outcome(seed: Seed, path: Path) -> SourceError | None:
    """The one error there may be; every other one is a fault of the reader."""
    try:
        assert adds_up(consume(seed, path))
    except SourceError as error:
        return error
    return None


def is_placed(error: SourceError, folder: Path, files: Iterable[str]) -> bool:
    """Whether an error names a file, its line unless it is about the whole file, and is one line itself."""
    places = [error.where.removeprefix(str(folder / file)) for file in files]
    place = min([*places, error.where.removeprefix(str(folder))], key=len)
    has_line = bool(_PLACED.fullmatch(place) or (not place and _OF_THE_WHOLE.match(error.fact)))
    return has_line and len(str(error)) < MAX_TOLD and "\n" not in str(error)


def test_every_reader_has_a_seed() -> None:
    assert {seed.source for seed in SEEDS.values()} >= set(catalogue())


@pytest.mark.parametrize("name", SEEDS)
def test_seeds_are_sound(name: str, tmp_path: Path) -> None:
    for file, text in SEEDS[name].files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8", newline="")
    batch = consume(SEEDS[name], tmp_path / SEEDS[name].given)
    assert batch.num_written > 0
    assert adds_up(batch)


def numbers(total: int) -> range:
    """Of the mutants of one seed, where all seeds together have `total`."""
    return range(-(-total // len(SEEDS)))


@pytest.mark.parametrize(
    "mutants",
    [
        pytest.param(numbers(NUM_SHORT), id="few"),
        pytest.param(numbers(NUM_MUTANTS)[len(numbers(NUM_SHORT)) :], id="many", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", SEEDS)
def test_a_broken_file_is_read_or_named(name: str, mutants: range, tmp_path: Path) -> None:
    seed = SEEDS[name]
    whole = {file: text.encode() for file, text in seed.files.items()}
    for file, content in whole.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(content)
    for number in mutants:
        rng = random.Random(f"{name} {number}")  # noqa: S311 -- the same mutants at every run
        broken = rng.choice(sorted(whole))
        (tmp_path / broken).write_bytes(mutant(whole[broken], rng))
        told = outcome(seed, tmp_path / seed.given)
        assert told is None or is_placed(told, tmp_path, seed.files), told
        (tmp_path / broken).write_bytes(whole[broken])
