"""What pydantic found wrong, in words that quote nothing of the input: it may be text about a patient."""

from typing import Any

from kgdx.domain.printable import printable

_FACTS = {
    "extra_forbidden": "is no known field",
    "missing": "is missing",
    "finite_number": "is not a finite number",
}


def field_path(location: tuple[int | str, ...]) -> str:
    """A path such as `findings[2].status`; a key as long as a text is cut."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part[:40]}" for part in location]
    return printable("".join(parts).lstrip("."))


def fact_of(problem: Any) -> str:
    """What is wrong, from one entry of `ValidationError.errors()`."""
    if problem["type"] in _FACTS:
        return _FACTS[problem["type"]]
    message = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return message[:1].lower() + message[1:]
