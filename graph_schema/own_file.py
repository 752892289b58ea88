"""A file in which a user declares what the schema does not hold: found by the environment, read as YAML."""

import os
from pathlib import Path
from typing import Any

import yaml


class SchemaFileError(ValueError):
    """A file of the user's own declarations cannot be used; says where, what and the remedy."""


def read_own(variable: str, what: str, form: str, error: type[SchemaFileError]) -> tuple[str, dict[Any, Any]]:
    """Name of the file and what it declares; nothing where the environment names no file.

    Args:
        variable: environment variable that names the file.
        what: that the file declares, in the plural.
        form: how a line of it looks, for the remedy.

    Raises:
        SchemaFileError: the `error` given, if the file cannot be read or declares nothing.
    """
    name = os.environ.get(variable, "")
    if not name:
        return "", {}
    try:
        declared = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as caught:
        mark = getattr(caught, "problem_mark", None)
        where = f"{name}, line {mark.line + 1}" if mark else name
        fact = getattr(caught, "problem", None) or getattr(caught, "strerror", None) or "not UTF-8"
        raise error(f"{where}: {fact}: {form}, or unset {variable}") from caught
    if not isinstance(declared, dict) or not declared:
        raise error(f"{name}: no {what}: {form}")
    return name, declared
