"""The schema as one frozen value, read from the YAML files beside this one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from graph_schema.own_prefixes import own_prefixes, spellings
from graph_schema.own_relations import check_relations, own_relations

if TYPE_CHECKING:
    from curies import Converter


@dataclass(frozen=True, slots=True)
class Relation:
    """A kind of edge.

    Attributes:
        name: as stores and reports write it, `has_phenotype`.
        predicate: Biolink predicate, `biolink:has_phenotype`.
        inverse: name of the same edge read from tail to head.
        domain, range: kinds allowed at head and tail.
        is_same_kind: head and tail must be of one kind.
        is_diagnostic: may carry evidence from a finding to a disease.
        also: narrower Biolink predicates that are read as this relation.
        text, inverse_text: meaning in words; the reasoner embeds them.
    """

    name: str
    predicate: str
    inverse: str
    domain: tuple[str, ...]
    range: tuple[str, ...]
    is_same_kind: bool
    text: str
    inverse_text: str
    is_diagnostic: bool
    also: tuple[str, ...]

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every (head kind, tail kind) the relation allows."""
        return tuple((h, t) for h in self.domain for t in self.range if h == t or not self.is_same_kind)


@dataclass(frozen=True, slots=True)
class Metapath:
    """A justification pattern.

    Attributes:
        walk: directed relations, repeated steps of one relation written once.
        present, absent: sentence for a finding that is there, and for one that is not; `absent` may be empty.
    """

    walk: tuple[str, ...]
    present: str
    absent: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A state of a patient that a graph may forbid treatments in.

    Attributes:
        label: what a concern for its sake is called: `pregnancy`, `breastfeeding`, `age` or `sex`.
        curies: its identifiers, the best known first.
        sex: it holds for whoever has this sex; empty where sex does not tell.
        from_years, below_years: it holds at these ages; both None where age does not tell.
    """

    label: str
    curies: tuple[str, ...]
    sex: str = ""
    from_years: float | None = None
    below_years: float | None = None

    def holds_for(self, sex: str, age_years: float | None) -> bool:
        """Whether sex or age alone say that a patient is in this state."""
        if self.sex:
            return self.sex == sex
        if age_years is None or (self.from_years is None and self.below_years is None):
            return False
        is_old_enough = self.from_years is None or age_years >= self.from_years
        return is_old_enough and (self.below_years is None or age_years < self.below_years)


@dataclass(frozen=True)
class Schema:
    """Kinds, relations and prefixes of the graph, and the patterns that put its paths into words.

    Attributes:
        categories: kind -> Biolink category. Where sources disagree on a kind, the first one here wins.
        narrower: Biolink category -> kind, for the categories that are read as a kind with a broader one.
        prefers: kind -> prefixes, best first: of identifiers that mean the same, the best stands for all.
        relations: relation name -> Relation.
        iris: prefix -> IRI it expands to.
        prefix_kinds: prefix -> kind of its identifiers, where all are of one kind.
        spellings: prefix -> all its spellings, in lower case.
        metapaths: (what is justified, walk) -> pattern; the former is a heading of `metapaths.yaml`.
        states: states of a patient that treatments may be forbidden in, by name.
        own_relations: name -> declaration, of the relations among `relations` that do not ship.
    """

    categories: Mapping[str, str]
    narrower: Mapping[str, str]
    prefers: Mapping[str, tuple[str, ...]]
    relations: Mapping[str, Relation]
    iris: Mapping[str, str]
    prefix_kinds: Mapping[str, str]
    spellings: Mapping[str, frozenset[str]]
    metapaths: Mapping[tuple[str, tuple[str, ...]], Metapath]
    states: Mapping[str, State]
    own_relations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def with_own_relations(self, declared: Mapping[str, Mapping[str, Any]], where: str) -> "Schema":
        """This schema with relations that somebody else declared; they win over relations of one's own.

        Args:
            declared: as `own_relations`.
            where: they come from, for the error.

        Raises:
            RelationFileError: if one cannot be.
        """
        check_relations(where, declared, _read("schema.yaml")["relations"], self.kinds)
        others = {name: _relation(name, entry) for name, entry in declared.items()}
        own = {**self.own_relations, **declared}
        return replace(self, relations={**self.relations, **others}, own_relations=own)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of all kinds of node."""
        return tuple(self.categories)

    @cached_property
    def converter(self) -> "Converter":
        """Between CURIEs and IRIs; takes a prefix as it is declared, or any spelling in lower case."""
        # Imported when first needed: it takes 0.2 s, which most commands can do without.
        from curies import Converter, Record

        return Converter(
            Record(prefix=prefix, uri_prefix=iri, prefix_synonyms=sorted(self.spellings[prefix] - {prefix}))
            for prefix, iri in self.iris.items()
        )

    def standardize_prefix(self, prefix: str) -> str | None:
        """The declared spelling of a prefix, or None if it is not declared."""
        return self.converter.standardize_prefix(prefix.lower())

    def kind_of_category(self, category: str) -> str | None:
        """The kind a Biolink category stands for, or None."""
        exact = next((kind for kind, known in self.categories.items() if known == category), None)
        return exact or self.narrower.get(category)

    def relation_of_predicate(self, predicate: str) -> Relation | None:
        """The relation a Biolink predicate is read as, or None."""
        return next((r for r in self.relations.values() if predicate in (r.predicate, *r.also)), None)


