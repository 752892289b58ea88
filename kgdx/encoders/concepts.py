"""The concept encoder: names, synonyms and descriptions of medical concepts to vectors.

Ours is a static model in the layout of sentence-transformers, which opens the folder as well as we do:

    config.json            sizes, calibration of linking, SHA-256 of the other two
    modules.json           what sentence-transformers reads
    tokenizer.json         normaliser and subwords (tokenizers)
    model.safetensors      one vector a subword, half precision; the text's is their mean, made unit length

Such a folder is read without importing sentence-transformers, which alone takes seconds. Any other
sentence-transformers folder is opened with it: never a hub, never a download, never a pickle.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save
from tokenizers import Tokenizer

from kgdx.encoders.checkpoint import CONFIG, CheckpointFiles, digest_of, write_checkpoint
from kgdx.encoders.link_calibration import LinkCalibration

MODULES, TOKENIZER, WEIGHTS = "modules.json", "tokenizer.json", "model.safetensors"
_EMBEDDING = "embedding.weight"
_STATIC = "sentence_transformers.sentence_transformer.modules.StaticEmbedding"
_FILES = CheckpointFiles(
    "a concept encoder",
    "reinstall kgdx, train anew with `kgdx train text`, or name another sentence-transformers folder",
)
_CACHE = 65_536
# Texts whose subwords' vectors are gathered at once: they fit into the processor's cache.
_BLOCK = 512

Encode = Callable[[list[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class ConceptEncoder:
    """Texts to vectors that lie close where the texts mean the same.

    Attributes:
        dim: length of every vector.
        revision: first 12 hex digits of the SHA-256 of tokenizer and weights.
        calibration: of linking with these vectors; None where it was not fitted.
    """

    dim: int
    revision: str
    calibration: LinkCalibration | None
    _encode: Encode = field(repr=False)
    _known: dict[str, NDArray[np.float32]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Read a model from disk: ours, or any folder that sentence-transformers wrote.

        Raises:
            BundleError: if a file is missing, damaged, or not the one that config.json names.
        """
        home = Path(folder)
        config = _FILES.read_json(home / CONFIG) if (home / CONFIG).is_file() else {}
        return cls._static(home, config) if "kgdx" in config else cls._foreign(home)

    @classmethod
    def _static(cls, home: Path, config: dict[str, Any]) -> Self:
        with _FILES.parsing(home):
            hashes, fitted = config["kgdx"]["sha256"], config["kgdx"]["link"]
            contents = {name: _FILES.read_named(home / name, hashes[name]) for name in (TOKENIZER, WEIGHTS)}
            table = load(contents[WEIGHTS])[_EMBEDDING]
            tokenizer = Tokenizer.from_str(contents[TOKENIZER].decode())
            calibration = None if fitted is None else LinkCalibration(**fitted)
        if tokenizer.get_vocab_size() != len(table):
            raise _FILES.error(home, "tokenizer and weights do not fit together")
        revision = digest_of(b"".join(contents.values()))[:12]
        return cls(table.shape[1], revision, calibration, lambda texts: mean_vectors(tokenizer, table, texts))

    @classmethod
    def _foreign(cls, home: Path) -> Self:
        if not (home / MODULES).is_file():
            raise _FILES.error(home, "is no sentence-transformers model (it has no modules.json)")
        weights = sorted(home.rglob("*.safetensors"))
        if not weights:
            raise _FILES.error(home, "has no weights as safetensors, and others are not read")
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(
                str(home),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise _FILES.error(home, f"sentence-transformers cannot open it ({error})") from error
        revision = digest_of(b"".join(path.read_bytes() for path in weights))[:12]

        def encode(texts: list[str]) -> NDArray[np.float32]:
            vectors = model.encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)
            return np.asarray(vectors, dtype=np.float32)

        return cls(encode([""]).shape[1], revision, None, encode)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, dim) float32 unit rows; a text without a letter or digit has the zero row."""
        with self._lock:
            vectors = {text: self._known[text] for text in texts if text in self._known}
        fresh = [text for text in dict.fromkeys(texts) if text not in vectors]
        if fresh:
            vectors.update(zip(fresh, self._encode(fresh), strict=True))
        with self._lock:
            if len(self._known) + len(fresh) > _CACHE:
                self._known.clear()
            if len(fresh) <= _CACHE:
                self._known.update((text, vectors[text]) for text in fresh)
        return np.stack([vectors[text] for text in texts]) if texts else np.zeros((0, self.dim), np.float32)


def mean_vectors(
    tokenizer: Tokenizer, table: NDArray[np.float16] | NDArray[np.float32], texts: Sequence[str]
) -> NDArray[np.float32]:
    """(N, dim) float32 rows: the mean of each text's subwords, made unit length; zero where there is none.

    Args:
        table: (vocabulary, dim) float16 or float32; sums are taken in float32.
    """
    encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    tokens = [encoding.ids for encoding in encodings]
    rows = np.zeros((len(tokens), table.shape[1]), np.float32)
    for start in range(0, len(tokens), _BLOCK):
        part = tokens[start : start + _BLOCK]
        filled = [i for i, ids in enumerate(part, start) if ids]
        if filled:
            lengths = [len(tokens[i]) for i in filled]
            flat = np.fromiter(chain.from_iterable(part), np.int64, sum(lengths))
            rows[filled] = np.add.reduceat(
                table[flat].astype(np.float32, copy=False), np.cumsum([0, *lengths[:-1]]), axis=0
            )
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, norms, out=rows, where=norms > 0)


def save_concepts(
    folder: Path, tokenizer: Tokenizer, table: NDArray[np.float32], link: LinkCalibration | None
) -> None:
    """Write a model so that `ConceptEncoder.open` and sentence-transformers read it back."""
    contents = {TOKENIZER: tokenizer.to_str().encode(), WEIGHTS: save({_EMBEDDING: table.astype(np.float16)})}
    hashes = {name: digest_of(content) for name, content in contents.items()}
    fitted = None if link is None else link.to_json()
    config = {"kgdx": {"dim": table.shape[1], "sha256": hashes, "link": fitted}}
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": _STATIC},
        {
            "idx": 1,
            "name": "1",
            "path": "1_Normalize",
            "type": "sentence_transformers.sentence_transformer.modules.Normalize",
        },
    ]
    contents[MODULES] = (json.dumps(modules, indent=1) + "\n").encode()
    write_checkpoint(folder, config, contents)
