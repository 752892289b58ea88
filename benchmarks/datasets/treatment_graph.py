"""The graph on which predicted treatments are measured: what is asked for is hidden, and that is audited."""

import csv
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import graph_schema
from ingest.files import find_files, read_table
from ingest.identifiers import identify
from ingest.phenotypes import build_snapshot, phenotype_sources
from ingest.sources.drug_disease import COLUMNS, DISEASE, DRUG
from kgdx.domain.errors import CurieError, SourceError
from kgdx.graph.snapshot import Snapshot
from kgdx.training.treatments import SCORED_FOLD, fold_of, hide, joining_rows
from kgdx.treatments.graph import PER_PAIR_SOURCES, TREATING, TreatmentWalks

_OPTIONAL = {
    "genes": "hpo/genes_to_phenotype*",
    "doid": "doid",
    "hetionet": "hetionet",
    "drugmechdb": "drugmechdb/paths.jsonl*",
    "drugs": "matrix/drug_list.csv*",
}
_OWN_LIST = "indications.tsv"


@dataclass(frozen=True, eq=False)
class Hidden:
    """What is measured on.

    Attributes:
        whole: the graph with everything in it.
        walks: the same without what treats the asked diseases.
        asked: (D,) int64 groups of the diseases, ascending; the same in both graphs.
        pairs: for each the treatments that the list names, by group.
        equivalents: (h,) int64 groups that were hidden along: of the same name, or a close match.
        is_own_list: the list is the one that the graph was made with, so only one fold is asked for.
    """

    whole: TreatmentWalks
    walks: TreatmentWalks
    asked: NDArray[np.int64]
    pairs: Sequence[NDArray[np.int64]]
    equivalents: NDArray[np.int64]
    is_own_list: bool

    def audit(self) -> dict[str, object]:
        """What could give a hidden pair away and is still there; all of `leaks` must be 0."""
        hidden = np.concatenate([self.asked, self.equivalents])
        snapshot, walked = self.walks.snapshot, self.walks.edges
        sources = np.asarray(snapshot.edges["source"].to_pylist())[walked.rows]
        is_mechanism = np.isin(sources, PER_PAIR_SOURCES) & ~np.isin(
            snapshot.relations[walked.rows], TREATING
        )
        twins = equivalents(self.walks, self.asked)
        return {
            "leaks": {
                "edges_to_treatments": len(joining_rows(self.walks, self.asked)),
                "edges_of_equivalents": len(joining_rows(self.walks, twins)),
                "salts_of_pairs": _salts(self.walks, self.asked, self.pairs),
                "mechanisms_per_pair": int(is_mechanism.sum()),
            },
            "edges_hidden": self.whole.snapshot.num_edges - snapshot.num_edges,
            "diseases_hidden": len(hidden),
            "equivalents_hidden": len(self.equivalents),
            "fold": SCORED_FOLD if self.is_own_list else None,
        }


def open_hidden(
    data: Path,
    indications: Path,
    contraindications: Path,
    graph: Path | None,
    tell: Callable[[str], None],
) -> tuple[Hidden, list[Path]]:
    """Build the graph, or take one that is built of the same files, and hide what is asked for.

    Returns:
        What is measured on, and the files it was made of.

    Raises:
        SourceError: if a file is missing or no disease of the list is in the graph.
    """
    own = find_files(data / "matrix", _OWN_LIST)
    is_own = any(_digest(path) == _digest(indications) for path in own)
    sources = phenotype_sources(data)
    for name, pattern in _OPTIONAL.items():
        sources += [(name, path) for path in sorted(data.glob(pattern))[-1:]]
    listed = {
        "indications": [*own, *([] if is_own else [indications])],
        "contraindications": [contraindications],
    }
    files = [path for _, path in sources] + [path for paths in listed.values() for path in paths]
    if graph is not None:
        snapshot = Snapshot.open(graph / "graph" if (graph / "graph").is_dir() else graph)
    else:
        with tempfile.TemporaryDirectory() as folder:
            united = _united(listed["indications"], Path(folder) / _OWN_LIST)
            lists = [("indications", united), ("contraindications", contraindications)]
            snapshot = build_snapshot([*sources, *lists], tell)
    return _hidden(TreatmentWalks(snapshot, graph_schema.load()), indications, is_own), files


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """(drug, disease) of every row of a list whose identifiers are sound."""
    pairs = []
    for _, row in read_table(path, COLUMNS):
        try:
            pairs.append((identify(row[DRUG]), identify(row[DISEASE])))
        except CurieError:
            continue
    return pairs


def _hidden(whole: TreatmentWalks, indications: Path, is_own: bool) -> Hidden:
    index, found = whole.snapshot.index, dict[int, set[int]]()
    for drug, disease in read_pairs(indications):
        if drug in index and disease in index:
            ends = (int(whole.group[index[curie]]) for curie in (disease, drug))
            found.setdefault(next(ends), set()).add(next(ends))
    asked = [g for g in sorted(found) if not is_own or fold_of(whole, g) == SCORED_FOLD]
    if not asked:
        remedy = "give a list in the form of matrix/indications.tsv"
        raise SourceError(str(indications), "names no disease of the graph", remedy)
    groups = np.array(asked, dtype=np.int64)
    twins = np.setdiff1d(equivalents(whole, groups), groups)
    walks = TreatmentWalks(hide(whole, np.concatenate([groups, twins])), whole.schema)
    pairs = [np.intersect1d(sorted(found[group]), walks.treatments) for group in asked]
    kept = np.flatnonzero([len(drugs) > 0 for drugs in pairs])
    return Hidden(whole, walks, groups[kept], [pairs[i] for i in kept], twins, is_own)


def equivalents(walks: TreatmentWalks, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Groups, beyond exact matches, that are these diseases again: of the same name, or a close match."""
    snapshot = walks.snapshot
    names = np.array([name.casefold() for name in snapshot.names])
    is_asked = np.isin(walks.group, groups)
    is_disease = np.isin(snapshot.kinds, ("Disease", "PhenotypicFeature"))
    same = walks.group[is_disease & np.isin(names, names[is_asked])]
    rows = snapshot.edges_of("close_match")
    head, tail = walks.group[snapshot.head[rows]], walks.group[snapshot.tail[rows]]
    close = np.concatenate([tail[np.isin(head, groups)], head[np.isin(tail, groups)]])
    return np.setdiff1d(np.concatenate([same, close]), groups)


def _salts(walks: TreatmentWalks, groups: NDArray[np.int64], pairs: Sequence[NDArray[np.int64]]) -> int:
    """Pairs whose disease still has an edge to a treatment with the same first word in its name."""
    snapshot, left = walks.snapshot, dict[int, set[str]]()
    for row in joining_rows(walks, groups):
        for here, there in (
            (snapshot.head[row], snapshot.tail[row]),
            (snapshot.tail[row], snapshot.head[row]),
        ):
            left.setdefault(int(walks.group[here]), set()).add(snapshot.names[there].casefold().split()[0])
    return sum(
        bool(left.get(int(group), set()) & {snapshot.names[walks.members(int(d))[0]].casefold().split()[0]})
        for group, drugs in zip(groups, pairs, strict=True)
        for d in drugs
    )


def _united(paths: Sequence[Path], out: Path) -> Path:
    """The rows of several lists in one file, for a source is loaded as a whole."""
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", extrasaction="ignore")
        writer.writeheader()
        for path in paths:
            writer.writerows(row for _, row in read_table(path, COLUMNS))
    return out


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
