"""What the shipped engine says it would say, and whether what it shows is why."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from kgdx.cli.main import app
from kgdx.domain.case import CodedFinding, Polarity
from kgdx.domain.errors import BadInputError
from kgdx.domain.evidence import CodeOrigin
from kgdx.domain.treatment import TreatmentStatus
from kgdx.domain.what_if import Intervention
from kgdx.engine import Engine
from kgdx.explain.faithfulness import TOLERANCE
from kgdx.schemas import CaseIn, ReportOut

CODES = ("HP:0002202", "HP:0001945", "HP:0012735", "HP:0033771")


@pytest.fixture(scope="module")
def coded(engine: Engine) -> ReportOut:
    return engine.diagnose(CaseIn(findings=list(CODES)))


@pytest.fixture(scope="module")
def supposed(engine: Engine, coded: ReportOut) -> ReportOut:
    return engine.what_if(coded, 12)


def test_every_supposition_is_what_a_new_diagnosis_would_say(engine: Engine, supposed: ReportOut) -> None:
    assert {what.intervention for what in supposed.what_if} == set(Intervention)
    for what in supposed.what_if:
        findings = [
            curie for curie in CODES if curie not in what.findings or what.intervention != "unmentioned"
        ]
        case = CaseIn(findings=list(findings)).to_domain()
        if what.intervention is not Intervention.UNMENTIONED:
            polarity = Polarity(what.intervention.value)
            answers = tuple(CodedFinding(curie, polarity, is_elicited=True) for curie in what.findings)
            case = replace(case, findings=(*case.findings, *answers))
        anew = engine.diagnose(case).differential
        assert anew[0].disease == what.first.disease
        assert anew[0].probability == pytest.approx(what.first.probability, abs=1e-6)
        by_disease = {diagnosis.disease: diagnosis for diagnosis in anew}
        for standing in what.reranked:
            if (diagnosis := by_disease.get(standing.disease)) is not None:
                assert standing.rank == diagnosis.rank
                assert standing.probability == pytest.approx(diagnosis.probability, abs=1e-6)


def test_what_turns_the_first_diagnosis_does(supposed: ReportOut, report: ReportOut, engine: Engine) -> None:
    for told in (supposed, engine.what_if(report, 6)):
        first = told.differential[0].disease
        turning = [what for what in told.what_if if what.is_turning]
        assert all(what.first.disease != first for what in turning)
        assert len({len(what.findings) for what in turning}) <= 1, "only the smallest"
        single = [
            what for what in told.what_if if what.intervention == "unmentioned" and len(what.findings) == 1
        ]
        assert all(what.is_turning == (what.first.disease != first) for what in single)
        if any(len(what.findings) > 1 for what in turning):
            assert not any(what.is_turning for what in single)


def test_a_single_finding_has_nothing_to_be_left_out(engine: Engine) -> None:
    told = engine.what_if(engine.diagnose(CaseIn(findings=[CODES[0]])), 8)
    assert not [what for what in told.what_if if what.intervention == "unmentioned"]


def test_a_report_from_json_is_asked_as_well(engine: Engine, report: ReportOut) -> None:
    again = ReportOut.model_validate_json(report.model_dump_json())
    assert engine.what_if(again, 2).what_if == engine.what_if(report, 2).what_if


def test_nothing_known_is_nothing_supposed_and_nothing_to_verify(engine: Engine) -> None:
    nothing = engine.diagnose(CaseIn(findings=["HP:9999999"]))
    assert engine.what_if(nothing).what_if == ()
    assert engine.verify(nothing).is_sound


def test_the_retained_subgraph_gives_the_reported_logits(engine: Engine, report: ReportOut) -> None:
    verification = engine.verify(report)
    assert verification.is_sound
    assert verification.unknown == ()
    assert [v.disease for v in verification.diagnoses] == [d.disease for d in report.differential]
    for verified in verification.diagnoses:
        assert abs(verified.retained.logit - verified.reported.logit) < TOLERANCE
        assert verified.num_edges <= verified.num_retained
        assert verified.without_paths.logit < verified.without_random.logit < verified.reported.logit
        assert verified.without_paths.rank >= verified.reported.rank


def test_what_was_altered_is_found_out(engine: Engine, report: ReportOut) -> None:
    first, *others = report.differential
    path = first.paths[0]
    for changed in ({"frequency": 0.123}, {"source": "infores:else"}, {"edge_id": "0" * 16}):
        steps = (replace(path.steps[0], **changed), *path.steps[1:])
        bent = replace(first, paths=(replace(path, steps=steps), *first.paths[1:]))
        altered = replace(report, differential=(bent, *others), treatments=())
        assert len(engine.verify(altered, [bent]).unknown) == 1
    raised = replace(report, differential=(replace(first, logit=first.logit + 1), *others))
    assert not engine.verify(raised).is_sound


def test_a_treatment_that_was_altered_is_found_out(engine: Engine, report: ReportOut) -> None:
    vetoed = next(each for each in report.treatments if each.status is TreatmentStatus.CONTRAINDICATED)
    others = tuple(each for each in report.treatments if each is not vetoed)
    for changed in (
        replace(vetoed, status=TreatmentStatus.RECOMMENDED),
        replace(vetoed, status=TreatmentStatus.RECOMMENDED, concerns=()),
        replace(vetoed, concerns=()),
        replace(vetoed, expected_benefit=vetoed.expected_benefit / 2 + 0.01),
        replace(vetoed, indications=()),
    ):
        found = engine.verify(replace(report, treatments=(changed, *others)))
        assert (found.treatments, found.is_sound) == ((vetoed.drug,), False)
    left_out = engine.verify(replace(report, treatments=others))
    assert (left_out.treatments, left_out.is_sound) == ((vetoed.drug,), False)
    assert engine.verify(report).treatments == ()


def test_another_release_is_refused(engine: Engine, report: ReportOut) -> None:
    for ask in (engine.what_if, engine.verify):
        with pytest.raises(BadInputError, match="was made with release other"):
            ask(replace(report, release="other"))


def test_the_evidence_given_is_what_was_coded(coded: ReportOut) -> None:
    assert [e.curie for e in coded.evidence if isinstance(e.origin, CodeOrigin)] == list(CODES)
    assert coded.query_context is not None
    assert coded.query_context.images == ()


def explain(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["explain", *arguments])
    if isinstance(result.exception, BadInputError):
        return 3, str(result.exception)
    return result.exit_code, result.output


def test_the_command_tells_the_reasons(tmp_path, coded: ReportOut) -> None:
    file = tmp_path / "r.json"
    file.write_text(coded.model_dump_json(), encoding="utf-8")
    first, second = coded.differential[:2]
    code, told = explain(str(file))
    assert code == 0
    assert first.name in told
    assert first.paths[0].steps[0].edge_id in told
    assert "on the retained subgraph" in told
    for wanted in ("2", second.disease, second.name.upper()):
        assert f"2. {second.name}" in explain(str(file), wanted)[1]
    code, told = explain(str(file), "--json", "--verify", "--what-if", "4")
    content = json.loads(told[told.index("{") :])
    assert content["diagnosis"]["disease"] == first.disease
    assert content["verification"]["unknown"] == []
    assert len(content["what_if"]) >= 4


def test_the_command_refuses_nonsense_in_one_line(tmp_path, coded: ReportOut, engine: Engine) -> None:
    file = tmp_path / "r.json"
    file.write_text(coded.model_dump_json(), encoding="utf-8")
    code, told = explain(str(file), "influenza of the moon")
    assert code == 3
    assert "has no diagnosis 'influenza of the moon'" in told
    assert coded.differential[0].disease in told
    for content, fact in (("", "JSON"), ("[]", "report"), ('{"release": 1}', "schema_version")):
        file.write_text(content, encoding="utf-8")
        code, told = explain(str(file))
        assert code == 3
        assert str(file) in told
        assert fact in told
    assert explain(str(tmp_path / "none.json"))[0] == 3
    nothing = engine.diagnose(CaseIn(findings=["HP:9999999"]))
    file.write_text(nothing.model_dump_json(), encoding="utf-8")
    assert "nothing to explain" in explain(str(file))[1]


def edited(report: ReportOut, **changes: object) -> ReportOut:
    return replace(report, **changes)  # type: ignore[arg-type]


def test_a_report_edited_by_hand_is_one_clear_error(engine: Engine, coded: ReportOut) -> None:
    first, *others = coded.differential
    question = coded.query_context
    assert question is not None
    broken = [
        edited(coded, evidence=()),
        edited(coded, evidence=(replace(coded.evidence[0], curie="HP:9999999"),)),
        edited(coded, differential=(replace(first, disease="MONDO:9999999"), *others)),
        edited(coded, differential=(replace(first, disease="HP:0002202"), *others)),
        edited(coded, query_context=None),
        edited(coded, query_context=replace(question, images=((1.0, 2.0),))),
        edited(coded, query_context=replace(question, patient=replace(question.patient, sex="zzz"))),
        edited(coded, query_context=replace(question, patient=replace(question.patient, age_years=-1e300))),
        edited(coded, next_steps=(replace(coded.next_steps[0], curie="HP:9999999"),)),
    ]
    for report in broken:
        for ask in (engine.what_if, engine.verify):
            with pytest.raises(BadInputError, match="report, "):
                ask(report)


def test_what_a_report_claims_of_rank_and_probability_is_checked(engine: Engine, coded: ReportOut) -> None:
    first, *others = coded.differential
    for changes in ({"probability": 0.99}, {"rank": 2}, {"logit": first.logit - 1}):
        claimed = edited(coded, differential=(replace(first, **changes), *others))
        assert not engine.verify(claimed).is_sound
    # Two steps of one edge, the first of them forged.
    path = first.paths[0]
    forged = replace(path, steps=(replace(path.steps[0], frequency=0.123), *path.steps))
    claimed = edited(coded, differential=(replace(first, paths=(forged, *first.paths)), *others))
    assert engine.verify(claimed).unknown


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity", str(10**400)])
def test_numbers_that_are_none_are_refused(number: str, coded: ReportOut) -> None:
    text = coded.model_dump_json()
    logit = f'"logit":{json.dumps(coded.differential[0].logit)}'
    assert logit in text
    with pytest.raises(BadInputError, match="report"):
        ReportOut.model_validate_json(text.replace(logit, f'"logit":{number}'))


def test_what_writes_a_report_somewhere_does_nothing_besides(tmp_path, coded: ReportOut) -> None:
    file = tmp_path / "r.json"
    file.write_text(coded.model_dump_json(), encoding="utf-8")
    target = tmp_path / "g.ttl"
    for more in (["--export", str(target)], ["--verify"], ["3"]):
        code, told = explain(str(file), *more, "--store", str(tmp_path / "store"))
        assert code == 3
        assert "give them alone" in told
    assert list(tmp_path.iterdir()) == [file]
    assert explain(str(file), "--export", str(target))[0] == 0
    assert target.read_text(encoding="utf-8").startswith("@prefix")


def test_an_unsound_report_ends_with_3(tmp_path, coded: ReportOut) -> None:
    first, *others = coded.differential
    file = tmp_path / "r.json"
    bent = edited(coded, differential=(replace(first, logit=first.logit + 1), *others))
    file.write_text(bent.model_dump_json(), encoding="utf-8")
    code, told = explain(str(file), "--verify", "--json")
    assert code == 3
    assert json.loads(told[told.index("{") :])["is_sound"] is False
