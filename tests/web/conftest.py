"""A client of the real site over the real content."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from search.service import Service
from web.app import create_app
from web.security import Guard
from web.usage.store import Store


def client_of(service: Service, site_url: str | None = None, guard: Guard = Guard()) -> FlaskClient:  # noqa: B008  frozen
    """A client of the site over a service; what is kept of its use lies beside the index."""
    store = Store(service.settings.index.parent / "usage.sqlite3")
    return create_app(service, store, site_url=site_url, guard=guard).test_client()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("usage") / "usage.sqlite3")


@pytest.fixture(scope="session")
def client(site: Service, store: Store) -> FlaskClient:
    return create_app(site, store).test_client()
