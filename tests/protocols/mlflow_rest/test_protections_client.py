"""The real MLflow client at protected stages and aliases."""

from mlflow import MlflowClient

from accounts.models import Registry, User
from accounts.rights import Role
from registry.models import Stage
from registry.operations.models import create_model
from registry.operations.protections import protect_place
from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT, Register, SignIn, refused_with

pytestmark = WITH_REAL_CLIENT


def test_a_protected_place_is_denied_with_the_sentence_that_says_who_may(
    client: MlflowClient, register: Register, registry: Registry, maintainer: User, sign_in: SignIn
) -> None:
    register("iris")
    client.set_registered_model_alias("iris", "blue", "1")
    stage = Stage.objects.get(registry=registry, name="Staging")
    protect_place(registry, stage=stage, roles=[Role.MAINTAINER], actor=maintainer)
    protect_place(registry, alias="blue", roles=[Role.MAINTAINER], actor=maintainer)
    register("iris", "4 5 6")
    with refused_with("PERMISSION_DENIED", "Only maintainers may move versions to Staging"):
        client.transition_model_version_stage("iris", "1", "Staging")
    with refused_with("PERMISSION_DENIED", "Only maintainers may move or remove @blue"):
        client.set_registered_model_alias("iris", "blue", "2")
    with refused_with("PERMISSION_DENIED", "Only maintainers may move or remove @blue"):
        client.delete_registered_model_alias("iris", "blue")
    assert client.get_model_version_by_alias("iris", "blue").version == "1"
    sign_in(maintainer)
    assert client.transition_model_version_stage("iris", "1", "Staging").current_stage == "Staging"
    client.set_registered_model_alias("iris", "blue", "2")
    client.delete_registered_model_alias("iris", "blue")


def test_a_name_that_a_hidden_model_has_is_taken_in_the_usual_words(
    client: MlflowClient, registry: Registry, maintainer: User
) -> None:
    create_model(registry, "secret", restricted=True, actor=maintainer)
    with refused_with("RESOURCE_ALREADY_EXISTS", "already exists"):
        client.create_registered_model("secret")
    with refused_with("RESOURCE_DOES_NOT_EXIST"):
        client.get_registered_model("secret")
    assert list(client.search_registered_models()) == []
