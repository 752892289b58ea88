"""A page in Chinese says of a path what the English one says, and nothing else."""

from dataclasses import replace
from string import Formatter

import pytest

from graph_schema import load, metapaths_in
from kgdx.domain.graph import Node
from kgdx.domain.report import FindingContribution, Path, Report, Step
from kgdx.explain.paths import how_often
from kgdx.graph.arrow_schema import edge_table, node_table
from kgdx.graph.snapshot import Snapshot
from kgdx.report.localised_names import names_in, renamed
from kgdx.report.translate import retold

OTHER = metapaths_in("zh")
FORMS = [
    (key, form) for key, pattern in OTHER.items() for form in ("present", "absent") if getattr(pattern, form)
]


def _name(i: int) -> str:
    return f"Thing {'ABCDEFG'[i]}"


def _local(i: int) -> str:
    return f"事物{'甲乙丙丁戊己庚'[i]}"


def _steps(walk: tuple[str, ...]) -> tuple[Step, ...]:
    """A walk over made-up nodes, each edge the way the store would hold it."""
    relations = load().relations
    inverses = {relation.inverse: name for name, relation in relations.items()}
    steps = []
    for i, directed in enumerate(walk):
        ends = (f"X:{i}", _name(i)), (f"X:{i + 1}", _name(i + 1))
        is_forward = directed in relations
        (head, head_name), (tail, tail_name) = ends if is_forward else ends[::-1]
        relation = directed if is_forward else inverses[directed]
        often = 0.6 if relation == "has_phenotype" else None
        steps.append(
            Step(f"e{i}", head, head_name, relation, tail, tail_name, is_forward, "s", frequency=often)
        )
    return tuple(steps)


def _english(template: str, steps: tuple[Step, ...]) -> str:
    said = template.format(*map(_name, range(7)), often=how_often(steps))
    return said[0].upper() + said[1:]


def _told(report: Report, path: Path, names: dict[str, str]) -> str:
    first = replace(report.differential[0], paths=(path,))
    return retold(replace(report, differential=(first,)), "zh", names).differential[0].paths[0].sentence


def test_all_patterns_but_those_of_the_patient_are_told_in_chinese() -> None:
    english = load().metapaths
    # Mechanisms are no part of a report.
    told = {key for key in english if key[0] not in ("demographics", "mechanisms")}
    assert set(OTHER) == told
    for key, pattern in OTHER.items():
        for form in ("present", "absent"):
            places = [
                {name for _, name, _, _ in Formatter().parse(getattr(each, form)) if name}
                for each in (english[key], pattern)
            ]
            assert places[0] == places[1], (key, form)


@pytest.mark.parametrize(("key", "form"), [(key, form) for key, form in FORMS if key[1]])
def test_a_pattern_is_told_by_its_own_counterpart(
    report: Report, key: tuple[str, tuple[str, ...]], form: str
) -> None:
    steps = _steps(key[1])
    path = Path(steps, 1.0, _english(getattr(load().metapaths[key], form), steps))
    expected = getattr(OTHER[key], form).format(
        *map(_local, range(7)), often="（60% 的患者）" if how_often(steps) else ""
    )
    told = _told(report, path, {f"X:{i}": _local(i) for i in range(7)})
    # Two headings may say the same thing of the same walk in English.
    same = [
        getattr(OTHER[other], other_form).format(
            *map(_local, range(7)), often="（60% 的患者）" if how_often(steps) else ""
        )
        for other, other_form in FORMS
        if other[1] == key[1]
        and _english(getattr(load().metapaths[other], other_form), steps) == path.sentence
    ]
    assert told.replace(" ", "") in {text.replace(" ", "") for text in same}
    assert expected in same


def test_exact_matches_in_between_are_passed_over_as_in_english(report: Report) -> None:
    steps = _steps(("exact_match", "phenotype_of"))
    told = _told(report, Path(steps, 1.0, "Thing A is seen in Thing C (in 60% of patients)"), {"X:2": "肺炎"})
    assert told == "Thing A 可见于肺炎（60% 的患者）"


