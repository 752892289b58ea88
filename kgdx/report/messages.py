"""The fixed words of a report in one language, from the catalogue `messages.yaml` beside this file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from markupsafe import Markup, escape

from kgdx.domain.concept import ConceptRef
from kgdx.domain.errors import BadInputError
from kgdx.domain.message import Message
from kgdx.domain.report import FindingContribution
from kgdx.report.wording import percent

LANGUAGES = ("en", "zh")
_NUM_NAMED = 3
# Values that are words of a closed list, which the catalogue has under the name of the value.
_LISTS = ("where", "kind")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]{2}")

Entry = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words of a report in one language.

    Attributes:
        language: primary language tag, `en` or `zh`.
        entries: `group.name` -> the phrase in every language.
    """

    language: str
    entries: Mapping[str, Entry]

    def __call__(self, key: str, /, **values: object) -> Markup:
        """A phrase for a page, its values filled in and escaped.

        With a value `n` the form for that number is taken where the language has two.

        Raises:
            KeyError: if the catalogue has no such phrase: a mistake in a template.
        """
        return Markup(self._form(key, values)).format(**values)  # noqa: S704, our own catalogue

    def plain(self, key: str, /, **values: object) -> str:
        """The same as text, of which nothing is escaped."""
        return self._form(key, values).format(**values)

    def _form(self, key: str, values: Mapping[str, object]) -> str:
        forms = self.entries[key][self.language]
        return forms if isinstance(forms, str) else forms[values.get("n") != 1]

    def term(self, group: str, word: str) -> str:
        """A word of a closed list, such as a polarity or a relation; one that is not listed, as it is."""
        entry = self.entries.get(f"{group}.{word}")
        return str(entry[self.language]) if entry else word.replace("_", " ")

    def message(self, message: Message) -> str:
        """What a message says, as text; of many concepts the first few are named.

        Raises:
            BadInputError: if the catalogue has no such code, or the message lacks a value: a report read
                back may hold anything.
        """
        try:
            values = {name: self._value(name, value) for name, value in message.values.items()}
            return self.plain(message.code, **values)
        except (LookupError, TypeError, ValueError) as error:
            fact = f"holds a message that cannot be said: {message.code}"
            raise BadInputError(
                "report", fact, "give a report as `kgdx diagnose --json` writes it"
            ) from error

    def _value(self, name: str, value: object) -> object:
        match value:
            case Message():
                return self.message(value)
            case ConceptRef():
                return value.name
            case tuple():
                names = [concept.name for concept in value]
                return self.enumerated(names, _NUM_NAMED, "listed_or" if name == "any_of" else "listed")
            case str() if name in _LISTS:
                return self.term(name, value)
            case float() if name == "probability":
                return percent(value)
        return value

    def messages(self, messages: Iterable[Message]) -> str:
        """Several messages as the clauses of one sentence."""
        return self.plain("sentence.semicolon").join(self.message(each) for each in messages)

    def finding(self, item: FindingContribution) -> str:
        """What adds to a logit: a fact about the patient, or a finding, told as absent where it is."""
        if item.patient_fact is not None:
            return self.message(item.patient_fact)
        return self.plain("sentence.absent", name=item.name) if item.is_excluded else item.name

    def enumerated(self, names: Sequence[str], most: int, form: str = "listed") -> str:
        """Names in a sentence as text: `a`, `a and b`, `a, b and c`; of too many `a, b and 4 more`."""
        comma = self.plain("sentence.comma")
        if len(names) > most:
            shown = comma.join(names[: most - 1])
            return self.plain("sentence.listed_more", names=shown, n=len(names) - most + 1)
        if len(names) < 2:
            return "".join(names)
        return self.plain(f"sentence.{form}", names=comma.join(names[:-1]), last=names[-1])

    def listed(self, names: tuple[str, ...]) -> Markup:
        """Names in a sentence: `a`, `a and b`, `a, b and c`; each marked as by `spoken`."""
        is_chinese = self.language == "zh"
        comma, last = (Markup("、"), Markup("和")) if is_chinese else (Markup(", "), Markup(" and "))
        spoken = [self.spoken(name) for name in names]
        return last.join(filter(None, (comma.join(spoken[:-1]), *spoken[-1:])))

    def spoken(self, text: str) -> str | Markup:
        """A text of the case or the graph, marked where it is in the other language than the page."""
        language = language_spoken(text)
        if language == self.language or (language == "en" and not _LATIN.search(text)):
            return text
        return Markup('<span lang="{}">{}</span>').format(language, escape(text))


def text(message: Message, language: str = "en") -> str:
    """What a message of a report says.

    Args:
        message: a warning, a reason to abstain, why a diagnosis is a red flag, or a fact about the patient.
        language: `en` or `zh`; names of the graph stay as the message holds them.

    Raises:
        BadInputError: if nothing is said in that language, or the message is none of kgdx.
    """
    return phrases(language).message(message)


def language_spoken(text: str) -> str:
    """`zh` where there is a Chinese character in the text, else `en`."""
    return "zh" if _HAN.search(text) else "en"


@cache
def phrases(language: str = "en") -> Phrases:
    """The catalogue in one language, given as `en`, `zh` or with a region as in `zh-CN`.

    Raises:
        BadInputError: if the page cannot be written in it.
    """
    primary = language.partition("-")[0].lower()
    if primary not in LANGUAGES:
        raise BadInputError("language", f"no page in {language!r}", f"choose one of {', '.join(LANGUAGES)}")
    text = files("kgdx.report").joinpath("messages.yaml").read_text(encoding="utf-8")
    groups = yaml.safe_load(text)
    entries = {f"{group}.{name}": entry for group, names in groups.items() for name, entry in names.items()}
    return Phrases(primary, entries)
