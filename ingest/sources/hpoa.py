"""HPO annotations (`phenotype.hpoa`): findings, course and inheritance of diseases, and who says so."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import read_comments, read_lines, refuse_broken_rows
from ingest.identifiers import identify, identify_if_declared, reason_against
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node, Provenance

_NUM_COLUMNS = 12
_HEADER = re.compile(r"#?database_?id\t", re.IGNORECASE)
_RELEASE = re.compile(r"(?:date|version):\s*(\S+)")
_COUNTED = re.compile(r"(\d{1,18})/(\d{1,18})")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")

FREQUENCY_TERMS = {
    "HP:0040280": 1.0,  # obligate
    "HP:0040281": 0.9,  # very frequent, 80 to 99 %
    "HP:0040282": 0.55,  # frequent, 30 to 79 %
    "HP:0040283": 0.17,  # occasional, 5 to 29 %
    "HP:0040284": 0.025,  # very rare, 1 to 4 %
    "HP:0040285": 0.0,  # excluded
}
"""Share of patients that a frequency term stands for: the middle of its range."""

RELATIONS = {
    "P": "has_phenotype",
    "I": "has_mode_of_inheritance",
    "C": "has_clinical_attribute",  # onset, pace, age of death
    "M": "has_clinical_attribute",  # modifiers, such as a variable expressivity
}
"""What a row of each aspect states. Others, such as a past history, are skipped."""


def read(path: Path, source: Source) -> Iterator[Item]:
    """One statement a row: a finding, an inheritance, a course or a modifier, as `RELATIONS` names them.

    Raises:
        SourceError: if the file cannot be read, has no rows, or rows with other than 12 columns.
    """
    release = next((m[1] for m in map(_RELEASE.match, read_comments(path)) if m), "")
    num_rows, bad = 0, []
    for number, line in read_lines(path):
        if not line or line.startswith("#") or _HEADER.match(line):
            continue
        num_rows += 1
        cells = line.split("\t")
        if len(cells) == _NUM_COLUMNS:
            yield _item(f"{path.name}, line {number}", cells, source, release)
        else:
            bad.append((number, len(cells)))
    refuse_broken_rows(path, bad, _NUM_COLUMNS)
    if not num_rows:
        raise SourceError(str(path), "no annotation in it", "give phenotype.hpoa of an HPO release")


def _item(where: str, cells: Sequence[str], source: Source, release: str) -> Item:
    disease, name, qualifier, term, references, _, onset, frequency, sex, _, aspect, _ = cells
    if aspect not in RELATIONS:
        return Skipped("of another aspect")
    try:
        head, tail = identify(disease), identify(term)
        onset = identify(onset) if onset else ""
        share, num_patients = parse_frequency(frequency)
    except CurieError as error:
        wrong = next(text for text in (disease, term, onset) if repr(text) in error.fact)
        return Rejected(where, reason_against(wrong), wrong)
    except ValueError:
        return Rejected(where, "unreadable frequency", frequency)
    if qualifier not in ("", "NOT"):
        return Rejected(where, "unknown qualifier", qualifier)
    if sex.lower() not in ("", "male", "female"):
        return Rejected(where, "unknown sex", sex)
    provenance: Provenance = source.provenance(release, _publications(references))
    is_negated = qualifier == "NOT" or share == 0
    edge = Edge(
        head, RELATIONS[aspect], tail, provenance, is_negated, share, num_patients, onset, sex.lower()
    )
    return Row(where, edge, (Node(head, "Disease", name.strip()),))


def parse_frequency(text: str) -> tuple[float | None, int | None]:
    """Share of patients in [0, 1], and on how many it was counted; None where that is not said.

    Args:
        text: `7/12`, `45%`, a frequency term such as `HP:0040282`, or empty.

    Raises:
        ValueError: if it is none of these, or more than all patients.
    """
    text = text.strip()
    if not text:
        return None, None
    if text in FREQUENCY_TERMS:
        return FREQUENCY_TERMS[text], None
    if (counted := _COUNTED.fullmatch(text)) and 0 < int(counted[2]) >= int(counted[1]):
        return int(counted[1]) / int(counted[2]), int(counted[2])
    if (percent := _PERCENT.fullmatch(text)) and float(percent[1]) <= 100:
        return float(percent[1]) / 100, None
    raise ValueError(f"{text!r} is no frequency")


def _publications(references: str) -> tuple[str, ...]:
    stated = {identify_if_declared(text) for text in references.split(";") if text.strip()}
    return tuple(sorted(stated))
