"""A client of the real site over the real content."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from search.service import Service
from web.app import create_app
from web.usage.store import Store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("usage") / "usage.sqlite3")


@pytest.fixture(scope="session")
def client(site: Service, store: Store) -> FlaskClient:
    return create_app(site, store).test_client()
