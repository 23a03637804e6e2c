"""Elder mode, size and colours: plain cookies out of a closed list, set by a form, applied by the server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from search.service import Service
from tests.web.conftest import client_of


@pytest.fixture
def visitor(site: Service) -> Iterator[FlaskClient]:
    """A client with cookies of its own."""
    with client_of(site) as client:
        yield client


def _root(client: FlaskClient, path: str = "/") -> dict[str, str]:
    [tag] = re.findall(r"<html[^>]*>", client.get(path).text)
    return dict(re.findall(r'data-(\w+)="(\w+)"', tag))


def test_nothing_is_set_until_something_is_chosen(visitor: FlaskClient) -> None:
    reply = visitor.get("/")
    assert "Set-Cookie" not in reply.headers
    assert "Cookie" in reply.headers["Vary"]
    assert _root(visitor) == {"view": "standard", "size": "22", "theme": "system"}


def test_a_choice_is_kept_on_the_device_and_others_stay(visitor: FlaskClient) -> None:
    reply = visitor.post("/settings", data={"view": "elder", "size": "26", "back": "/t/jifen?x=1"})
    assert (reply.status_code, reply.headers["Location"]) == (303, "/t/jifen?x=1")
    for cookie in reply.headers.getlist("Set-Cookie"):
        assert re.match(r"(view=elder|size=26); ", cookie)
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    visitor.post("/settings", data={"theme": "dark"})
    assert _root(visitor) == {"view": "elder", "size": "26", "theme": "dark"}
    assert _root(visitor, "/nope") == {"view": "elder", "size": "26", "theme": "dark"}


def test_the_size_says_where_it_takes_effect(visitor: FlaskClient) -> None:
    sizes = visitor.get("/settings").text.split("长者模式的字</legend>")[1].split("</fieldset>")[0]
    assert "只在长者模式里起作用" in sizes


@pytest.mark.parametrize(
    "data", [{"view": "x"}, {"size": "17"}, {"size": "999999"}, {"theme": "<script>"}, {"name": "张三"}]
)
def test_what_is_not_on_the_list_is_refused_in_plain_words_and_sets_nothing(
    visitor: FlaskClient, data: dict[str, str]
) -> None:
    reply = visitor.post("/settings", data=data)
    assert reply.status_code == 400
    assert "——请" in reply.text.split("<main")[1]
    assert "参数" not in reply.text
    assert "Set-Cookie" not in reply.headers
    assert "<script>" not in reply.text


@pytest.mark.parametrize("value", ["", "9", '"><script>', "elder; size=30", "x" * 4000, "22\n"])
def test_a_cookie_that_is_none_of_the_choices_counts_as_not_set(visitor: FlaskClient, value: str) -> None:
    for name in ("view", "size", "theme"):
        visitor.set_cookie(name, value)
    assert _root(visitor) == {"view": "standard", "size": "22", "theme": "system"}


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example",
        "//evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
    ],
)
def test_no_form_sends_a_visitor_to_another_site(visitor: FlaskClient, back: str) -> None:
    reply = visitor.post("/settings", data={"view": "elder", "back": back})
    assert reply.headers["Location"] == "/"
    assert 'name="back" value="/"' in visitor.get("/settings", query_string={"back": back}).text


def test_saving_goes_back_to_the_page_and_says_so(visitor: FlaskClient) -> None:
    page = _settings_after(visitor, "/t/jifen?x=1")
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    reply = visitor.post("/settings", data={"view": "elder"} | fields)
    assert reply.headers["Location"] == "/t/jifen?x=1&said=saved&at=main"
    assert "已保存" in visitor.get(reply.headers["Location"]).text
    assert "已保存" not in visitor.get("/t/jifen?x=1").text


def _settings_after(client: FlaskClient, path: str) -> str:
    """The page of the settings as it is shown to who comes from another page."""
    return client.get("/settings", headers={"Referer": f"http://localhost{path}"}, follow_redirects=True).text


def test_a_button_at_the_top_of_the_settings_does_not_lose_the_way_back(visitor: FlaskClient) -> None:
    header = _settings_after(visitor, "/t/jifen?x=1").split('class="view"')[1].split("</form>")[0]
    back = re.findall(r'name="back" value="([^"]*)"', header)[0]
    reply = visitor.post("/settings", data={"view": "elder", "back": back})
    here = {"Referer": "http://localhost/settings"}
    page = visitor.get(reply.headers["Location"], headers=here, follow_redirects=True).text
    assert 'data-view="elder"' in page
    assert 'name="back" value="/t/jifen?x=1"' in page


def test_the_link_to_the_settings_does_not_lose_the_way_back_either(visitor: FlaskClient) -> None:
    footer = visitor.get("/settings", query_string={"back": "/t/jifen?x=1"}).text.split("<footer")[1]
    [link] = re.findall(r'<a href="([^"]*)">显示设置', footer)
    assert (
        'name="back" value="/t/jifen?x=1"' in visitor.get(link, headers={"Referer": "http://localhost/settings"}).text
    )
    for path in ("/settings", "/"):
        assert '<a href="/settings">显示设置' in visitor.get(path).text


def test_the_settings_in_the_other_characters_lead_back_to_the_same_page(visitor: FlaskClient) -> None:
    page = _settings_after(visitor, "/t/jifen?x=1")
    [twin] = re.findall(r'<a class="script"[^>]* href="([^"]*)"', page)
    page = visitor.get(twin, headers={"Referer": "http://localhost/settings"}, follow_redirects=True).text
    assert '<html lang="zh-Hant"' in page
    assert 'name="back" value="/t/jifen?x=1"' in page


def test_elder_pages_offer_only_sizes_that_are_left(visitor: FlaskClient) -> None:
    visitor.post("/settings", data={"view": "elder", "size": "18"})
    page = visitor.get("/").text
    assert "字小些" not in page
    assert 'name="size" value="20"' in page
    visitor.post("/settings", data={"size": "30"})
    page = visitor.get("/").text
    assert "字大些" not in page
    assert 'name="size" value="28"' in page


@pytest.mark.parametrize("back", ["//[", "https://[", "//evil.example/x", "/\\evil.example", "javascript:alert(1)"])
def test_whatever_address_to_go_back_to_is_asked_for_it_is_one_of_ours(visitor: FlaskClient, back: str) -> None:
    assert visitor.get("/settings", query_string={"back": back}).status_code == 200
    reply = visitor.post("/settings", data={"view": "elder", "back": back})
    assert (reply.status_code, reply.headers["Location"]) == (303, "/")


def test_another_sites_form_changes_no_settings(visitor: FlaskClient) -> None:
    reply = visitor.post("/settings", data={"view": "elder"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 403
    assert "Set-Cookie" not in reply.headers


def test_a_static_file_by_a_winding_address_is_no_error(visitor: FlaskClient) -> None:
    for path in ("/static/./site.css", "/static/x/../site.css"):
        with visitor.get(path) as reply:
            assert reply.status_code in (200, 404)


@pytest.mark.parametrize("referrer", ["http://[", "http://localhost//evil.example/x", "http://evil.example/"])
def test_after_a_vote_the_way_back_is_one_of_ours_wherever_it_came_from(visitor: FlaskClient, referrer: str) -> None:
    token = re.search(r'name="session" value="([^"]+)"', visitor.get("/a/jifen/zhinan").text)
    assert token
    sent = {"session": token[1], "entry": "articles/jifen/zhinan", "helpful": "yes"}
    reply = visitor.post("/feedback/vote", data=sent, headers={"Referer": referrer})
    assert reply.status_code in (200, 303)
    assert "evil" not in reply.text + reply.headers.get("Location", "")


def test_a_form_that_is_asked_for_as_a_page_says_how_it_may_be_used(visitor: FlaskClient) -> None:
    reply = visitor.get("/feedback/vote")
    assert (reply.status_code, {*reply.headers["Allow"].split(", ")}) == (405, {"OPTIONS", "POST"})
    assert visitor.post("/settings", data={"view": "elder", "back": "/feedback/vote"}).headers["Location"] == "/"
