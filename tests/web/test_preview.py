"""Preview images: drawn once, kept within bounds, never with boxes for letters."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from search.service import Service
from tests.conftest import Folder
from tests.web.conftest import client_of
from web import preview
from web.preview import Previews, Words

LATIN = ("DejaVuSans.ttf", 0)
WORDS = Words("问策", "积分申请", "积分审核要多久？")


def _picture(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGB")


def test_an_image_has_the_size_that_is_announced(client: FlaskClient) -> None:
    reply = client.get("/a/jifen/zhinan.png")
    assert reply.status_code == 200
    assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert _picture(reply.data).size == (1200, 630)
    assert len(reply.data) < 100_000


def test_who_has_the_image_is_not_sent_it_again(client: FlaskClient) -> None:
    first = client.get("/a/jifen/zhinan.png")
    again = client.get("/a/jifen/zhinan.png", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert client.get("/a/jifen/zhinan.png", headers={"If-None-Match": '"old"'}).status_code == 200


def test_another_title_or_status_is_another_image(folder: Folder, open_folder: Callable[..., Service]) -> None:
    tags = set()
    for old, new in (
        ("积分", "积分"),
        ("积分要交什么材料？", "积分要带什么材料？"),
        ("status: in_force", "status: expired\neffective: {from: 2020-01-01, to: 2021-12-31}"),
    ):
        folder.change(folder.faq, old, new)
        tags.add(client_of(open_folder(folder)).get("/q/jifen/cailiao.png").headers["ETag"])
    assert len(tags) == 3


def test_a_drawn_image_is_kept_and_given_again(tmp_path: Path) -> None:
    images = Previews(tmp_path / "kept")
    drawn = images.png(WORDS)
    [kept] = (tmp_path / "kept").iterdir()
    assert kept.read_bytes() == drawn
    assert Previews(tmp_path / "kept").png(WORDS) == drawn
    assert [file.name for file in (tmp_path / "kept").iterdir()] == [f"{images.key(WORDS)}.png"]


def test_an_image_that_cannot_be_kept_leaves_nothing_behind(tmp_path: Path) -> None:
    images = Previews(tmp_path)
    (tmp_path / f"{images.key(WORDS)}.png").mkdir()  # nothing can be put in its place, as on a full disk
    assert _picture(images.png(WORDS)).size == (1200, 630)
    assert len(list(tmp_path.iterdir())) == 1


def test_no_more_images_are_kept_than_allowed(tmp_path: Path) -> None:
    for number in range(preview.MAX_KEPT + 5):
        (tmp_path / f"{number}.png").write_bytes(b"")
    images = Previews(tmp_path)
    images.png(WORDS)
    assert len(list(tmp_path.iterdir())) == preview.MAX_KEPT
    assert (tmp_path / f"{images.key(WORDS)}.png").exists()


def test_no_part_of_a_title_is_part_of_a_file_name(tmp_path: Path) -> None:
    Previews(tmp_path / "in" / "kept").png(Words("问策", "../../x", "../../../etc/passwd\0"))
    [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept.parent == tmp_path / "in" / "kept"
    assert len(kept.stem) == 64


@pytest.mark.parametrize("path", ["/a/jifen/..%2f..%2fsite.png", "/a/jifen/nope.png", "/a/%2e%2e/x.png", "/a/jifen/zhinan.png.png", "/a/jifen/zhinan.PNG"])  # fmt: skip
def test_only_entries_have_images(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_folder_that_cannot_be_written_costs_no_image(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert _picture(Previews(tmp_path / "file" / "kept").png(WORDS)).size == (1200, 630)


def test_with_the_fonts_that_the_tests_install_an_image_has_its_words(tmp_path: Path) -> None:
    assert Previews(tmp_path / "words").png(WORDS) != Previews(tmp_path / "sign", fonts=()).png(WORDS)


def test_without_a_font_for_its_letters_an_image_is_the_sign_alone(tmp_path: Path) -> None:
    sign = Previews(tmp_path / "none", fonts=()).png(WORDS)
    assert Previews(tmp_path / "absent", fonts=(("Fehlt.ttf", 0),)).png(WORDS) == sign
    assert preview.draw(WORDS, LATIN) == sign
    assert preview.draw(Words("Wence", "Points", "How long?"), LATIN) != sign
    assert preview.draw(Words("Wence", "Points", "How long \U0010fffd?"), LATIN) == sign
    assert {(29, 79, 145), (255, 255, 255)} == set(_picture(sign).get_flattened_data())
