"""Questions that nobody asks: random, mutated and adversarial ones, each kind by name, from a seeded generator."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pypinyin import lazy_pinyin
from ruamel.yaml import YAML

from kb.library import Library
from search.lexicon import Lexicon
from search.places import divisions
from tests.fuzz.killers import KILLERS

FILES = Path(__file__).parents[1] / "questions"
PUNCTUATION = "，。？！、；：“”‘’（）《》【】…—～·,.?!;:'\"()<>[]{}~`@#$%^&*-_=+|\\/ \t\n"
INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad\0\x1b\r"
)
COMBINING = "".join(map(chr, range(0x300, 0x370))) + "\u20dd\u20e3\ufe0f\u3099\u309a"
NUMERALS = "零〇一二两三四五六七八九十百千万亿"
EXPANDING = "\ufdfa\ufdfb㌀㍿㎨½㈱㋿ﬃ"
"""Characters that NFKC makes many of."""
TRADITIONAL = "積分續辦居住證簽註審覈後裏乾隻麼台臺髮發復複"

Make = Callable[[random.Random], str]


@dataclass(frozen=True)
class Material:
    """What questions are made of: real questions, the words of the lexicon with their sounds, other matters, places."""

    real: Sequence[str]
    words: Sequence[str]
    sounds: Sequence[str]
    others: Sequence[str]
    places: Sequence[str]


def material(library: Library, lexicon: Lexicon) -> Material:
    """Everything of one content folder that a question can be made of."""
    yaml = YAML(typ="safe")
    real = [row["q"] for path in sorted(FILES.glob("*.yml")) for row in yaml.load(path.read_text("utf-8"))]
    real += [entry.title for entry in library.entries.values()]
    words = [*lexicon.all_terms, *lexicon.typos]
    sounds = ["".join(lazy_pinyin(word)) for word in words]
    others = [word for other in lexicon.scope.confusable for word in (*other.words, *other.unless)]
    places = sorted(divisions().known | divisions().short)
    return Material(real, words, sounds, others or words, places)


def kinds(made_of: Material) -> Mapping[str, Make]:
    """The kinds of question by name, each with what makes one."""

    def few(dice: random.Random, parts: Sequence[str], most: int) -> list[str]:
        return [dice.choice(parts) for _ in range(dice.randint(1, most))]

    def text(dice: random.Random, alphabet: str, most: int = 600) -> str:
        return "".join(dice.choices(alphabet, k=dice.randint(1, most)))

    def repeated(dice: random.Random, parts: Sequence[str], most: int = 600) -> str:
        piece = "".join(few(dice, parts, 3))
        return piece * (1 + dice.randint(0, most) // len(piece))

    def unicode(dice: random.Random) -> str:
        top = dice.choice((0x250, 0x3000, 0x10000, 0x110000))
        return "".join(chr(dice.randrange(top)) for _ in range(dice.randint(1, dice.choice((5, 50, 700)))))

    def mutated(dice: random.Random) -> str:
        chars = list(dice.choice(made_of.real))
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(chars) + 1)
            what = dice.randrange(5)
            if what == 0:
                chars[at : at + dice.randint(1, 3)] = []
            elif what == 1:
                chars.insert(at, chr(dice.randrange(0x110000)))
            elif what == 2:
                chars[at:at] = chars[:at]
            elif what == 3:
                chars[at:at] = dice.choice(made_of.words)
            else:
                chars.insert(at, dice.choice(PUNCTUATION + INVISIBLE + COMBINING))
        return "".join(chars)[:2000]

    def sprinkled(dice: random.Random) -> str:
        return "".join(char + dice.choice(INVISIBLE + COMBINING) * dice.randint(0, 3) for char in mutated(dice))

    def misheard(dice: random.Random) -> str:
        """Words whose characters are swapped for others in Chinese: many candidates for correction."""
        sounds = [chr(ord(char) + dice.randint(-3, 3)) for word in few(dice, made_of.words, 60) for char in word]
        return "".join(sounds)

    def scripts(dice: random.Random) -> str:
        parts = (*made_of.words[:50], "abc", "120", "积", "ひら", "한글", "кир", "العربية", "😀", TRADITIONAL[:3])
        return "".join(few(dice, parts, 150))

    def any_of(dice: random.Random) -> str:
        return dice.choice(("", " ", "，")).join(
            dice.choice((dice.choice(made_of.real), text(dice, PUNCTUATION, 5), unicode(dice)[:20])) for _ in range(9)
        )

    return {
        "random Unicode": unicode,
        "a real question mutated": mutated,
        "invisible and combining marks": sprinkled,
        "surrogate halves": lambda dice: "".join(map(chr, (dice.randrange(0xD7F0, 0xE010) for _ in range(30)))),
        "one piece repeated": lambda dice: repeated(dice, (*string.printable, *made_of.words, *TRADITIONAL), 5000),
        "pinyin without spaces": lambda dice: "".join(few(dice, made_of.sounds, 60)),
        "one pinyin repeated": lambda dice: repeated(dice, made_of.sounds, 2000),
        "pinyin with spaces": lambda dice: dice.choice(" '").join(few(dice, made_of.sounds, 90)),
        "loose letters": lambda dice: text(dice, dice.choice((string.ascii_lowercase, "aeioungh", "zhuang", "a"))),
        "digits and numerals": lambda dice: text(
            dice, dice.choice((NUMERALS, string.digits, NUMERALS + "年分岁.１")), 700
        ),
        "words of the lexicon": lambda dice: dice.choice(("", " ", "，")).join(few(dice, made_of.words, 150)),
        "misheard words": misheard,
        "other matters": lambda dice: "".join(few(dice, made_of.others, 120)),
        "places": lambda dice: "".join(few(dice, (*made_of.places, "居住证", "在", "办"), 150)),
        "alternating scripts": scripts,
        "punctuation": lambda dice: text(dice, PUNCTUATION, 700),
        "expanding": lambda dice: text(dice, EXPANDING + "年分", 700),
        "traditional": lambda dice: text(dice, TRADITIONAL, 700),
        "a long story": lambda dice: dice.choice(("，", "。", "")).join(few(dice, made_of.real, 40)),
        "several questions": any_of,
        "very long": lambda dice: mutated(dice) * dice.choice((50, 500)),
        "killers of regular expressions": lambda dice: (
            repeated(dice, KILLERS, dice.choice((600, 10_000))) + dice.choice("!甲x")
        ),
    }
