"""/metrics: what is measured, and that no visitor can make it grow."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from kb.errors import ContentError
from search.service import Service
from tests.conftest import ROOT, Folder
from tests.web.conftest import client_of

SITE = ("wence_entries", "wence_content_errors", "wence_topics", "wence_searches_waiting", "wence_searches_not_counted")


@pytest.fixture
def opened(folder: Folder, open_folder: Callable[..., Service]) -> Service:
    return open_folder(folder)


@pytest.fixture
def client(opened: Service) -> FlaskClient:
    return client_of(opened)


def measured(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """Every sample: its name and its labels' values, and its value."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_the_site_as_it_is_now(client: FlaskClient) -> None:
    client.get("/search?q=积分审核要多久")
    found = measured(client)
    assert [found[name,] for name in SITE] == [3, 0, 1, 1, 0]
    generation = client.get("/readyz").get_json()["generation"]
    assert found["wence_generation_info", generation] == 1
    assert 0 <= found["wence_index_age_seconds",] < 600
    assert (found["wence_cache_entries",], found["wence_cache_bytes",] > 5_000) == (1, True)
    assert client.get("/metrics").content_type.startswith("text/plain; version=0.0.4")


def test_requests_are_measured_by_endpoint_and_status_class(client: FlaskClient) -> None:
    for path in ("/search?q=积分审核要多久", "/search?q=积分审核要多久", "/search?q=积分&page=0", "/nope"):
        client.get(path)
    found = measured(client)
    counts = {name[1:]: value for name, value in found.items() if name[0] == "wence_request_seconds_count"}
    assert counts == {("pages.search", "2xx"): 2, ("pages.search", "4xx"): 1, ("none", "4xx"): 1}
    assert (found["wence_cache_lookups_total", "hit"], found["wence_cache_lookups_total", "miss"]) == (1, 2)


def test_answers_are_counted_by_what_they_show_out_of_memory_too(client: FlaskClient) -> None:
    for path in ("/search?q=积分审核要多久", "/api/v1/answer?q=积分审核要多久", "/api/v1/answer?q=今天天气怎么样"):
        for _ in range(2):
            client.get(path)
    found = measured(client)
    assert {name[1]: value for name, value in found.items() if name[0] == "wence_answers_total"} == {
        "fact": 4,
        "none": 2,
    }


def test_suggestions_and_feedback_are_measured(client: FlaskClient) -> None:
    client.get("/api/v1/suggest?q=积分")
    vote = {"entry": "articles/jifen/zhinan", "helpful": "yes"}
    [token] = set(re.findall(r'name="session" value="([^"]+)"', client.get("/a/jifen/zhinan").text))
    client.post("/feedback/vote", data=vote | {"session": token})
    client.post("/feedback/vote", data=vote | {"session": token})
    client.post("/feedback/vote", data=vote | {"session": "forged"})
    client.post("/api/v1/feedback", json=vote | {"helpful": True})
    found = measured(client)
    assert found["wence_suggestion_seconds_count",] == 1
    assert found["wence_feedback_total", "vote", "kept"] == 2
    assert found["wence_feedback_total", "vote", "refused"] == 2


def test_hostile_addresses_add_nothing(client: FlaskClient) -> None:
    def ask(number: int) -> None:
        for path in (
            f"/x{number}",
            f"/a/jifen/y{number}",
            f"/static/z{number}",
            f"/api/v1/answer?q=积分{number}&bad{number}=1",
        ):
            client.get(path, headers={"Host": f"h{number}.example", "User-Agent": f"u{number}"})
            client.open(path, method=f"M{number}")

    ask(0)
    before = set(measured(client))
    for number in range(1, 20):
        ask(number)
    assert set(measured(client)) == before | {("wence_request_seconds_count", "health.measured", "2xx")} | {
        name for name in measured(client) if name[1:2] == ("health.measured",)
    }


def test_content_that_is_held_back_shows(folder: Folder, client: FlaskClient, opened: Service) -> None:
    assert measured(client)["wence_held_back",] == 0
    folder.write("topics.yml", "- {id: [broken")
    with suppress(ContentError):
        opened.refresh()
    assert measured(client)["wence_held_back",] == 1


def test_what_waits_in_any_process_that_lives_is_in_the_sum(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from web.metrics import Metrics, share_between_processes
from prometheus_client import multiprocess
from tests.web.conftest import client_of
share_between_processes(Path(sys.argv[1]))
read, write = os.pipe()
child = os.fork()
metrics = Metrics()
if not child:
    metrics.counting(3, 1)
    os.write(write, b"x")
    os._exit(0)
os.read(read, 1)
metrics.counting(4, 0)
print(metrics.text({}, "").decode())
os.waitpid(child, 0)
multiprocess.mark_process_dead(child)
print(metrics.text({}, "").decode())
"""
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, check=True)
    said = re.findall(r"^(wence_searches_\w+) (\S+)", run.stdout.decode(), re.MULTILINE)
    assert said == [
        ("wence_searches_waiting", "7.0"),
        ("wence_searches_not_counted", "1.0"),
        ("wence_searches_waiting", "4.0"),
        ("wence_searches_not_counted", "0.0"),
    ]
