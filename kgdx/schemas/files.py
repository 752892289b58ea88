"""From a file to a JSON value, with an error for everything that a path can turn out to be."""

import json
from pathlib import Path
from typing import Any

from kgdx.domain.errors import CaseError

SHAPE = 'a case is {"findings": ["HP:0002202"], "report": "…", "images": ["chest.png"]}, each part optional'

_MAX_FILE_BYTES = 20 * 2**20


def read_bytes(path: Path) -> bytes:
    """The content of a case file.

    Raises:
        CaseError: if there is no such file, or it is no file, too large or not readable.
    """
    remedy = "give the path of a JSON file"
    try:
        if not path.exists():
            raise CaseError(str(path), "there is no such file", "check the path")
        if not path.is_file():
            raise CaseError(str(path), "is a folder or device, not a file", remedy)
        if path.stat().st_size > _MAX_FILE_BYTES:
            limit = f"is larger than {_MAX_FILE_BYTES >> 20} MB"
            raise CaseError(str(path), limit, "give images by path, and one case a file")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, CaseError):
            raise
        raise CaseError(str(path), "cannot be read", "check the path and its permissions") from error


def parse_json(content: str | bytes | bytearray, where: str) -> Any:
    """A JSON value.

    Raises:
        CaseError: if the content is not UTF-8 or not JSON; `where` names its place.
    """
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
        return json.loads(text)
    except UnicodeDecodeError:
        raise CaseError(where, "is not UTF-8 text", "save it as UTF-8 JSON") from None
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}, column {error.colno}"
        raise CaseError(place, f"is not JSON ({error.msg})", SHAPE) from None
    except (RecursionError, ValueError):
        raise CaseError(where, "is nested too deeply or holds a number too large", SHAPE) from None


def json_name(value: object) -> str:
    """What JSON calls a value of this type."""
    names = {list: "list", str: "string", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null" if value is None else type(value).__name__)
