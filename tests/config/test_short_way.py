"""MLflow requests go a shorter way than pages."""

import pytest
from django.db import connection
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/2.0/mlflow/runs/get", "/r/main/ajax-api/3.0/mlflow/server-info", "/api/9.9/x"])
def test_an_mlflow_address_answers_without_session_and_page_headers(path: str) -> None:
    response = Client().get(path)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-ID"]
    assert "Content-Security-Policy" not in response.headers
    assert not response.cookies


@pytest.mark.parametrize("path", ["/", "/api/v1/models", "/r/api/2.0", "/registries/main/models/api/2.0/x"])
def test_everything_else_goes_the_long_way(path: str) -> None:
    assert "Content-Security-Policy" in Client().get(path).headers


@pytest.mark.needs("postgres")
def test_a_connection_that_the_server_ended_is_noticed_without_a_question() -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    other = connection.copy()
    try:
        other.ensure_connection()
        assert other.is_usable()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [other.connection.info.backend_pid])
        assert not other.is_usable()
    finally:
        other.close()
