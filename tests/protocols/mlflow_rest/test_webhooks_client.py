"""The real MLflow client asks for webhooks, which Gatehouse keeps elsewhere than MLflow does."""

from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent

from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT, refused_with

pytestmark = WITH_REAL_CLIENT


def test_there_are_no_webhooks_and_none_are_made(client: MlflowClient) -> None:
    assert client.list_webhooks() == []
    assert not client.list_webhooks(max_results=5).token
    made = WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)
    for attempt in (
        lambda: client.create_webhook("hook", "https://example.org/hook", [made]),
        lambda: client.get_webhook("1"),
        lambda: client.update_webhook("1", name="other"),
        lambda: client.delete_webhook("1"),
        lambda: client.test_webhook("1"),
    ):
        with refused_with("NOT_IMPLEMENTED", "Gatehouse does not implement webhooks"):
            attempt()
