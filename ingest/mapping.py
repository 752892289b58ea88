"""The mapping of a table: which columns make nodes and edges. `ingest.mapping_file` reads it from YAML."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from graph_schema import load
from ingest import biolink


def _in_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def _known(what: str, known: Callable[[str], Any]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not known(text):
            raise ValueError(f"{text!r} is not a {what}")
        return text

    return check


def _delimiter(text: str) -> str:
    text = "\t" if text in ("\\t", "tab") else text
    if len(text) != 1 or text in '\r\n"':
        raise ValueError("write one character, or tab")
    return text


Prefix = Annotated[
    str, AfterValidator(_known("prefix of prefixes.yaml", lambda text: load().standardize_prefix(text)))
]
Separator = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cell(_Strict):
    """Where a value comes from: a `column` or a constant `value`; `map` turns what a cell says into it."""

    column: str = ""
    value: str = ""
    map: dict[str, str] = {}

    @model_validator(mode="after")
    def _has_one_origin(self) -> "Cell":
        if bool(self.column) == bool(self.value):
            raise ValueError("give either a column or a value")
        return self

    def constants(self) -> tuple[str, ...]:
        """Every value that the mapping itself writes down."""
        return (self.value,) if self.value else tuple(self.map.values())


class Cells(Cell):
    """A value that may be several, separated by `split`."""

    split: Separator | None = None


class Identifier(Cell):
    """A CURIE: as the cell writes it, or with a `prefix` before it, or minted from a name (`mint`)."""

    prefix: Prefix | None = None
    mint: Prefix | None = None

    @model_validator(mode="after")
    def _has_one_prefix(self) -> "Identifier":
        if self.prefix and self.mint:
            raise ValueError("give either prefix or mint")
        return self


class Identifiers(Identifier):
    """CURIEs, separated by `split`."""

    split: Separator | None = None


def _constants(what: str, known: Callable[[str], Any]) -> Callable[[Cell], Cell]:
    def check(cell: Cell) -> Cell:
        for text in cell.constants():
            _known(what, known)(text)
        return cell

    return check


Kind = Annotated[Cell, AfterValidator(_constants("kind of the schema", lambda text: biolink.kind_of([text])))]
Relation = Annotated[Cell, AfterValidator(_constants("relation of the schema", biolink.relation_of))]


class NodeMapping(_Strict):
    """One node a row."""

    id: Identifier
    kind: Kind | None = None
    name: Cell | None = None
    synonyms: Cells | None = None
    definition: Cell | None = None


class EdgeMapping(_Strict):
    """One edge a row, or one for each pair where head or tail are split."""

    head: Identifiers
    head_kind: Kind | None = None
    head_name: Cell | None = None
    relation: Relation
    tail: Identifiers
    tail_kind: Kind | None = None
    tail_name: Cell | None = None
    negated: Cell | None = None
    frequency: Cell | None = None
    num_patients: Cell | None = None
    onset: Identifier | None = None
    sex: Cell | None = None
    publications: Identifiers | None = None
    original_predicate: Cell | None = None

    @model_validator(mode="after")
    def _has_one_name(self) -> "EdgeMapping":
        if (self.head.split and self.head_name) or (self.tail.split and self.tail_name):
            raise ValueError("an end that is split cannot have a name")
        return self


class TableMapping(_Strict):
    """What a mapping file says; where a field is missing, the source or the name of the table decides."""

    file: Annotated[str, Field(pattern=r"^[^\x00]{0,250}$")] = ""
    delimiter: Annotated[str, AfterValidator(_delimiter)] | None = None
    comment: str = "#"
    columns: tuple[str, ...] = ()
    release: str = ""
    license: str = ""
    infores: Annotated[str, Field(pattern=r"^infores:\S+$")] | None = None
    knowledge_level: (
        Literal[
            "knowledge_assertion",
            "logical_entailment",
            "prediction",
            "statistical_association",
            "observation",
            "not_provided",
        ]
        | None
    ) = None
    node: Annotated[tuple[NodeMapping, ...], BeforeValidator(_in_list)] = ()
    edge: Annotated[tuple[EdgeMapping, ...], BeforeValidator(_in_list)] = ()

    @model_validator(mode="after")
    def _maps_something(self) -> "TableMapping":
        if not (self.node or self.edge):
            raise ValueError("give a node or an edge")
        missing = [column for column in self.columns_read() if column not in self.columns]
        if self.columns and missing:
            raise ValueError(f"column {missing[0]!r} is not among the columns")
        return self

    def columns_read(self) -> tuple[str, ...]:
        """Names of the columns that the table must have, in the order in which they are mentioned."""
        cells = (cell for part in (*self.node, *self.edge) for _, cell in part)
        return tuple(dict.fromkeys(cell.column for cell in cells if isinstance(cell, Cell) and cell.column))
