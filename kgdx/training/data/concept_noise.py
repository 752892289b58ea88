"""Small harm to a name, such as writers do: the encoder learns to see through it."""

import numpy as np

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MIN_MISSPELT = 4


def noisy(text: str, rng: np.random.Generator) -> str:
    """A name with a typo, in another order or without one of its words; more often than not, as it is."""
    chance = rng.random()
    if chance < 0.2:
        return misspelt(text, rng)
    words = text.split()
    if chance < 0.3:
        return " ".join(words[i] for i in rng.permutation(len(words)))
    if chance < 0.4 and len(words) > 2:
        del words[int(rng.integers(len(words)))]
        return " ".join(words)
    return text


def misspelt(text: str, rng: np.random.Generator) -> str:
    """A text with one letter lost, doubled, replaced or swapped with the next, inside one longer word."""
    words = text.split()
    long = [i for i, word in enumerate(words) if len(word) >= _MIN_MISSPELT]
    if not long:
        return text
    i = long[int(rng.integers(len(long)))]
    word, at = words[i], int(rng.integers(1, len(words[i]) - 1))
    harm = int(rng.integers(4))
    if harm == 0:
        words[i] = word[:at] + word[at + 1 :]
    elif harm == 1:
        words[i] = word[:at] + word[at] + word[at:]
    elif harm == 2:
        words[i] = word[:at] + _LETTERS[int(rng.integers(26))] + word[at + 1 :]
    else:
        words[i] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)
