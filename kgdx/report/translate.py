"""The sentences of a report's paths in another language.

Only what kgdx has said in the words of a pattern is said again, by the same pattern; a sentence of any other
making stays as it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from graph_schema import Metapath, load, metapaths_in
from kgdx.domain.report import Path, Report, Step, Treatment, TreatmentConcern
from kgdx.explain.paths import how_often, stated_frequency, without_matches
from kgdx.report.localised_names import Names

_SUSPECTED = re.compile(r"; .+ is suspected here and not certain$")
_BESIDE_LATIN = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])")


def retold(report: Report, language: str, names: Names) -> Report:
    """The report with its sentences in `language`, as far as patterns reach; its names stay.

    Args:
        names: what things are called in that language; what is not there keeps its name.
    """

    def path(told: Path) -> Path:
        return _retold(told, _start(told.steps[0]), language, names) if told.steps else told

    def concern(told: TreatmentConcern) -> TreatmentConcern:
        return replace(told, path=_retold(told.path, (told.curie, told.name), language, names))

    def treatment(told: Treatment) -> Treatment:
        paths = tuple(map(path, told.paths))
        chains = tuple(_retold_chain(chain, language, names) for chain in told.chains)
        return replace(told, paths=paths, chains=chains, concerns=tuple(map(concern, told.concerns)))

    diagnoses = (replace(told, paths=tuple(map(path, told.paths))) for told in report.differential)
    return replace(report, differential=tuple(diagnoses), treatments=tuple(map(treatment, report.treatments)))


def _retold(path: Path, start: tuple[str, str], language: str, names: Names) -> Path:
    suspected = _SUSPECTED.search(path.sentence)
    said = path.sentence[: suspected.start()] if suspected else path.sentence
    told = next((other for own, other in _versions(path.steps, start, language, names) if own == said), "")
    if not told:
        return path
    if suspected:
        told = f"{told}；{names.get(*start)}仅为疑似，尚未确定"
    return replace(path, sentence=_BESIDE_LATIN.sub(" ", told))


def _retold_chain(chain: Path, language: str, names: Names) -> Path:
    """A path of two stages, each with a sentence of its own."""
    for i in range(1, len(chain.steps)):
        stages = chain.steps[:i], chain.steps[i:]
        first, second = (_versions(stage, _start(stage[0]), language, names) for stage in stages)
        told = dict(first), dict(second)
        for own, other in told[0].items():
            rest = told[1].get(chain.sentence.removeprefix(f"{own}. "))
            if rest and chain.sentence.startswith(f"{own}. "):
                return replace(chain, sentence=_BESIDE_LATIN.sub(" ", f"{other}；{rest}"))
    return chain


def _versions(
    steps: Sequence[Step], start: tuple[str, str], language: str, names: Names
) -> Iterator[tuple[str, str]]:
    """What each pattern of this walk would say, in English and in the other language."""
    schema, patterns = load(), metapaths_in(language)
    stops, walk = _runs(steps, start)
    own, local = [name for _, name in stops], [names.get(*stop) for stop in stops]
    share = stated_frequency(steps)
    often, local_often = how_often(steps), "" if share is None else f"（{share:.0%} 的患者）"
    for (own_names, way), (local_names, _) in zip(
        ((own, walk), without_matches(own, walk, is_whole=False)),
        ((local, walk), without_matches(local, walk, is_whole=False)),
        strict=True,
    ):
        for key in [key for key in patterns if key[1] == way and key in schema.metapaths]:
            for template, other in _forms(schema.metapaths[key], patterns[key]):
                sentence = template.format(*own_names, often=often)
                yield sentence[0].upper() + sentence[1:], other.format(*local_names, often=local_often)


def _forms(english: Metapath, other: Metapath) -> Iterator[tuple[str, str]]:
    both = ((english.present, other.present), (english.absent, other.absent))
    return ((template, translated) for template, translated in both if template and translated)


def _start(step: Step) -> tuple[str, str]:
    return (step.head, step.head_name) if step.is_forward else (step.tail, step.tail_name)


def _runs(steps: Sequence[Step], start: tuple[str, str]) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """CURIE and name of where a walk starts and of where each run of one relation ends; and the runs."""
    inverses = {name: relation.inverse for name, relation in load().relations.items()}
    directed = ((s.relation if s.is_forward else inverses.get(s.relation, ""), s) for s in steps)
    runs = [(name, list(run)[-1][1]) for name, run in groupby(directed, key=lambda each: each[0])]
    ends = [(s.tail if s.is_forward else s.head, s.end_name) for _, s in runs]
    return [start, *ends], tuple(name for name, _ in runs)
