"""Subwords of medical names: a unigram model trained on them, behind the spelling that all texts share."""

import json
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

_UNKNOWN = "[UNK]"
# As `kgdx.evidence.spelling`: British as American, no marks; plurals are left to the subwords.
_SPELLING = (
    ("[ao]e", "e"),
    (r"our(?=(ed|ing|ation|less|s)?\b)", "or"),
    (r"ys(?=(e|ed|ing)\b)", "yz"),
    (r"(?<=\w)is(?=(ed|ing|ation)\b)", "iz"),
    (r"(?<=[tb])re\b", "er"),
    (r"\bsulph", "sulf"),
    (r"[^\p{L}\p{N}%+]+", " "),
)


def train_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """A tokenizer with about this many subwords; the same texts in the same order give the same."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFKD(),
        normalizers.StripAccents(),
        normalizers.Lowercase(),
        *(normalizers.Replace(Regex(pattern), to) for pattern, to in _SPELLING),
        normalizers.Strip(),
    ])  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=[_UNKNOWN], unk_token=_UNKNOWN, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _rounded(tokenizer)


def _rounded(tokenizer: Tokenizer) -> Tokenizer:
    """The same with fewer digits: the last ones depend on the order in which threads add up."""
    state = json.loads(tokenizer.to_str())
    state["model"]["vocab"] = [[piece, round(score, 6)] for piece, score in state["model"]["vocab"]]
    return Tokenizer.from_str(json.dumps(state))
