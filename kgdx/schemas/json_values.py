"""From values of the domain to JSON; paths and messages get an English sentence, which nothing reads back."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from kgdx.domain.message import Message
from kgdx.domain.path import Path
from kgdx.report.messages import text
from kgdx.report.sentences import sentence


def json_text(value: object, indent: int | None = None) -> str:
    """A value as JSON, keys as the attributes of its dataclasses."""
    separators = (",", ": " if indent else ":")
    return json.dumps(json_value(value), indent=indent, separators=separators, ensure_ascii=False)


def json_value(value: Any) -> Any:
    """The same as dictionaries, lists, texts and numbers."""
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [json_value(item) for item in value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    told = {part.name: json_value(getattr(value, part.name)) for part in fields(value)}
    match value:
        case Path():
            told["sentence"] = sentence(value)
        case Message():
            told["sentence"] = text(value)
    return told
