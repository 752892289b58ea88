"""Cases of files, folders and streams: kgdx JSON or YAML, phenopackets, families, cohorts, and JSON Lines."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from kgdx.domain.case import FailedCase
from kgdx.domain.errors import CaseError
from kgdx.schemas.case import CaseIn
from kgdx.schemas.files import MAX_FILE_BYTES, decoded, parse_json, parse_yaml, read_bytes, too_large

STDIN = "-"
LINES = frozenset({".jsonl", ".ndjson"})
YAML = frozenset({".yaml", ".yml"})
_ENDINGS = frozenset({".json", *LINES, *YAML, ".pb", ".protobuf", ".pxf"})

Read = tuple[str, CaseIn | FailedCase]
"""Where a case stands, such as `cases.jsonl, line 3`, and the case, or why there is none."""


def case_paths(given: Sequence[Path]) -> list[Path]:
    """The files that paths mean; of a folder those with the ending of a case file, by name.

    Raises:
        CaseError: if a folder holds none.
    """
    files: list[Path] = []
    for path in given:
        if not path.is_dir():
            files.append(path)
            continue
        held = sorted(each for each in path.iterdir() if each.suffix.lower() in _ENDINGS and each.is_file())
        if not held:
            endings = ", ".join(sorted(_ENDINGS))
            raise CaseError(str(path), "is a folder without a case", f"put files with {endings} into it")
        files += held
    return files


def read_cases(paths: Iterable[Path], stdin: IO[bytes] | None = None) -> Iterator[Read]:
    """Every case of some files, in order; one that cannot be read is a `FailedCase` in its place.

    Args:
        paths: as `case_paths` gives them; `-` is `stdin`.
    """
    for path in paths:
        if str(path) == STDIN and stdin is not None:
            yield from _of_stream(stdin)
        elif path.suffix.lower() in LINES:
            yield from _of_lines_file(path)
        else:
            yield from _of_file(path)


def case_values(content: bytes, where: str, suffix: str = "") -> list[tuple[str, Any]]:
    """(place, JSON value) of the cases in the content of one file: of a cohort its members.

    Raises:
        CaseError: if the content is of no format of ours.
    """
    from kgdx.schemas import phenopacket_binary as binary

    if suffix in binary.ENDINGS or (suffix not in {".json", *LINES, *YAML} and binary.is_binary(content)):
        value = binary.binary_value(content, where)
    elif suffix in YAML or (suffix != ".json" and not _looks_like_json(content)):
        value = parse_yaml(content, where)
    else:
        value = parse_json(content, where)
    return _members(value, where)


def _members(value: Any, where: str) -> list[tuple[str, Any]]:
    """The cases of a value: the members of a cohort, else the value itself."""
    if not isinstance(value, dict) or "members" not in value or "findings" in value:
        return [(where, value)]
    members = value["members"]
    if not isinstance(members, list) or not members:
        raise CaseError(f"{where}, field members", "is no list of phenopackets", "give a cohort with members")
    return [(f"{where}, member {number}", member) for number, member in enumerate(members, 1)]


def _looks_like_json(content: bytes) -> bool:
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[", b'"', b"")


def _of_file(path: Path) -> Iterator[Read]:
    where = str(path)
    try:
        values = case_values(read_bytes(path), where, path.suffix.lower())
    except CaseError as error:
        yield where, failed(error)
        return
    for place, value in values:
        yield place, _case(value, place, path.parent)


def _of_stream(stream: IO[bytes]) -> Iterator[Read]:
    """Standard input: one document, or JSON Lines, which are answered as they come."""
    where, first = "standard input", b""
    # A message in protobuf may begin with what is an empty line elsewhere.
    while not first.strip():
        line = stream.readline(MAX_FILE_BYTES + 1)
        first += line
        if not line:
            yield where, failed(CaseError(where, "is empty", "give a case"))
            return
    if len(first) <= MAX_FILE_BYTES and _is_object(first):
        yield from _of_lines(iter([first]), stream, where, Path())
        return
    content = first + stream.read(MAX_FILE_BYTES + 1 - len(first))
    try:
        if len(content) > MAX_FILE_BYTES:
            raise too_large(where)
        values = case_values(content, where)
    except CaseError as error:
        yield where, failed(error)
        return
    for place, value in values:
        yield place, _case(value, place, Path())


def _is_object(line: bytes) -> bool:
    """Whether a line is a whole JSON value by itself."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _of_lines_file(path: Path) -> Iterator[Read]:
    try:
        with path.open("rb") as file:
            yield from _of_lines(iter(()), file, str(path), path.parent)
    except OSError as error:
        fact = f"cannot be read ({error.strerror})"
        yield str(path), failed(CaseError(str(path), fact, "check the path and its permissions"))


def _of_lines(
    first: Iterator[bytes], rest: IO[bytes] | io.BytesIO, where: str, folder: Path
) -> Iterator[Read]:
    """A case a line; an empty line is none. Of a line that is too long the rest is passed over."""
    number = 0
    while line := next(first, b"") or rest.readline(MAX_FILE_BYTES + 1):
        number += 1
        place = f"{where}, line {number}"
        if len(line) > MAX_FILE_BYTES:
            while line and not line.endswith(b"\n"):
                line = rest.readline(MAX_FILE_BYTES)
            yield place, failed(too_large(place))
            continue
        if not line.strip():
            continue
        try:
            values = _members(parse_json(decoded(line, place), place), place)
        except CaseError as error:
            yield place, failed(error)
            continue
        for within, value in values:
            yield within, _case(value, within, folder)


def _case(value: Any, where: str, folder: Path) -> CaseIn | FailedCase:
    try:
        return CaseIn.from_payload(value, where).in_folder(folder)
    except CaseError as error:
        given = value.get("id") if isinstance(value, dict) else None
        return failed(error, given if isinstance(given, str) else "")


def failed(error: CaseError, case_id: str = "") -> FailedCase:
    """A case that cannot be read."""
    return FailedCase(case_id[:300], error.where, error.fact, error.remedy)
