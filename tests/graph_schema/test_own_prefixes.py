"""Prefixes of the user's own: declared in a file, or told what is wrong with it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import graph_schema
from graph_schema import PrefixFileError
from kgdx.domain.curie import standardize

Declare = Callable[[str], Path]


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Declare]:
    def declare(text: str) -> Path:
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("KGDX_PREFIXES", str(path))
        graph_schema.load.cache_clear()
        return path

    yield declare
    graph_schema.load.cache_clear()


def test_an_own_prefix_is_one_like_the_others(declare: Declare) -> None:
    declare('ACME: {iri: "https://example.org/acme/", kind: Disease, aliases: [AcmeCode]}')
    schema = graph_schema.load()
    assert schema.prefix_kinds["ACME"] == "Disease"
    for text in ("ACME:1", "AcmeCode:1", "https://example.org/acme/1"):
        assert standardize(text, schema) == "ACME:1"
    assert standardize("HP:0001250", schema) == "HP:0001250"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no prefixes"),
        ("- ACME", "no prefixes"),
        ("ACME: [", "line 1: "),
        ("ACME: {}", "prefix 'ACME': without an iri"),
        ("ACME: {iri: 3}", "prefix 'ACME': without an iri"),
        ("1: {iri: x}", "prefix 1: not a prefix"),
        ("A B: {iri: x}", "prefix 'A B': not a prefix"),
        ("ACME: {iri: x, kind: Planet}", "'Planet' is no kind"),
        ("ACME: {iri: x, color: red}", "unknown field color"),
        ("ACME: {iri: x, aliases: hp}", "aliases is no list"),
        ("HP: {iri: x}", "HP is declared already"),
        ("ACME: {iri: x, aliases: [hp]}", "hp is declared already"),
        ("ACME: {iri: x}\nAcme: {iri: y}", "Acme is declared already"),
        ("ACME: {iri: x}\nEMCA: {iri: x}", "prefix 'EMCA': its iri is that of ACME"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(declare: Declare, text: str, fault: str) -> None:
    path = declare(text)
    with pytest.raises(PrefixFileError) as caught:
        graph_schema.load()
    assert str(caught.value).startswith(str(path))
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, declare: Declare) -> None:
    declare("").unlink()
    with pytest.raises(PrefixFileError, match="No such file"):
        graph_schema.load()
