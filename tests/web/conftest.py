"""A client of the real site over the real content."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from search.service import Service
from web.app import create_app
from web.context import FeedbackFile


@pytest.fixture(scope="session")
def feedback_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feedback") / "feedback.jsonl"


@pytest.fixture(scope="session")
def client(site: Service, feedback_path: Path) -> FlaskClient:
    return create_app(site, FeedbackFile(feedback_path)).test_client()
