"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, path

from dashboard.views import experiments, files, home, models, reviews, runs, session, tokens, versions

_MODEL = "models/<str:registry>/<str:name>"
_VERSION = f"{_MODEL}/versions/<int:number>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("sign-in", session.sign_in, name="sign-in"),
    path("sign-out", session.sign_out, name="sign-out"),
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke", tokens.revoke, name="revoke-token"),
    path("models", models.models, name="models"),
    path(_MODEL, models.model, name="model"),
    path(f"{_MODEL}/activity", models.model_activity, name="model-activity"),
    path(_VERSION, versions.version, name="version"),
    path(f"{_VERSION}/scan", versions.scan, name="version-scan"),
    path(f"{_VERSION}/activity", versions.version_activity, name="version-activity"),
    path(f"{_VERSION}/ask", versions.ask, name="ask"),
    path(f"{_VERSION}/stage", versions.to_stage, name="to-stage"),
    path(f"{_VERSION}/alias", versions.to_alias, name="to-alias"),
    path(f"{_VERSION}/files", files.version_files, name="version-files"),
    path(f"{_VERSION}/files/<path:path>", files.download, name="download"),
    path("experiments", experiments.experiments, name="experiments"),
    path("experiments/<int:pk>", experiments.experiment, name="experiment"),
    path("runs/<str:run_id>", runs.run, name="run"),
    path("reviews", reviews.reviews, name="reviews"),
    path("reviews/<int:pk>", reviews.review, name="review"),
    path("reviews/<int:pk>/withdraw", reviews.withdraw, name="withdraw"),
]