def test_what_no_pattern_says_stays_as_it_is(report: Report) -> None:
    said = "Age 58 years; Thing B is known with Thing A"
    assert _told(report, Path(_steps(("clinical_attribute_of",)), 1.0, said), {}) == said
    assert (
        _told(report, Path((), 1.0, "The finding is the diagnosis."), {}) == "The finding is the diagnosis."
    )


def test_a_chain_is_told_stage_by_stage(report: Report) -> None:
    steps = _steps(("subclass_of", "phenotype_of", "treated_by"))
    said = (
        "Thing A is a kind of Thing B, which is seen in Thing C (in 60% of patients). Thing D treats Thing C"
    )
    treatment = replace(report.treatments[0], chains=(Path(steps, 0.3, said), Path(steps, 0.3, f"{said}!")))
    names = {f"X:{i}": _local(i) for i in range(4)}
    told, kept = retold(replace(report, treatments=(treatment,)), "zh", names).treatments[0].chains
    assert told.sentence == "事物甲属于事物乙，后者可见于事物丙（60% 的患者）；事物丁用于治疗事物丙"
    assert kept.sentence == f"{said}!"


def test_a_suspected_allergy_is_told_as_suspected(report: Report) -> None:
    treatment = report.treatments[0]
    concern = replace(
        report.treatments[2].concerns[0],
        curie="CHEBI:17334",
        name="Penicillin",
        path=Path(
            (), 0.0, "The patient is allergic to Penicillin; Penicillin is suspected here and not certain"
        ),
    )
    with_concern = replace(report, treatments=(replace(treatment, concerns=(concern,)),))
    (told,) = retold(with_concern, "zh", {"CHEBI:17334": "青霉素"}).treatments[0].concerns
    assert told.path.sentence == "患者对青霉素过敏；青霉素仅为疑似，尚未确定"


def test_names_replace_names_and_nothing_else(report: Report, chinese: dict[str, str]) -> None:
    observed = {item.curie for item in report.evidence}
    told = renamed(report, chinese, observed)
    assert told != report
    back = renamed(told, {item.curie: item.name for item in report.evidence}, observed)
    assert [item.name for item in back.evidence] == [item.name for item in report.evidence]
    assert [d.paths[0].sentence for d in told.differential if d.paths] == [
        d.paths[0].sentence for d in report.differential if d.paths
    ]
    assert renamed(report, {}, observed) == report


def test_what_is_known_of_the_patient_is_not_called_by_the_name_of_the_node(report: Report) -> None:
    first = replace(report.differential[0], supports=(FindingContribution("HP:1", "age 58 years", 0.4),))
    told = renamed(replace(report, differential=(first,)), {"HP:1": "成人期发病"}, set())
    assert told.differential[0].supports[0].name == "age 58 years"


def test_an_absent_finding_is_called_absent(report: Report) -> None:
    absent = FindingContribution("HP:0001640", "Cardiomegaly (absent)", -1.0)
    first = replace(report.differential[0], contradicts=(absent,))
    told = renamed(replace(report, differential=(first,)), {"HP:0001640": "心脏增大"}, {"HP:0001640"})
    assert told.differential[0].contradicts[0].name == "心脏增大（无）"


def test_names_come_from_tagged_synonyms_of_what_the_report_names(report: Report) -> None:
    nodes = [
        Node("HP:0001945", "PhenotypicFeature", "Fever", ("Pyrexia", "发热@zh", "发烧@zh", "Fieber@de")),
        Node("HP:0012735", "PhenotypicFeature", "Cough", ("Tussis",)),
        Node("HP:9999999", "PhenotypicFeature", "Elsewhere", ("别处@zh",)),
    ]
    snapshot = Snapshot.from_tables(node_table(nodes), edge_table([]))
    assert names_in(snapshot, report, "zh") == {"HP:0001945": "发热"}
    assert names_in(snapshot, report, "de") == {"HP:0001945": "Fieber"}
