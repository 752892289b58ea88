"""From the text of a case to evidence, each piece with the words it was read from."""

import math
from dataclasses import dataclass

from kgdx.domain.case import Polarity, ReportText
from kgdx.domain.evidence import Evidence, TextOrigin
from kgdx.evidence.assertion import Asserter, Assertion, Setting, default_asserter
from kgdx.evidence.mentions import Mention, Vocabulary
from kgdx.evidence.qualifiers import qualifiers
from kgdx.evidence.sections import Sections, find_sections
from kgdx.evidence.words import Sentence, sentences

# Natural log of P(we read so | finding) / P(we read so | no finding), measured on one half of the chest
# radiograph reports of `benchmarks.text`, whose findings people coded by hand; the other half gives the same
# within 0.1. They say how well we read: the report itself is taken at its word.
WEIGHTS = {Polarity.PRESENT: 5.6, Polarity.EXCLUDED: -3.2, Polarity.UNCERTAIN: 2.1}

# "There is no large pneumothorax; a small apical one is present."
_ARTICLES = frozenset({"a", "an", "the", "another"})
_AFTER_ONE = frozenset({
    "is", "was", "has", "remains", "persists", "can", "may", "seen", "present", "noted", "in", "on", "at",
    ".", ",", ";", "and", "but",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class DiseaseMention:
    """A disease named in the text. It is context, such as a comorbidity, and never evidence for itself."""

    curie: str
    name: str
    polarity: Polarity
    setting: Setting
    origin: TextOrigin


@dataclass(frozen=True, slots=True)
class SkippedMention:
    """A finding named in the text that says nothing of the patient now, and why."""

    curie: str
    name: str
    polarity: Polarity
    setting: Setting
    origin: TextOrigin


@dataclass(frozen=True, slots=True)
class TextFindings:
    """Everything read in the texts, in reading order.

    Attributes:
        evidence: one piece a mention; a finding mentioned twice has two.
        diseases: diseases named, present or denied, now or in the past.
        skipped: findings that are historical, of a relative, or only asked about.
    """

    evidence: tuple[Evidence, ...] = ()
    diseases: tuple[DiseaseMention, ...] = ()
    skipped: tuple[SkippedMention, ...] = ()


def text_evidence(
    texts: tuple[ReportText, ...],
    vocabulary: Vocabulary,
    diseases: Vocabulary | None = None,
    asserter: Asserter | None = None,
) -> TextFindings:
    """Read the findings of all sections.

    Args:
        vocabulary: of findings.
        diseases: of diseases; None reads none.
        asserter: the default one if None.
    """
    reader = asserter or default_asserter()
    evidence: list[Evidence] = []
    named: list[DiseaseMention] = []
    skipped: list[SkippedMention] = []
    for text in texts:
        parts = find_sections(text.section, text.text)
        defined, other_defined = _definitions(text.text, vocabulary, diseases)
        last: Mention | None = None
        for sentence in sentences(text.text):
            found = _with_resumed(sentence, vocabulary.find_in(sentence, defined), last)
            last = found[-1] if found else last
            other = diseases.find_in(sentence, other_defined) if diseases else ()
            said = _assess(sentence, (*found, *other), reader, parts)
            described = qualifiers(text.text, sentence, found)
            for mention, how, one in zip(found, described, said, strict=False):
                origin = _origin(text, mention)
                if one.setting is Setting.NOW:
                    weight = damped(_weight(one), mention.probability)
                    evidence.append(Evidence(mention.curie, mention.name, one.polarity, weight, origin, how))
                else:
                    skipped.append(
                        SkippedMention(mention.curie, mention.name, one.polarity, one.setting, origin)
                    )
            for mention, one in zip(other, said[len(found) :], strict=True):
                place = _origin(text, mention)
                named.append(DiseaseMention(mention.curie, mention.name, one.polarity, one.setting, place))
    return TextFindings(tuple(evidence), tuple(named), tuple(skipped))


def _definitions(
    text: str, vocabulary: Vocabulary, diseases: Vocabulary | None
) -> tuple[dict[str, str], dict[str, str]]:
    """Abbreviations that the text defines, for findings and diseases: what is the one is not the other."""
    ours = vocabulary.look_ahead(text)
    theirs = diseases.look_ahead(text) if diseases else {}
    return dict.fromkeys(theirs, "") | ours, dict.fromkeys(ours, "") | theirs


def _with_resumed(
    sentence: Sentence, mentions: tuple[Mention, ...], last: Mention | None
) -> tuple[Mention, ...]:
    """The mentions, and those of "a small one is present": the finding named last, once more."""
    forms = [word.text.lower() for word in sentence]
    resumed = list(mentions)
    for i, form in enumerate(forms):
        if form != "one" or not _ARTICLES.intersection(forms[max(0, i - 4) : i]):
            continue
        if i + 1 < len(forms) and forms[i + 1] not in _AFTER_ONE:
            continue
        before = [mention for mention in mentions if mention.end <= sentence[i].start]
        if meant := before[-1] if before else last:
            resumed.append(Mention(meant.curie, meant.name, sentence[i].start, sentence[i].end))
    return tuple(sorted(resumed, key=lambda mention: mention.start))


def _assess(
    sentence: Sentence, mentions: tuple[Mention, ...], asserter: Asserter, parts: Sections
) -> tuple[Assertion, ...]:
    """What the sentence says of each mention, in the light of the part it stands in."""
    said = asserter.assess(sentence, mentions)
    settings = [parts.setting_at(mention.start) for mention in mentions]
    return tuple(
        assertion if setting is Setting.NOW else Assertion(assertion.polarity, setting)
        for assertion, setting in zip(said, settings, strict=True)
    )


def _weight(said: Assertion) -> float:
    """Of two alternatives each is meant with probability one half."""
    return damped(WEIGHTS[Polarity.PRESENT], 0.5) if said.is_alternative else WEIGHTS[said.polarity]


def damped(weight: float, probability: float) -> float:
    """The weight of words that name the finding only with this probability, and say nothing of it if not."""
    return weight if probability == 1 else math.log(probability * math.exp(weight) + 1 - probability)


def _origin(text: ReportText, mention: Mention) -> TextOrigin:
    return TextOrigin(text.section, mention.start, mention.end, text.text[mention.start : mention.end])
