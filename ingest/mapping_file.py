"""A table's mapping as a YAML file, checked strictly: every fault is told with its line and field.

Every value is read as text, as those of the table are: `no`, `1` and `2024-01-31` mean what they look like.
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ingest.files import read_lines
from ingest.mapping import TableMapping
from kgdx.domain.errors import SourceError

_MAX_DEPTH = 8
_MAX_TOLD = 200
_UNKNOWN = "extra_forbidden"
_REMEDY = "see docs/reference/table-mapping.md"


def read_mapping(path: Path) -> TableMapping:
    """Read and check a mapping file.

    Raises:
        SourceError: naming the line and the field of the first fault, and how many more there are.
    """
    text = "\n".join(line for _, line in read_lines(path))
    try:
        tree = _tree(path, text)
        return TableMapping.model_validate(_plain(path, tree))
    except yaml.MarkedYAMLError as error:
        raise _no_yaml(path, error.problem_mark or error.context_mark, str(error.problem)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SourceError(f"{path}, line {line}", f"no YAML ({error.reason})", _REMEDY) from error
    except ValidationError as error:
        raise _fault(path, tree, error) from error


def _no_yaml(path: Path, mark: Any, problem: str) -> SourceError:
    where = f"{path}, line {mark.line + 1}" if mark else str(path)
    return SourceError(where, f"no YAML ({problem[:_MAX_TOLD]})", _REMEDY)


def _tree(path: Path, text: str) -> yaml.Node | None:
    """The nodes of the file, which know their lines."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _MAX_DEPTH:
            fault = "nested too deeply" if depth > _MAX_DEPTH else "aliases are not read"
            raise _no_yaml(path, event.start_mark, fault)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _plain(path: Path, node: yaml.Node | None) -> Any:
    """Dictionaries, lists and texts; a key written twice is refused, as the second would hide the first."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, part) for part in node.value]
    if not isinstance(node, yaml.MappingNode):
        return node.value if node else {}
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _no_yaml(path, key.start_mark, "a key is no text")
        if key.value in found:
            raise _no_yaml(path, key.start_mark, f"{key.value!r} is written twice")
        found[key.value] = _plain(path, value)
    return found


def _fault(path: Path, tree: yaml.Node | None, error: ValidationError) -> SourceError:
    faults = error.errors(include_url=False, include_context=False)
    # A field that nobody knows is told first: it is often a misspelt one that is missed as well.
    first, *others = sorted(faults, key=lambda fault: fault["type"] != _UNKNOWN)
    line, names = 1, []
    for step in first["loc"]:
        if isinstance(step, str):
            names.append(step)
        elif not isinstance(tree, yaml.SequenceNode):
            continue  # one mapping where a list of them may stand
        line, tree = _below(tree, step, line)
    message = "unknown field" if first["type"] == _UNKNOWN else first["msg"].removeprefix("Value error, ")
    more = f" (and {len(others)} more)" if others else ""
    field = ".".join(names) or "the mapping"
    return SourceError(f"{path}, line {line}", f"{field[:_MAX_TOLD]}: {message[:_MAX_TOLD]}{more}", _REMEDY)


def _below(tree: yaml.Node | None, step: str | int, line: int) -> tuple[int, yaml.Node | None]:
    """Line and node of a key or an index; a field that is missing has the line of what lacks it."""
    if isinstance(tree, yaml.SequenceNode) and isinstance(step, int):
        return tree.value[step].start_mark.line + 1, tree.value[step]
    pairs = tree.value if isinstance(tree, yaml.MappingNode) else []
    return next(((key.start_mark.line + 1, value) for key, value in pairs if key.value == step), (line, None))
