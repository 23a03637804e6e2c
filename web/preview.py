"""The preview image of an entry, for those who share its address: site name, topic, title, status.

Drawn once and kept by a hash of all that is on it; no text of a request is part of a file name. Where no Chinese font
is installed, or the font lacks a character of the title, the image is the sign of the site without words.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from kb.writing import replace_file

WIDTH, HEIGHT = 1200, 630
MAX_KEPT = 1000
"""Images kept on disk, some 20 kB each; the ones unused longest go first."""
_DRAWING = 2
"""Raise it when the drawing changes: it is part of the hash."""
_GROUND, _INK, _SOFT, _WARN = "#1d4f91", "#ffffff", "#cfe0f5", "#ffd27a"
_MARGIN, _LINES = 80, 3
_TITLE, _SMALL = 68, 36
_SHORT = 24
"""Characters of a topic's or the site's name that are drawn."""
_NO_LINE_STARTS_WITH = "，。、；：？！）》”’…,.;:?!)"
# File name and, in a collection, the index of the simplified Chinese face. Pillow looks in the system's font folders.
_FONTS = (
    ("NotoSansCJK-Bold.ttc", 2),
    ("NotoSansCJK-Regular.ttc", 2),
    ("NotoSansSC-Bold.otf", 0),
    ("SourceHanSansSC-Bold.otf", 0),
    ("SourceHanSansCN-Bold.otf", 0),
    ("wqy-zenhei.ttc", 0),
    ("wqy-microhei.ttc", 0),
    ("DroidSansFallbackFull.ttf", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
    ("msyhbd.ttc", 0),
    ("msyh.ttc", 0),
)


@dataclass(frozen=True)
class Words:
    """What is written on an image. `warning` is empty for a rule in force."""

    site: str
    topic: str
    title: str
    warning: str = ""

    def key(self, font: str) -> str:
        """SHA-256 over all that decides how the image looks."""
        parts = (str(_DRAWING), font, self.site, self.topic, self.title, self.warning)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _kept(path: Path) -> bytes | None:
    with suppress(OSError):
        image = path.read_bytes()
        os.utime(path)
        return image
    return None


class Previews:
    """Draws images and keeps them in a folder that holds at most MAX_KEPT of them."""

    def __init__(self, folder: Path, fonts: Sequence[tuple[str, int]] = _FONTS) -> None:
        self._folder = folder
        self._font = _first_installed(tuple(fonts))
        self._lock = threading.Lock()

    def key(self, words: Words) -> str:
        """What the image of these words is known by, also to browsers."""
        return words.key(self._font[0] if self._font else "")

    def png(self, words: Words) -> bytes:
        """The image. One is drawn at a time, so that many requests at once cost no more memory than one."""
        path = self._folder / f"{self.key(words)}.png"
        kept = _kept(path)
        if kept is not None:
            return kept
        with self._lock:
            # Whoever waited finds what the one before has drawn.
            kept = _kept(path)
            if kept is not None:
                return kept
            image = draw(words, self._font)
            # A folder that cannot be written to costs time, not the image.
            with suppress(OSError):
                self._keep(path, image)
        return image

    def _keep(self, path: Path, image: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with replace_file(path) as file:
            file.write(image)
        kept = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for old in kept[:-MAX_KEPT]:
            old.unlink(missing_ok=True)


def draw(words: Words, font: tuple[str, int] | None) -> bytes:
    """A PNG of WIDTH by HEIGHT pixels; without words where `font` is None or lacks one of their characters."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _GROUND)
    pen = ImageDraw.Draw(image)
    if font and _has_all(_open(font, _SMALL), f"{words.site}{words.topic}{words.title}{words.warning}"):
        _write(pen, words, font)
    else:
        _sign(pen)
    out = BytesIO()
    # This way of choosing colours, and no search for the smallest file, take a sixth of the time of Pillow's defaults.
    image.quantize(64, method=Image.Quantize.FASTOCTREE).save(out, "PNG")
    return out.getvalue()


def _write(pen: ImageDraw.ImageDraw, words: Words, font: tuple[str, int]) -> None:
    small, large = _open(font, _SMALL), _open(font, _TITLE)
    pen.text((_MARGIN, _MARGIN), words.topic[:_SHORT], fill=_SOFT, font=small)
    lines = _wrapped(words.title, large)
    pen.multiline_text((_MARGIN, _MARGIN + 80), "\n".join(lines), fill=_INK, font=large, spacing=22)
    if words.warning:
        pen.text((WIDTH - _MARGIN, _MARGIN), words.warning, fill=_WARN, font=small, anchor="ra")
    pen.line((_MARGIN, HEIGHT - 130, WIDTH - _MARGIN, HEIGHT - 130), fill=_SOFT, width=2)
    pen.text((_MARGIN, HEIGHT - 105), words.site[:_SHORT], fill=_INK, font=small)


def _sign(pen: ImageDraw.ImageDraw) -> None:
    """The speech bubble of static/icon.svg, ten times as large."""
    left, top = WIDTH // 2 - 150, HEIGHT // 2 - 140
    pen.rectangle((left, top, left + 300, top + 190), fill=_INK)
    pen.polygon([(left, top + 190), (left + 150, top + 190), (left, top + 300)], fill=_INK)


def _wrapped(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """At most _LINES lines; Latin words and numbers may be broken, no line starts with a closing mark."""
    lines = [""]
    for letter in text:
        fits = font.getlength(lines[-1] + letter) <= WIDTH - 2 * _MARGIN
        if fits or letter in _NO_LINE_STARTS_WITH:
            lines[-1] += letter
        else:
            lines.append(letter)
    if len(lines) > _LINES:
        return [*lines[: _LINES - 1], f"{lines[_LINES - 1][:-1]}…"]
    return lines


def _has_all(font: ImageFont.FreeTypeFont, text: str) -> bool:
    """Whether no letter would be drawn as the box that stands for what a font lacks, as for a noncharacter."""
    box = bytes(font.getmask("\uffff"))
    return all(bytes(font.getmask(letter)) != box for letter in set(text) if not letter.isspace())


@cache
def _open(font: tuple[str, int], size: int) -> ImageFont.FreeTypeFont:
    name, index = font
    return ImageFont.truetype(name, size, index=index)


def _first_installed(fonts: tuple[tuple[str, int], ...]) -> tuple[str, int] | None:
    for font in fonts:
        with suppress(OSError):
            _open(font, _SMALL)
            return font
    return None
