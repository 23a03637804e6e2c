"""`kb serve`: the site follows its content while it is served."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import ROOT, Folder, keep_vectors
from tests.serving import fetch, served, wait_for
from web.addresses import host_and_port, site_address
from web.server import check_free


def _until(url: str, words: str) -> str:
    for _ in range(150):
        page = fetch(url)
        if words in page:
            return page
        time.sleep(0.1)
    raise AssertionError(f"{words} did not appear at {url}")


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_an_edit_is_served_without_a_restart_and_a_broken_file_does_no_harm(
    folder: Folder, tmp_path: Path, engine: str
) -> None:
    with served(folder.root, tmp_path / "index", engine) as address:
        question = f"{address}/api/v1/answer?q={quote('积分审核要多久')}"
        assert json.loads(fetch(question))["card"]["answer"].startswith("20 个工作日")
        folder.change(folder.article, "answer: 20 个", "answer: 25 个")
        folder.change(folder.article, "promised: 20", "promised: 25")
        _until(question, "25 个工作日")
        folder.change(folder.article, "topic: jifen", "topic: [")
        _until(f"{address}/healthz", folder.article)
        assert "25 个工作日" in fetch(question)


def test_the_address_of_the_site_is_a_setting(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_SITE_URL", "https://问策.example/")
    with served(folder.root, tmp_path / "index") as address:
        assert "Sitemap: https://xn--qxzp85c.example/sitemap.xml" in fetch(f"{address}/robots.txt")


def test_an_address_of_version_six_is_told_in_brackets_also_where_none_can_be_had() -> None:
    assert host_and_port("::1", 8000) == host_and_port("[::1]", 8000) == "[::1]:8000"
    assert site_address("http://[::1]:8000/") == "http://[::1]:8000"
    with pytest.raises(ValueError, match=re.escape("[2001:db8::1]:8000 这台机器不能在这里监听")):
        check_free("2001:db8::1", 8000)


def test_a_name_that_cannot_be_looked_up_is_said_in_chinese() -> None:
    with pytest.raises(ValueError, match=re.escape("a..b:8000 这台机器不能在这里监听")):
        check_free("a..b", 8000)


def test_an_address_of_version_six_is_listened_at_and_told_in_brackets(folder: Folder, tmp_path: Path) -> None:
    try:
        with socket.socket(socket.AF_INET6) as free:
            free.bind(("::1", 0))
            port = free.getsockname()[1]
    except OSError as error:
        pytest.skip(f"this machine has no address of version six: {error}")
    keep_vectors(tmp_path / "index")
    settings = {"KB_HOST": "::1", "KB_PORT": str(port), "KB_CONTENT": str(folder.root), "KB_INDEX": f"{tmp_path}/index"}
    command = [sys.executable, "-u", "-m", "cli.main", "serve"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().strip().partition("：")[2]
            assert address == f"http://[::1]:{port}"
            wait_for(f"{address}/readyz", server)
        finally:
            server.terminate()
        assert server.wait(20) == 0


def test_a_start_says_at_once_that_it_takes_a_while(folder: Folder, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    settings = {"KB_INDEX": str(tmp_path / "index"), "KB_CONTENT": str(folder.root / "none"), "KB_PORT": port}
    command = [sys.executable, "-m", "cli.main", "serve"]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, timeout=60)
    assert ended.stderr.startswith("正在读取内容、准备问法，第一次启动要等一会儿。\n")
    assert ended.stdout == ""


def test_a_port_that_is_taken_is_said_before_anything_is_read(folder: Folder, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ended = _served_with(folder, tmp_path, KB_PORT=str(other.getsockname()[1]))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "正被别的程序占着——停掉它，或换一个 --port" in ended.stderr
    assert "正在读取内容" not in ended.stderr


def test_a_secret_that_can_be_guessed_or_read_by_nobody_is_wrong_usage(folder: Folder, tmp_path: Path) -> None:
    ended = _served_with(folder, tmp_path, KB_SECRET="abc")  # noqa: S106  far too short
    assert (ended.returncode, "KB_SECRET 太短（3 字节）" in ended.stderr) == (2, True)
    (tmp_path / "secret").write_bytes(b"abc")
    ended = _served_with(folder, tmp_path, KB_USAGE=str(tmp_path / "usage.sqlite3"))
    assert (ended.returncode, "secret 太短（3 字节）——删掉它" in ended.stderr) == (2, True)


def _served_with(folder: Folder, tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    own = {"KB_INDEX": str(tmp_path / "index"), "KB_CONTENT": str(folder.root)}
    command = [sys.executable, "-m", "cli.main", "serve"]
    environment = os.environ | own | settings
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_an_unusable_address_of_the_site_is_wrong_usage(folder: Folder) -> None:
    settings = {"KB_SITE_URL": "wence.cn/abc", "KB_CONTENT": str(folder.root)}
    command = [sys.executable, "-m", "cli.main", "serve"]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert "网站地址 wence.cn/abc 不能用——写成 https://" in ended.stderr
    assert "Traceback" not in ended.stderr
