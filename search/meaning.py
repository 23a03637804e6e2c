"""Meaning: how near two short texts are in sense, by a general sentence encoder that runs on this machine.

The encoder is BGE small Chinese v1.5 (Xiao et al. 2023, arXiv:2309.07597), a transformer of four layers with weights of
eight bits; it lies in `encoder/`, nothing is fetched. Why this one, what it gives and what was tried beside it:
docs/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from threadpoolctl import threadpool_limits

from search.wordpiece import WordPiece

LONGEST = 120
"""Characters of a text that are read; longer ones dilute."""
REMEMBERED = 100_000
"""Vectors of wordings in memory, 2 KB each; as many wordings are read before the first question, a minute of two
processors. More would keep a large site from starting."""
SIZE = 512
"""Numbers of a vector."""
MODEL = Path(__file__).with_name("encoder")
SLOWER = ("LayerNormFusionL1", "LayerNormFusionL2")
"""What the runtime puts together and is slower than its parts: a tenth of the time (docs/decisions/0007)."""
MAKE = f"bge-small-zh-v1.5-q-first {onnxruntime.__version__} {LONGEST}"
"""What vectors depend on besides their text."""
Vectors = NDArray[np.float32]


class Encoder:
    """Turns texts into unit vectors (512,), and remembers those of wordings."""

    def __init__(self) -> None:
        self._pieces = WordPiece.read(MODEL / "tokenizer.json")
        self._session = InferenceSession(
            MODEL / "model.onnx", _options(), providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER
        )
        self._known: dict[str, Vectors] = {}

    def question(self, text: str) -> Vectors:
        """The vector of a question (512,), not remembered."""
        return self._encoded(text)

    def wordings(self, texts: Sequence[str]) -> Vectors:
        """The vectors of wordings (n, 512), remembered; a question's product with one is their cosine."""
        self.remember(texts)
        rows = [self._known.get(text) for text in texts]  # another thread may have driven one out
        whole = [self.encode([text])[0] if row is None else row for text, row in zip(texts, rows, strict=True)]
        return np.asarray(whole, np.float32).reshape(-1, SIZE)

    def recall(self, vectors: Mapping[str, Vectors]) -> None:
        """Have vectors ready that were made before."""
        self._known.update(islice(vectors.items(), REMEMBERED))

    def known(self, texts: Iterable[str]) -> dict[str, Vectors]:
        """The vectors that are ready, of these texts."""
        return {text: row for text in texts if (row := self._known.get(text)) is not None}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of texts (n, 512), not remembered."""
        return np.array([*map(self._encoded, texts)], np.float32).reshape(-1, SIZE)

    def _encoded(self, text: str) -> Vectors:
        # One at a time: the eight bits are scaled to all that is encoded at once, and a vector must not depend on that.
        ids = np.array([self._pieces.encode(text[:LONGEST])], np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(None, given)
        first: Vectors = np.asarray(states)[0, 0]
        return first / np.linalg.norm(first)

    def make_room(self, texts: Collection[str]) -> None:
        """Forget what is none of these texts, where all together would be too many."""
        wanted = frozenset(texts)
        if len(wanted | self._known.keys()) > REMEMBERED:
            self._known = {text: row for text, row in list(self._known.items()) if text in wanted}

    def remember(self, texts: Iterable[str], threads: int = 1) -> None:
        """Have the vectors of wordings ready; what does not fit drives out what has been known longest.

        `threads` work at it at once: more than one only where no visitor is being answered.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._known][:REMEMBERED]
        if not new:
            return
        if (more := len(self._known) + len(new) - REMEMBERED) > 0:
            for text in list(self._known)[:more]:
                self._known.pop(text, None)  # another thread may have been quicker
        with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
            self._known.update(zip(new, (pool.map if pool else map)(self._encoded, new), strict=True))


def _options() -> SessionOptions:
    """One thread a text; the entry keeps sums of eight bits from overflowing on older processors."""
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    return options


@cache
def encoder() -> Encoder:
    """The encoder of this process, which from now on multiplies vectors with one thread.

    Workers that each take all processors for a product of some 100 µs wait for one another (docs/decisions/0007).
    """
    threadpool_limits(limits=1, user_api="blas")
    return Encoder()