@cache
def load() -> Schema:
    """Read the schema that ships with the package, and the user's own prefixes and relations.

    Raises:
        PrefixFileError: if `KGDX_PREFIXES` names a file that cannot be used.
        RelationFileError: if `KGDX_RELATIONS` does.
    """
    schema = _read("schema.yaml")
    prefixes = _read("prefixes.yaml")
    prefixes |= own_prefixes(prefixes, schema["kinds"])
    own = own_relations(schema["relations"], schema["kinds"])
    relations = schema["relations"] | own
    return Schema(
        categories={kind: entry["category"] for kind, entry in schema["kinds"].items()},
        narrower={also: kind for kind, entry in schema["kinds"].items() for also in entry.get("also", ())},
        prefers={kind: tuple(entry.get("prefers", ())) for kind, entry in schema["kinds"].items()},
        relations={name: _relation(name, entry) for name, entry in relations.items()},
        iris={prefix: entry["iri"] for prefix, entry in prefixes.items()},
        prefix_kinds={prefix: entry["kind"] for prefix, entry in prefixes.items() if entry.get("kind")},
        spellings={prefix: spellings(prefix, entry) for prefix, entry in prefixes.items()},
        metapaths=_metapaths("metapaths.yaml"),
        states={name: _state(entry) for name, entry in _read("states.yaml").items()},
        own_relations=own,
    )


@cache
def metapaths_in(language: str) -> Mapping[tuple[str, tuple[str, ...]], Metapath]:
    """The patterns in another language, such as `zh`; keys as in `Schema.metapaths`, some lacking."""
    return _metapaths(f"metapaths.{language}.yaml")


def _metapaths(name: str) -> dict[tuple[str, tuple[str, ...]], Metapath]:
    return {
        (justified, walk): Metapath(walk, entry["present"], entry.get("absent", ""))
        for justified, entries in _read(name).items()
        for entry in entries
        for walk in (tuple(entry["walk"]),)
    }


def _relation(name: str, entry: Mapping[str, Any]) -> Relation:
    return Relation(
        name=name,
        predicate=entry["predicate"],
        inverse=entry["inverse"],
        domain=tuple(entry["domain"]),
        range=tuple(entry["range"]),
        is_same_kind=entry.get("same_kind", False),
        text=entry["text"],
        inverse_text=entry["inverse_text"],
        is_diagnostic=entry.get("diagnostic", False),
        also=tuple(entry.get("also", ())),
    )


def _state(entry: Mapping[str, Any]) -> State:
    return State(
        label=entry["as"],
        curies=tuple(entry["curies"]),
        sex=entry.get("sex", ""),
        from_years=entry.get("from_years"),
        below_years=entry.get("below_years"),
    )


def _read(name: str) -> Any:
    return yaml.safe_load(files("graph_schema").joinpath(name).read_text(encoding="utf-8"))
