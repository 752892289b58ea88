"""Paths in the reader's language, by the patterns of `graph_schema/metapaths.yaml` and its translations.

A walk without a pattern is told relation by relation.
"""

import re
from collections.abc import Sequence
from itertools import groupby

from graph_schema import load, metapaths_in
from kgdx.domain.path import Path, PathKind, Stage, Step
from kgdx.domain.report import TreatedDiagnosis
from kgdx.report.messages import Phrases, phrases
from kgdx.report.wording import percent

# Relations whose frequency is the share of a disease's patients.
_COUNTED = ("has_phenotype", "predisposes_to", "has_clinical_attribute", "has_mode_of_inheritance")
# Every step of these is told; elsewhere steps of one relation in a row are one.
_STEP_BY_STEP = (PathKind.MECHANISM,)
_NUM_NAMED = 3
_BESIDE_LATIN = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])")


def sentence(path: Path, language: str = "en") -> str:
    """What a path says, without its contribution.

    Args:
        path: with its names in the reader's language, as far as they are known.
        language: `en` or `zh`.
    """
    words, told, first = phrases(language), [], 0
    for stage in path.stages:
        told.append(_stage(stage, path.steps[first : first + stage.num_steps], words))
        first += stage.num_steps
    return words.plain("sentence.next_stage").join(told)


def indications(treated: Sequence[TreatedDiagnosis], language: str = "en") -> str:
    """What a treatment is for, as in "Treats pneumonia (62%), pleural empyema (21%) and 2 more"."""
    words, parts = phrases(language), []
    for key, is_predicted in (("treats", False), ("predicted", True)):
        items = [item for item in treated if (item.confidence is not None) is is_predicted]
        if not items:
            continue
        named = [_indication(item, words) for item in items[:_NUM_NAMED]]
        more = len(items) - len(named)
        names = words.plain("sentence.comma").join(named)
        names += words.plain("sentence.more", n=more) if more else ""
        parts.append(words.plain(f"sentence.{key}", diseases=names))
    return words.plain("sentence.semicolon").join(parts)


def _indication(item: TreatedDiagnosis, words: Phrases) -> str:
    key = "sentence.likely" if item.confidence is None else "sentence.likely_if"
    place = [item.line.value, "immediate" * item.is_immediate, "indirect" * item.is_indirect]
    known = (words.term("line", word) for word in place if word)
    return words.plain(
        key,
        name=item.name,
        probability=words.plain("sentence.comma").join((percent(item.probability), *known)),
        confidence=percent(item.confidence or 0.0),
    )


def _stage(stage: Stage, steps: Sequence[Step], words: Phrases) -> str:
    told = _walk(stage, steps, words)
    if stage.named_like is not None:
        like = words.plain("sentence.named_like", name=stage.named_like.name, other=stage.start.name)
        told = f"{_capital(like)}{told}"
    if not stage.is_certain:
        told += words.plain("sentence.suspected", name=stage.start.name)
    if stage.quotes:
        quotes = words.plain("sentence.then").join(f"“{quote}”" for quote in stage.quotes)
        told += words.plain("sentence.quoted", quotes=quotes)
    return _BESIDE_LATIN.sub(" ", told) if words.language == "zh" else told


def _walk(stage: Stage, steps: Sequence[Step], words: Phrases) -> str:
    """The walk by its pattern; without one, by that of the walk without exact matches; else literally."""
    is_whole = stage.kind in _STEP_BY_STEP
    runs = [[step] for step in steps] if is_whole else [list(g) for _, g in groupby(steps, key=_direction)]
    walk = tuple(_direction(run[0]) for run in runs)
    stops = [stage.start.name, *(run[-1].end_name for run in runs)]
    bare = without_matches(stops, walk, is_whole=is_whole)
    is_denied = stage.kind is PathKind.FINDING and any(step.negated for step in steps)
    heading = "denials" if is_denied else stage.kind.value
    fact = words.message(stage.patient_fact) if stage.patient_fact else ""
    patterns = load().metapaths if words.language == "en" else metapaths_in(words.language)
    for names, way in ((stops, walk), bare):
        pattern = patterns.get((heading, way))
        if template := (pattern.absent if stage.is_excluded else pattern.present) if pattern else "":
            often = _how_often(steps, words)
            return _capital(template.format(*names, often=often, said=fact))
    known = f"{fact}{words.plain('sentence.semicolon')}" if fact else ""
    literal = _literally(*(bare if is_whole else (stops, walk)), _verbs(stage, steps), words)
    return _capital(f"{known}{literal}{words.plain('sentence.but_excluded') if stage.is_excluded else ''}")


