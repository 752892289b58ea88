"""What the engine itself says, kept in a store: it comes back, it is of the graph, and it tells no one."""

from pathlib import Path

from kgdx.engine import Engine
from kgdx.report.exports.record import explanation_of
from kgdx.report.exports.saved import remember
from kgdx.schemas import CaseIn, ReportOut
from kgdx.stores.embedded import EmbeddedStore
from tests.contracts.explanation_contract import strings


def test_every_stored_statement_is_an_edge_of_the_graph_and_no_word_is_of_the_case(
    report: ReportOut, engine: Engine, case: CaseIn, tmp_path: Path
) -> None:
    with EmbeddedStore.open(tmp_path / "graph") as store:
        (kept,) = remember(store, [report]).cases
        assert store.read_explanation(kept) == explanation_of(report)
        nodes = [row["n"] for row in store.query("MATCH (n) RETURN n", {})]
    rows = {edge_id: i for i, edge_id in enumerate(engine.snapshot.edges["edge_id"].to_pylist())}
    statements = [node for node in nodes if "edge_id" in node]
    assert len(statements) > 50
    for node in statements:
        edge = engine.snapshot.edge(rows[node["edge_id"]])
        assert (node["head"], node["relation"], node["tail"]) == (edge.head, edge.relation, edge.tail)
        assert (node["source"], node["licence"]) == (edge.provenance.source, edge.provenance.license)
    sentences = [part.strip() for text in case.to_domain().texts for part in text.text.split(".")]
    told = [*filter(None, sentences), "effusion.png", "58 years"]
    assert [word for word in told if any(word in text for text in strings(nodes))] == []


def test_it_is_written_in_every_format(report: ReportOut, tmp_path: Path) -> None:
    for ending in ("graphml", "cyjs", "ttl"):
        written = report.export(tmp_path / f"explanation.{ending}").read_text(encoding="utf-8")
        first = report.differential[0].paths[0].steps[0]
        assert first.edge_id in written
        assert "effusion.png" not in written
