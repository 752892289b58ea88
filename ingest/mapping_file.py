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

_REMEDY = "see docs/reference/table-mapping.md"


def read_mapping(path: Path) -> TableMapping:
    """Read and check a mapping file.

    Raises:
        SourceError: naming the line and the field of the first fault, and how many more there are.
    """
    text = "\n".join(line for _, line in read_lines(path))
    try:
        tree = _tree(text)
        return TableMapping.model_validate(_plain(tree))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise SourceError(where, f"no YAML ({error.problem})", _REMEDY) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SourceError(f"{path}, line {line}", f"no YAML ({error.reason})", _REMEDY) from error
    except RecursionError as error:
        raise SourceError(str(path), "nested too deeply", _REMEDY) from error
    except ValidationError as error:
        raise _fault(path, tree, error) from error


def _tree(text: str) -> yaml.Node | None:
    """The nodes of the file, which know their lines."""
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not read", problem_mark=event.start_mark)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _plain(node: yaml.Node | None) -> Any:
    """Dictionaries, lists and texts; a key written twice is refused, as the second would hide the first."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(part) for part in node.value]
    if not isinstance(node, yaml.MappingNode):
        return node.value if node else {}
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key is no text", problem_mark=key.start_mark)
        if key.value in found:
            raise yaml.MarkedYAMLError(problem=f"{key.value!r} is written twice", problem_mark=key.start_mark)
        found[key.value] = _plain(value)
    return found


def _fault(path: Path, tree: yaml.Node | None, error: ValidationError) -> SourceError:
    first, *others = error.errors(include_url=False, include_context=False)
    line, names = 1, []
    for step in first["loc"]:
        if isinstance(step, str):
            names.append(step)
        elif not isinstance(tree, yaml.SequenceNode):
            continue  # one mapping where a list of them may stand
        line, tree = _below(tree, step, line)
    message = first["msg"].removeprefix("Value error, ")
    more = f" (and {len(others)} more)" if others else ""
    field = ".".join(names) or "the mapping"
    return SourceError(f"{path}, line {line}", f"{field}: {message}{more}", _REMEDY)


def _below(tree: yaml.Node | None, step: str | int, line: int) -> tuple[int, yaml.Node | None]:
    """Line and node of a key or an index; a field that is missing has the line of what lacks it."""
    if isinstance(tree, yaml.SequenceNode) and isinstance(step, int):
        return tree.value[step].start_mark.line + 1, tree.value[step]
    pairs = tree.value if isinstance(tree, yaml.MappingNode) else []
    return next(((key.start_mark.line + 1, value) for key, value in pairs if key.value == step), (line, None))
