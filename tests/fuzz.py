"""Values mutated at random, from a seed: what a hand, a bug or an attacker might make of a file."""

import json
import random
from copy import deepcopy
from typing import Any

# What takes the place of a value: other types, limits, and texts that a format or a terminal obeys.
STRANGE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**70),
    0.5,
    -0.0,
    1e308,
    -1e308,
    float("inf"),
    float("nan"),
    "",
    " ",
    "x",
    "HP:0001945",
    "MONDO:0005249",
    "HP:00019\x0045",
    "\x1b[31mred\x1b[0m",
    "=1+1",
    "<script>",
    "\ud800",
    "\u202eabc",
    "é" * 50,
    "x" * 5000,
    [],
    {},
    [None],
    [[[]]],
    {"id": "HP:0001945"},
    {"": 1},
    ["HP:0001945"] * 3,
)


def mutated(value: Any, rng: random.Random, num: int = 0) -> Any:
    """A copy of a JSON value with a few changes."""
    copy = json.loads(json.dumps(value))
    for _ in range(num or rng.choice((1, 1, 1, 2, 3, 8))):
        copy = _once(copy, rng)
    return copy


def scrambled(content: bytes, rng: random.Random) -> bytes:
    """Bytes with a few changed, cut, doubled or thrown in."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0 if place < len(data):
                data[place] = rng.randrange(256)
            case 1:
                del data[place : place + rng.randrange(1, 30)]
            case 2:
                data[place:place] = rng.randbytes(rng.randrange(1, 9))
            case 3:
                data[place:place] = data[place : place + 40]
            case _:
                del data[place:]
    return bytes(data)


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, item in inner for place in _places(item, (*here, key)))]


def _once(value: Any, rng: random.Random) -> Any:
    place = rng.choice(_places(value))
    if not place:
        return value if rng.random() < 0.9 else deepcopy(rng.choice(STRANGE))
    *way, key = place
    holder = value
    for step in way:
        holder = holder[step]
    match rng.randrange(6):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[rng.choice((f"{key}s", key.upper(), "excluded", "negated", "id", "\x1b[2J"))] = holder.pop(
                key
            )
        case 2 if isinstance(holder, list):
            holder.append(json.loads(json.dumps(holder[key])))
        case 3 if isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
            holder[key] = rng.choice((-1, 2, 10, 0.5, 1e9)) * holder[key]
        case _:
            holder[key] = deepcopy(rng.choice(STRANGE))
    return value
