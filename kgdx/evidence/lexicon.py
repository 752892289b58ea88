"""Our own words for findings, and words that only look like one: `lexicon.yaml` as a value."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_CHOICE = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True)
class Lexicon:
    """What reports say beyond the names and synonyms of the ontologies.

    Attributes:
        names: CURIE -> further phrases that state the finding.
        normals: CURIE -> phrases that state that the finding is absent.
        decoys: phrases that hold a finding's name and mean something else.
        junk: synonyms in the ontologies that are everyday words; never looked for.
        contexts: phrase -> (words, CURIE): beside one of the words the phrase means this, as "mass" means a
            pulmonary mass beside "lobe"; the first that fits is meant.
    """

    names: Mapping[str, tuple[str, ...]]
    normals: Mapping[str, tuple[str, ...]]
    decoys: tuple[str, ...]
    junk: frozenset[str]
    contexts: Mapping[str, tuple[tuple[frozenset[str], str], ...]] = field(default_factory=dict)


@cache
def load() -> Lexicon:
    """Read the lexicon that ships with the package."""
    data = read("lexicon.yaml")
    choices = data["choices"]
    terms = data["findings"].items()
    return Lexicon(
        names={curie: _phrases(term.get("names", ()), choices) for curie, term in terms},
        normals={curie: _phrases(term.get("normals", ()), choices) for curie, term in terms},
        decoys=_phrases(data["decoys"], choices),
        junk=frozenset(data["junk"]),
        contexts={
            phrase: tuple((frozenset(each["beside"]), each["means"]) for each in meanings)
            for phrase, meanings in data["contexts"].items()
        },
    )


@cache
def short_forms() -> tuple[tuple[str, str], ...]:
    """(words, shorter words) that may stand for them inside a name."""
    forms = read("lexicon.yaml")["word_order"]["short_forms"]
    return tuple((words, shorter) for words, shorts in forms.items() for shorter in shorts)


def expand(template: str, choices: Mapping[str, str]) -> Iterator[str]:
    """Every phrase of a template: `(a|b) c` is `a c` and `b c`, `{name}` stands for a named choice.

    An empty alternative, as in `(is|)`, makes the word optional. Choices may hold choices.
    """
    yield from dict.fromkeys(_expand(template.format_map(choices)))


def _expand(template: str) -> Iterator[str]:
    innermost = _CHOICE.search(template)
    if innermost is None:
        yield " ".join(template.split())
        return
    for chosen in innermost[1].split("|"):
        yield from _expand(template[: innermost.start()] + chosen + template[innermost.end() :])


@cache
def read(name: str) -> Any:
    """Parse a YAML file that lies beside this module; the value is shared, and not to be changed."""
    # The loader in C takes a tenth of the time; not every PyYAML has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return loader(files("kgdx.evidence").joinpath(name).read_text(encoding="utf-8")).get_single_data()


def _phrases(templates: list[str] | tuple[str, ...], choices: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(phrase for template in templates for phrase in expand(template, choices))
