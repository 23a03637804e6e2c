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
REMEMBERED = 400_000
"""Vectors of wordings in memory, half a KB each; as many wordings are read before the first question, a minute of two
processors for every 100,000. More would keep a large site from starting."""
AT_ONCE = 50
"""What part of them is driven out together when there is no room: finding the oldest takes milliseconds."""
SIZE = 512
"""Numbers of a vector."""
LARGEST = 127
"""What the largest number of a vector becomes where each has eight bits."""
MODEL = Path(__file__).with_name("encoder")
SLOWER = ("LayerNormFusionL1", "LayerNormFusionL2")
"""What the runtime puts together and is slower than its parts: a tenth of the time (docs/decisions/0007)."""
MAKE = f"bge-small-zh-v1.5-q-first {onnxruntime.__version__} {LONGEST} int8"
"""What the vectors of wordings depend on besides their text."""
Vectors = NDArray[np.float32]


def packed(vector: Vectors) -> bytes:
    """The direction of a vector (512,), eight bits a number: a cosine with it is off by some .0005 (docs/decisions/0007)."""
    numbers: NDArray[np.int8] = np.rint(vector * (LARGEST / np.abs(vector).max())).astype(np.int8)
    return numbers.tobytes()


def unpacked(rows: Sequence[bytes]) -> Vectors:
    """The unit vectors (n, 512) of what was `packed`."""
    directions = np.frombuffer(b"".join(rows), np.int8).reshape(-1, SIZE).astype(np.float32)
    directions /= np.sqrt(np.einsum("ij,ij->i", directions, directions))[:, None]
    return directions


class Encoder:
    """Turns texts into unit vectors (512,), and remembers those of wordings."""

    def __init__(self) -> None:
        self._pieces = WordPiece.read(MODEL / "tokenizer.json")
        self._session = InferenceSession(
            MODEL / "model.onnx", _options(), providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER
        )
        self._known: dict[str, bytes] = {}

    def question(self, text: str) -> Vectors:
        """The vector of a question (512,), not remembered."""
        return self._encoded(text)

    def wordings(self, texts: Sequence[str]) -> Vectors:
        """The vectors of wordings (n, 512), remembered; a question's product with one is their cosine."""
        self.remember(texts)
        known = self._known.get  # another thread may have driven one out
        return unpacked([known(text) or self._packed(text) for text in texts])

    def recall(self, vectors: Mapping[str, bytes]) -> None:
        """Have vectors ready that were made before, `packed`."""
        self._known.update(islice(vectors.items(), REMEMBERED))

    def known(self, texts: Iterable[str]) -> dict[str, bytes]:
        """The vectors that are ready, `packed`, of these texts."""
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

    def _packed(self, text: str) -> bytes:
        return packed(self._encoded(text))

    def make_room(self, texts: Collection[str]) -> None:
        """Forget what is none of these texts, where all together would be too many."""
        wanted = frozenset(texts)
        if len(wanted | self._known.keys()) > REMEMBERED:
            self._known = {text: row for text, row in list(self._known.items()) if text in wanted}

    def remember(self, texts: Iterable[str], threads: int = 1) -> int:
        """Have the vectors of wordings ready; what does not fit drives out what has been known longest.

        `threads` work at it at once: more than one only where no visitor is being answered. Returns how many were made.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._known][:REMEMBERED]
        if not new:
            return 0
        if (more := len(self._known) + len(new) - REMEMBERED) > 0:
            for text in list(self._known)[: max(more, REMEMBERED // AT_ONCE)]:
                self._known.pop(text, None)  # another thread may have been quicker
        with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
            self._known.update(zip(new, (pool.map if pool else map)(self._packed, new), strict=True))
        return len(new)


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
