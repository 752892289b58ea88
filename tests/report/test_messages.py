"""Every word of the page is in the catalogue, in every language, with the same places to be filled."""

import re
from pathlib import Path
from string import Formatter

import pytest

import kgdx.report.page
from graph_schema import load
from graph_schema.clinical import dangers
from kgdx.domain.case import Polarity, ReportText
from kgdx.domain.errors import BadInputError
from kgdx.domain.message import Message
from kgdx.domain.pharmacology import Advice, Mechanism
from kgdx.domain.report import DISCLAIMER, AssessmentModality, Report
from kgdx.domain.treatment import ConcernKind, Line, TreatmentStatus
from kgdx.domain.what_if import Intervention
from kgdx.evidence import lexicon
from kgdx.explain.walk import FAMILIES
from kgdx.report.messages import LANGUAGES, phrases, text
from kgdx.report.page.html import render
from tests.report.page.spoken import SpokenPage

_SLOTS = ("severity", "laterality", "anatomy")
ENTRIES = phrases().entries
FOLDER = Path(kgdx.report.page.__file__).parent
_USED = re.compile(r"""(?:\bt|words|words\.plain)\(\s*f?["']([a-z_]+\.[a-z_]+)["']""")


def _places(form: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(form) if name is not None}


def _used() -> set[str]:
    files = [*FOLDER.glob("*.py"), *FOLDER.glob("templates/*")]
    return {key for file in files for key in _USED.findall(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("key", ENTRIES)
def test_every_phrase_is_there_in_every_language(key: str) -> None:
    entry = ENTRIES[key]
    assert set(entry) == set(LANGUAGES)
    forms = {language: [said] if isinstance(said, str) else said for language, said in entry.items()}
    assert len(forms["en"]) in (1, 2)
    assert len(forms["zh"]) == 1
    # The form for one may leave the number out.
    assert _places(forms["en"][-1]) == _places(forms["zh"][0])
    assert not re.search(r"[A-Za-z]{2,}", re.sub(r"\{[^}]+\}|`[^`]+`|kgdx|logit|Tab", "", forms["zh"][0]))


def test_what_templates_say_is_in_the_catalogue() -> None:
    assert len(_used()) > 100
    assert _used() <= set(ENTRIES)


def test_every_closed_list_is_in_the_catalogue() -> None:
    lists = {
        "polarity": Polarity,
        "status": TreatmentStatus,
        "concern": ConcernKind,
        "mechanism": Mechanism,
        "advice": Advice,
        "line": {*Line, "immediate", "indirect"} - {Line.UNSTATED},
        "how_known": AssessmentModality,
        "what_if": Intervention,
        "qualifier": {word for slot in _SLOTS for word in lexicon.read("qualifiers.yaml")[slot]},
        "kind": load().kinds,
        "family": {*FAMILIES.values(), "other"},
        "relation": set(load().relations) - set(load().own_relations),
    }
    missing = {f"{group}.{word}" for group, words in lists.items() for word in words} - set(ENTRIES)
    assert missing == set()


def test_english_relations_read_as_the_graph_writes_them() -> None:
    for key, entry in ENTRIES.items():
        group, _, name = key.partition(".")
        assert group != "relation" or entry["en"] == name.replace("_", " ")


def test_english_disclaimer_is_that_of_the_report() -> None:
    assert ENTRIES["page.disclaimer"]["en"] == DISCLAIMER


def test_numbers_choose_the_form_and_values_are_escaped() -> None:
    english, chinese = phrases("en"), phrases("zh-CN")
    assert english("paths.further", n=1) == "1 further path"
    assert english("paths.further", n=0) == "0 further paths"
    assert chinese("paths.further", n=3) == "其余 3 条路径"
    assert english("runner_up.better", name="<b>") == "&lt;b&gt; explains better"
    assert english.plain("runner_up.better", name="<b>") == "<b> explains better"
    assert english.listed(("a",)) == "a"
    assert english.listed(("a", "b", "c")) == "a, b and c"


def test_no_page_in_another_language(report: Report) -> None:
    with pytest.raises(BadInputError, match="no page in 'fr': choose one of en, zh"):
        render(report, language="fr")


def test_no_english_on_the_chinese_page_but_names_and_what_is_marked_so(
    rich: Report, texts, images, chinese
) -> None:
    page = SpokenPage(render(rich, texts, images, "zh", chinese))
    steps = [s for d in rich.differential for p in d.paths for s in p.steps]
    steps += [s for t in rich.treatments for p in (*t.paths, *t.chains) for s in p.steps]
    steps += [s for t in rich.treatments for c in t.concerns for s in c.path.steps]
    given = {s.source.removeprefix("infores:") for s in steps}
    given |= {value for s in steps for value in (s.licence, *s.publications)}
    given |= {*chinese, "findings", "HP:7777777", "chest-pa", "LOINC:1988-5", "kgdx", "KGDX", "logit", "Tab"}
    left = page.in_language("zh")
    for word in sorted(filter(None, given), key=len, reverse=True):
        left = left.replace(word, "")
    assert re.findall(r"[A-Za-z]{2,}", left) == []
    english = page.in_language("en")
    assert "67-year-old" in english
    assert not re.search(r"[\u4e00-\u9fff]", english)


def test_a_chinese_report_is_marked_on_the_english_page(report: Report) -> None:
    page = SpokenPage(render(report, (ReportText("findings", "右侧胸腔积液。"),)))
    assert "右侧胸腔积液。" in page.in_language("zh")
    assert not re.search(r"[\u4e00-\u9fff]", page.in_language("en"))


_CODES = re.compile(r"""Message\(\s*f?["']([a-z_]+)\.([a-z_{}]+)""")


def _made() -> set[str]:
    """Codes of the messages that kgdx makes, as its source writes them."""
    home = Path(kgdx.__file__).parent
    written = (path.read_text(encoding="utf-8") for path in home.rglob("*.py"))
    made = {f"{group}.{word}" for text in written for group, word in _CODES.findall(text) if "{" not in word}
    codes = (home / "evidence" / "codes.py").read_text(encoding="utf-8")
    return made | {f"warning.{word}" for word in re.findall(r"""\bwarning\(\s*"([a-z_]+)\"""", codes)}


def test_every_message_that_is_made_is_in_the_catalogue() -> None:
    made = _made()
    assert len(made) > 30
    assert {"warning.bad_code", "warning.replaced", "warning.tiny", "abstained.alike"} <= made
    assert made <= set(ENTRIES)


def test_every_danger_of_the_rules_is_in_the_catalogue() -> None:
    rule = dangers()
    reasons = {*rule.classes.values(), *rule.findings.values()}
    assert len(reasons) > 30
    assert {f"danger.{reason}" for reason in reasons} <= set(ENTRIES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "key",
    [
        key
        for key in ENTRIES
        if key.split(".")[0]
        in {"warning", "abstained", "danger", "patient", "mechanism", "advice", "reservation"}
    ],
)
def test_every_message_is_said_with_its_values(key: str, language: str) -> None:
    entry = ENTRIES[key]["en"]
    places = _places(entry if isinstance(entry, str) else entry[-1])
    numbers = dict.fromkeys(("n", "width", "height", "margin", "least", "likeness", "probability"), 0.5)
    values = {name: numbers.get(name, f"<{name}>") for name in places}
    told = text(Message(key, values), language)
    assert told
    for name in places - set(numbers):
        assert f"<{name}>" in told


def test_a_message_of_nobody_is_refused() -> None:
    for message in (Message("warning.no_such_thing"), Message("warning.image", {"image": "a"})):
        with pytest.raises(BadInputError, match="cannot be said"):
            text(message)
