"""From a file to a JSON value, with an error for everything that a path or a text can turn out to be."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from kgdx.domain.errors import CaseError

SHAPE = 'a case is {"findings": ["HP:0002202"], "report": "…", "images": ["chest.png"]}, each part optional'

MAX_FILE_BYTES = 20 * 2**20
# YAML is read at a tenth of the speed of JSON.
_MAX_YAML = 2**20
_MAX_YAML_DEPTH = 50
_MAX_YAML_SIZE = 200_000
_QUOTABLE = re.compile(r"[\w:.-]{1,40}")
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


def read_bytes(path: Path) -> bytes:
    """The content of a case file.

    Raises:
        CaseError: if there is no such file, or it is no file, too large or not readable.
    """
    remedy = "give the path of a case file"
    try:
        if not path.exists():
            raise CaseError(str(path), "there is no such file", "check the path")
        if not path.is_file():
            raise CaseError(str(path), "is a folder or device, not a file", remedy)
        if path.stat().st_size > MAX_FILE_BYTES:
            raise too_large(str(path))
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, CaseError):
            raise
        raise CaseError(str(path), "cannot be read", "check the path and its permissions") from error


def too_large(where: str) -> CaseError:
    """The error for a file, a line or a stream beyond `MAX_FILE_BYTES`."""
    limit = f"is larger than {MAX_FILE_BYTES >> 20} MB"
    return CaseError(where, limit, "give images by path, and one case a file or a line")


def parse_json(content: str | bytes | bytearray, where: str) -> Any:
    """A JSON value.

    Raises:
        CaseError: if the content is not UTF-8 or not JSON, or an object has a key twice; `where` names its
            place.
    """
    text = decoded(content, where)
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}, column {error.colno}"
        raise CaseError(place, f"is not JSON ({error.msg})", SHAPE) from None
    except _RepeatedKeyError as error:
        raise CaseError(where, str(error), "keep one of the two") from None
    except (RecursionError, ValueError):
        raise CaseError(where, "is nested too deeply or holds a number too large", SHAPE) from None


def parse_yaml(content: str | bytes, where: str) -> Any:
    """A YAML document as the JSON value it stands for; dates stay texts.

    Raises:
        CaseError: if the content is not UTF-8, not YAML, too large or too deep with its aliases, or
            has a key twice.
    """
    text = decoded(content, where)
    if len(text) > _MAX_YAML:
        raise CaseError(where, f"is YAML of more than {_MAX_YAML >> 20} MB", "give it as JSON")
    try:
        _check_events(text, where)
        return yaml.load(text, Loader=_Loader)  # noqa: S506, a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
        raise CaseError(place, "is not YAML", SHAPE) from None
    except _RepeatedKeyError as error:
        raise CaseError(where, str(error), "keep one of the two") from None
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        if isinstance(error, CaseError):
            raise
        raise CaseError(where, "is not YAML that a case can be read from", SHAPE) from None


def decoded(content: str | bytes | bytearray, where: str) -> str:
    """The text of a file.

    Raises:
        CaseError: if it is not UTF-8.
    """
    try:
        return content if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CaseError(where, "is not UTF-8 text", "save it as UTF-8 JSON") from None


def json_name(value: object) -> str:
    """What JSON calls a value of this type."""
    names = {list: "list", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null" if value is None else type(value).__name__)


class _RepeatedKeyError(ValueError):
    def __init__(self, key: object) -> None:
        # A key may be anything, also words about a patient.
        named = f" {key}" if isinstance(key, str) and _QUOTABLE.fullmatch(key) else ""
        super().__init__(f"holds the key{named} twice in one object")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(key)
        found[key] = value
    return found


class _Loader(yaml.CSafeLoader):
    """Texts, numbers, booleans, lists and objects; a timestamp stays the text it is."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys are texts, each there once."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(keys) != len(node.value):
            raise ValueError("a key is no text")
        if len(set(keys)) != len(keys):
            raise _RepeatedKeyError(next(key for i, key in enumerate(keys) if key in keys[:i]))
        return {str(key): value for key, value in super().construct_mapping(node, deep=deep).items()}


# Every key of the table is copied: PyYAML's own must stay as they are.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != _TIMESTAMP]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _check_events(text: str, where: str) -> None:
    """Refuse what is deep, or large once its aliases stand for what they name."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    size = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        size += sizes.get(str(event.anchor), _MAX_YAML) if isinstance(event, yaml.AliasEvent) else 1
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, size))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            sizes |= {anchor: size - before} if anchor else {}
        elif isinstance(event, yaml.ScalarEvent) and event.anchor:
            sizes[event.anchor] = 1
        if len(open_nodes) > _MAX_YAML_DEPTH or size > _MAX_YAML_SIZE:
            raise CaseError(where, "is nested too deeply, or too large with its aliases", SHAPE)
