"""The file: its tables, its bounds, and how it is opened. SQLite in WAL mode, shared by all worker processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

VERSION = 1
"""The layout of the file, kept in it as `user_version`; another one is not touched."""
MAX_BYTES = 100_000_000
PAGE_BYTES = 4096
WAIT_SECONDS = {"ro": 1.0, "rwc": 3.0}
"""How long another process may hold the file before a reader or a writer gives up; a writer has a visitor's words in hand."""

metadata = MetaData()

questions = Table(
    "questions",
    metadata,
    Column("day", Date, primary_key=True),
    Column("text", String, primary_key=True),
    Column("answered", Boolean, nullable=False),
    Column("entry", String, nullable=False),
    Column("title", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("sessions", Integer, nullable=False),
    Column("session_at", Float, nullable=False),
    Column("last_at", Float, nullable=False, index=True),
)
"""A question on a day. `asked` counts every time, `sessions` at most once in half an hour for all wordings of one card,
in the row of the one that was first; `session_at` is when that was last, `last_at` when it was asked last (seconds since
1970). Of its latest answer: `entry` and `title` (the card's own question) or empty, and the topic it was understood to be
about, or empty."""

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Date, nullable=False),
    Column("kind", String, nullable=False),
    Column("entry", String, nullable=False),
    Column("about", String, nullable=False),
    Column("helpful", Boolean),
    Column("comment", String, nullable=False),
    Column("session", String),
    UniqueConstraint("session", "kind", "entry", "about"),
    sqlite_autoincrement=True,
)
"""Votes, reports and messages. `about` is the question of the fact reported, or the question that had no answer; `session`
a digest of the form's token, forgotten when that has expired."""


class UsageError(Exception):
    """The file cannot be read or written now; the message is plain Chinese: which file, what is wrong, the remedy."""


@contextmanager
def reading(path: Path) -> Iterator[Connection]:
    """A connection that changes nothing. Raises UsageError, FileNotFoundError when there is no file yet."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise UsageError(f"{path} 读不了：{error.strerror}——检查路径和权限") from error
    with _connected(path, "ro", "BEGIN") as connection:
        yield connection


@contextmanager
def writing(path: Path) -> Iterator[Connection]:
    """A transaction: all of it is kept, or nothing. Makes the file when there is none. Raises UsageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # What visitors write is for the editors only; the files beside it take over its mode.
            path.touch(mode=0o600)
    except OSError as error:
        raise UsageError(f"{error.filename} 建不了：{error.strerror}——检查路径和权限") from error
    with _connected(path, "rwc", "BEGIN IMMEDIATE") as connection:
        yield connection


@contextmanager
def _connected(path: Path, mode: str, begin: str) -> Iterator[Connection]:
    # A connection for each use: a file that was taken away or put back is noticed, and costs some 0.3 ms.
    engine = create_engine("sqlite://", creator=lambda: _open(path, mode), poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    try:
        with engine.begin() as connection:
            _check_layout(connection, path, mode)
            yield connection
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise UsageError(f"{path} {_reason(error)}") from error


def _open(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=WAIT_SECONDS[mode])
    try:
        connection.isolation_level = None  # SQLAlchemy says BEGIN, see `begin`
        connection.execute(f"PRAGMA max_page_count = {MAX_BYTES // PAGE_BYTES}")
        if mode != "ro":
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _check_layout(connection: Connection, path: Path, mode: str) -> None:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar()
    if version == 0 and mode != "ro":
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    elif version == 0:
        raise UsageError(f"{path} 是空的——等网站写下第一条，或把它删掉")
    elif version != VERSION:
        raise UsageError(f"{path} 是另一个版本的程序写的——把它移到别处，网站会新建一个")


def _reason(error: Exception) -> str:
    said = str(getattr(error, "orig", error))
    if "locked" in said:
        return "正被别的程序占用——稍后再试"
    if "readonly" in said or "unable to open" in said:
        return "打不开或不能写——检查路径和权限"
    if "full" in said:
        return "写不下了——先看磁盘是不是满了，腾出空间；不是的话，用 kb done 划掉处理过的"
    if isinstance(error, OperationalError | sqlite3.OperationalError):
        return f"读写失败（{said}）——检查磁盘"
    if isinstance(error, DatabaseError | sqlite3.DatabaseError):
        return "坏了，不是使用记录——把它移到别处，网站会新建一个"
    return f"读写失败（{said}）——检查磁盘"
