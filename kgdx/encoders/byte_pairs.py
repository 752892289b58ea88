"""The subwords of `Clip`: byte pairs of CLIP (Radford et al. 2021), without importing open_clip."""

import gzip
import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from torch import Tensor

from kgdx.domain.errors import BundleError

_FILE = "bpe_simple_vocab_16e6.txt.gz"
_NUM_MERGES = 48894
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"
_START, _END = "<start_of_text>", "<end_of_text>"


@dataclass(frozen=True)
class BytePairs:
    """Texts to numbers.

    Attributes:
        context_length: tokens of a text, its start and end included; what is longer is cut.
    """

    context_length: int

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """(T, context_length) int64, padded with 0."""
        tokenizer = _tokenizer()
        start, end = (tokenizer.token_to_id(token) for token in (_START, _END))
        tokens = torch.zeros(len(texts), self.context_length, dtype=torch.long)
        encodings = tokenizer.encode_batch([_clean(text) for text in texts], add_special_tokens=False)
        for row, encoding in zip(tokens, encodings, strict=True):
            ids = [start, *encoding.ids[: self.context_length - 2], end]
            row[: len(ids)] = torch.tensor(ids)
        return tokens


@cache
def _tokenizer() -> Tokenizer:
    merges = [(first, second) for first, second in map(str.split, _merges())]
    letters = _letters()
    words = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges), _START, _END]
    model = models.BPE({word: i for i, word in enumerate(words)}, merges, end_of_word_suffix="</w>")
    tokenizer = Tokenizer(model)
    split = pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True)
    in_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, in_bytes])
    return tokenizer


def _merges() -> list[str]:
    spec = find_spec("open_clip")
    if spec is None or spec.origin is None:
        raise BundleError(
            "open_clip", "is not installed", "install open_clip_torch: the subwords are its own"
        )
    with gzip.open(Path(spec.origin).with_name(_FILE), "rt", encoding="utf-8") as lines:
        return lines.read().split("\n")[1 : _NUM_MERGES + 1]


def _letters() -> list[str]:
    """The character for each byte, in the order of the vocabulary: printable bytes first."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return [*map(chr, printable), *(chr(0x100 + i) for i in range(0x100 - len(printable)))]


def _clean(text: str) -> str:
    if "&" in text or not (text.isascii() and text.isprintable()):
        # Mends broken encodings; it has nothing to do in plain text, and few cases have another.
        import ftfy

        text = html.unescape(html.unescape(ftfy.fix_text(text)))
    return " ".join(text.split()).lower()
