"""The token in every form: signed, expiring, not bound to anyone. It limits votes and proves that the form was ours."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from fcntl import LOCK_EX, flock
from pathlib import Path

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from web.ids import new_id

MAX_AGE_SECONDS = 24 * 3600
SECRET_FILE = "secret"  # noqa: S105  the name of a file
SECRET_BYTES = 32
"""Of a secret, at least: as many as the hash that it signs with has (RFC 2104, section 3)."""


class BadToken(Exception):
    """The token is not ours, or too old; `expired` tells which."""

    def __init__(self, expired: bool) -> None:
        super().__init__("expired" if expired else "forged")
        self.expired = expired


class Tokens:
    """Makes and reads tokens. `max_age` is in seconds."""

    def __init__(self, secret: bytes, max_age: float = MAX_AGE_SECONDS) -> None:
        self.place = f"token-{secrets.token_hex(16)}"
        """Stands in a page being made where its token will be; a secret of this process, so that no visitor can write it."""
        self._signer = URLSafeTimedSerializer(secret, salt="wence-form")
        self._sign = self._signer.make_signer().sign
        self._max_age = max_age

    def new(self) -> str:
        """A token that was never given out before; nobody else can make one, for it is signed."""
        return self._sign(self._signer.dump_payload(new_id())).decode()

    def read(self, token: str) -> str:
        """What identifies a token. Raises BadToken."""
        try:
            return str(self._signer.loads(token, max_age=self._max_age))  # type: ignore[arg-type]
        except SignatureExpired as error:
            raise BadToken(expired=True) from error
        except BadSignature as error:
            raise BadToken(expired=False) from error


def given_secret(value: str) -> bytes:
    """The secret that the environment gives; b"" for none. Raises ValueError, in Chinese, for one that can be guessed."""
    secret = value.encode("utf-8", "surrogateescape")
    if secret and len(secret) < SECRET_BYTES:
        raise ValueError(
            f"KB_SECRET 太短（{len(secret)} 字节）——至少 {SECRET_BYTES} 字节的随机字符，如 openssl rand -hex 32"
        )
    return secret


def kept_secret(folder: Path) -> bytes:
    """The secret kept in a folder, made by whoever asks first and readable by its owner only (0600).

    Where nothing can be kept it is another one each time: ask once, before there are worker processes. Raises
    ValueError, in Chinese, for a file that is there and cannot be used.
    """
    path, fresh = folder / SECRET_FILE, secrets.token_bytes(SECRET_BYTES)
    with suppress(OSError):  # not there yet
        if kept := _read(path):
            return kept
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            flock(file, LOCK_EX)
            if kept := file.read():
                return kept
            os.fchmod(file.fileno(), 0o600)
            file.write(fresh)
    except OSError:
        pass
    return fresh


def _read(path: Path) -> bytes:
    """What a file has; b"" for an empty one, as a full disk leaves it."""
    try:
        kept = path.read_bytes()
    except PermissionError as error:
        raise ValueError(f"{path} 读不了——把它的所有者改成运行网站的用户，或删掉它（会新建一个）") from error
    if kept and len(kept) < SECRET_BYTES:
        raise ValueError(f"{path} 太短（{len(kept)} 字节）——删掉它，会新建一个")
    return kept
