"""The language of a name, given by a tag at its end: `胸腔积液@zh`."""

import re

_TAG = re.compile(r".+@(?P<tag>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)", re.DOTALL)


def language_of(name: str) -> str:
    """The BCP 47 tag at the end of a synonym; empty for a name without one, which is English."""
    found = _TAG.fullmatch(name)
    return found["tag"] if found else ""


def untagged(name: str) -> tuple[str, str]:
    """A synonym without its language tag, and the primary language of the tag, as in `zh` of `zh-Hant`."""
    language = language_of(name)
    return (name.removesuffix(f"@{language}"), language.partition("-")[0].lower()) if language else (name, "")
