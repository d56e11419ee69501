"""Addresses of the native API. Names may hold spaces, dots and any letters; tag keys and file paths also slashes."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from protocols.rest.views import (
    document,
    events,
    files,
    grants,
    me,
    models,
    people,
    places,
    registries,
    reviews,
    scans,
    tokens,
    versions,
)

Addresses = list[URLPattern | URLResolver]

version: Addresses = [
    path("", versions.OneVersion.as_view()),
    path("/tags/<path:key>", versions.VersionTag.as_view()),
    path("/files", files.Files.as_view()),
    path("/files/<path:path>", files.OneFile.as_view()),
    path("/scan", scans.VersionScan.as_view()),
    path("/moves", places.Moves.as_view()),
    path("/blockers", places.Blockers.as_view()),
]

model: Addresses = [
    path("", models.OneModel.as_view()),
    path("/tags/<path:key>", models.ModelTag.as_view()),
    path("/activity", models.Activity.as_view()),
    path("/history", places.History.as_view()),
    path("/aliases", places.Aliases.as_view()),
    path("/aliases/<str:alias>", places.Alias.as_view()),
    path("/grants", grants.ModelGrants.as_view()),
    path("/grants/teams/<str:team>", grants.ModelTeamGrant.as_view()),
    path("/grants/accounts/<str:username>", grants.ModelAccountGrant.as_view()),
    path("/versions", versions.Versions.as_view()),
    path("/versions/<int:number>", include(version)),
]

registry: Addresses = [
    path("", registries.OneRegistry.as_view()),
    path("/stages", registries.Stages.as_view()),
    path("/policies", registries.Policies.as_view()),
    path("/grants", grants.Grants.as_view()),
    path("/grants/teams/<str:team>", grants.TeamGrant.as_view()),
    path("/grants/accounts/<str:username>", grants.AccountGrant.as_view()),
    path("/models", models.RegistryModels.as_view()),
    path("/models/<str:name>", include(model)),
]

urlpatterns: Addresses = [
    path("openapi.json", document.Document.as_view(), name="api-document"),
    path("docs", document.Pages.as_view(), name="api-pages"),
    path("me", me.Me.as_view()),
    path("registries", registries.Registries.as_view()),
    path("registries/<str:registry>", include(registry)),
    path("models", models.Models.as_view()),
    path("reviews", reviews.Reviews.as_view()),
    path("reviews/<int:review>", reviews.OneReview.as_view()),
    path("reviews/<int:review>/decisions", reviews.Decisions.as_view()),
    path("reviews/<int:review>/withdraw", reviews.Withdrawal.as_view()),
    path("tokens", tokens.Tokens.as_view()),
    path("tokens/<int:token>", tokens.OneToken.as_view()),
    path("people", people.People.as_view()),
    path("service-accounts", people.ServiceAccounts.as_view()),
    path("teams", people.Teams.as_view()),
    path("teams/<str:team>", people.OneTeam.as_view()),
    path("teams/<str:team>/members/<str:username>", people.Member.as_view()),
    path("events", events.Events.as_view()),
    re_path(r"", document.Nowhere.as_view()),
]
