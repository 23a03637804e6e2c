"""The API keeps what its OpenAPI document promises, whatever is sent; no parameter makes the site fail."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from search.service import Service
from web.app import create_app
from web.usage.store import Kind, Store

OPERATIONS = (
    ("GET", "/api/v1/answer"),
    ("GET", "/api/v1/search"),
    ("GET", "/api/v1/suggest"),
    ("GET", "/api/v1/topics"),
    ("GET", "/api/v1/entries/{id}"),
    ("POST", "/api/v1/feedback"),
)
some = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
texts = st.text(max_size=60) | st.sampled_from(
    ["", "\0", "\ud800", "1" * 600, "../..", "2026-02-30", "<script>", "\x1b[31m"]
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("fuzz") / "usage.sqlite3")


@pytest.fixture(scope="module")
def client(site: Service, store: Store) -> FlaskClient:
    app = create_app(site, store)
    app.config["RATELIMIT_ENABLED"] = False  # what is measured here is the answers, not how many
    return app.test_client()


@pytest.fixture(scope="module")
def schema(client: FlaskClient) -> Any:
    return schemathesis.openapi.from_wsgi("/api/openapi.json", client.application)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_reply_is_one_that_the_openapi_document_describes(schema: Any, method: str, path: str) -> None:
    operation = schema[path][method]
    wrong = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    right = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)

    @some
    @given(right if path.endswith("/topics") else right | wrong)
    def each(case: Any) -> None:
        case.call_and_validate(headers={"Accept-Encoding": "identity"})

    each()


@some
@given(st.dictionaries(st.sampled_from(["view", "size", "theme", "back", "say", "x"]), texts), texts)
def test_no_preference_makes_the_site_fail_or_lead_elsewhere(
    client: FlaskClient, form: dict[str, str], cookie: str
) -> None:
    form = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
    client.set_cookie("view", cookie.encode("utf-8", "replace").decode("latin-1"))
    reply = client.post("/settings", data=form)
    assert reply.status_code in (303, 400)
    assert reply.headers.get("Location", "/").startswith("/")
    assert not reply.headers.get("Location", "/").startswith(("//", "/\\"))
    client.delete_cookie("view")


@some
@given(
    st.sampled_from(["vote", "report", "message"]),
    st.dictionaries(st.sampled_from(["session", "entry", "about", "comment", "helpful"]), texts),
)
def test_no_form_makes_the_site_fail(client: FlaskClient, name: str, form: dict[str, str]) -> None:
    form = {key: value.encode("utf-8", "replace").decode() for key, value in form.items()}
    assert client.post(f"/feedback/{name}", data=form).status_code in (400, 404)


FIELDS = {"vote": "helpful", "report": "about", "message": "about"}
GOOD = {"entry": "articles/jifen/zhinan", "helpful": "yes", "about": "积分", "comment": "不清楚"}


def test_what_a_page_of_ours_sends_is_kept_or_refused_and_can_be_read_again(client: FlaskClient, store: Store) -> None:
    @some
    @given(
        st.sampled_from([*FIELDS]),
        st.dictionaries(st.sampled_from([*GOOD]), texts, max_size=2),
    )
    def each(name: str, form: dict[str, str]) -> None:
        [token] = set(re.findall(r'name="session" value="([^"]+)"', client.get("/a/jifen/zhinan").text))
        fields = {key: GOOD[key] for key in ("entry", "comment", FIELDS[name])}
        fields |= {key: value.encode("utf-8", "replace").decode() for key, value in form.items()}
        before = _kept(store)
        status = client.post(f"/feedback/{name}", data=fields | {"session": token}).status_code
        assert status in (200, 400, 404)
        assert _kept(store) == before + (status == 200)

    each()
    assert _kept(store) > 3, "what is sent comes as far as the store"


def _kept(store: Store) -> int:
    """How many votes, reports and messages can be read."""
    votes = sum(each.helpful + each.unhelpful for each in store.votes(date.min))
    return votes + sum(note.kind is not Kind.vote for note in store.notes())