def _direction(step: Step) -> str:
    """The relation as the path walks it; a relation of the user's own, walked backwards, has no name."""
    if step.is_forward:
        return step.relation
    known = load().relations.get(step.relation)
    return known.inverse if known else f"inverse of {step.relation}"


def _verbs(stage: Stage, steps: Sequence[Step]) -> dict[str, str]:
    """Directed relation -> how the user's own relations read."""
    return {_direction(step): verb for step, verb in zip(steps, stage.verbs, strict=False) if verb}


def _literally(stops: Sequence[str], walk: Sequence[str], own: dict[str, str], words: Phrases) -> str:
    """Any walk, relation by relation."""
    relations = load().relations.values()
    verbs = {r.inverse: r.inverse_text for r in relations} | {r.name: r.text for r in relations}
    inverses = {r.inverse: r.name for r in relations if r.inverse != r.name}
    hops = []
    for i, name in enumerate(walk):
        ends = stops[i : i + 2]
        if words.language != "en" and name not in own:
            # Only relations in the direction of the store have a word in other languages.
            ends = ends[::-1] if name in inverses else ends
            verb = words.term("relation", inverses.get(name, name))
        else:
            # A report read back may hold a relation of somebody else's schema: it is named as it stands.
            verb = own.get(name) or verbs.get(name, name.replace("_", " "))
        hops.append(words.plain("sentence.hop", head=ends[0], verb=verb, tail=ends[1]))
    return words.plain("sentence.semicolon").join(hops)


def without_matches(
    stops: Sequence[str], walk: tuple[str, ...], *, is_whole: bool
) -> tuple[list[str], tuple[str, ...]]:
    """A walk without its exact matches; the start keeps its name, any other stop takes the last one."""
    names, kept = [stops[0]], []
    for relation, name in zip(walk, stops[1:], strict=True):
        if relation != "exact_match":
            names.append(name)
            kept.append(relation)
        elif kept:
            names[-1] = name
    if is_whole:
        return names, tuple(kept)
    # One relation in a row is told once, as in the whole walk.
    runs = [i for i in range(len(kept)) if i + 1 == len(kept) or kept[i] != kept[i + 1]]
    return [names[0], *(names[i + 1] for i in runs)], tuple(kept[i] for i in runs)


def _how_often(steps: Sequence[Step], words: Phrases) -> str:
    """The share of a disease's patients that the path speaks of; nothing unless one step states it."""
    stated = [step.frequency for step in steps if step.relation in _COUNTED]
    if len(stated) != 1 or stated[0] is None:
        return ""
    return words.plain("sentence.often", share=f"{stated[0]:.0%}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def path_lines(paths: Sequence[Path]) -> str:
    """Paths of a mechanism as numbered sentences, each with the source of every edge."""
    lines = []
    for number, path in enumerate(paths, 1):
        lines.append(f"{number}. {sentence(path)} ({path.contribution:.0%} of the weight of all paths)")
        lines += [f"   {_stated(step)}" for step in path.steps]
    return "\n".join(lines)


def _stated(step: Step) -> str:
    cited = f", {', '.join(step.publications)}" if step.publications else ""
    return f"{step.head} {step.relation} {step.tail} [{step.source}{cited}]"
