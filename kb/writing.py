"""Writing a file so that whoever reads it finds the old one or the new one, never half of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path


@contextmanager
def replace_file(path: Path, sync: bool = False) -> Iterator[BufferedRandom]:
    """A new file, to write and to read, that takes the place of `path` when the block ends, but not when it raises.

    With `sync` it is on the disk by then, even if the power fails. It stands beside `path` meanwhile, hidden: under the
    same name between a dot and an ending; of who is killed it stays there. Raises OSError.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with new.open("x+b") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    if sync:
        sync_path(path.parent)


def sync_path(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
