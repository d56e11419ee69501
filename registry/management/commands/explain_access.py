"""`manage.py explain_access ACCOUNT RIGHT PLACE`: why somebody may or may not do something."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.queries import find_registry, system_user
from accounts.reach.explanations import Explanation, explanation_for
from accounts.rights import Right
from lib.errors import HouseError, NotFound
from registry.explanations import explain_move
from registry.queries import find_model, find_stage, find_version
from tracking.queries import find_experiment


class Command(BaseCommand):
    """Print the answer and every step that leads to it. The exit code is 0 for allowed, 1 for not, 2 for a mistake."""

    help = "Explain why an account has a right on a registry, a model, a version or an experiment, or why not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, what, where."""
        parser.add_argument("account", help="the user name")
        parser.add_argument("right", choices=[right.value for right in Right], metavar="right", help=", ".join(Right))
        parser.add_argument("place", help="registry, registry/model or registry/model/version")
        parser.add_argument("--experiment", type=int, help="the number of an experiment in the registry")
        parser.add_argument("--to", default="", help="with a version and promote: a stage or an @alias to move it to")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read as Gatehouse itself, which sees everything."""
        try:
            found = _explained(options, actor=system_user())
        except HouseError as refusal:
            raise CommandError(refusal.message, returncode=2) from refusal
        self.stdout.write(found.sentence)
        for step in found.steps:
            self.stdout.write(f"  {step.effect + ':':14}{step.sentence}")
        if not found.allowed:
            sys.exit(1)


def _explained(options: dict[str, Any], *, actor: User) -> Explanation:
    account, right = options["account"], Right(options["right"])
    registry, _, rest = options["place"].partition("/")
    name, _, number = rest.rpartition("/") if rest.rpartition("/")[2].isdecimal() and "/" in rest else (rest, "", "")
    thing: Any
    if number:
        thing = find_version(registry, name, int(number), actor=actor)
        if to := options["to"]:
            alias = to.removeprefix("@") if to.startswith("@") else ""
            stage = None if alias else find_stage(thing.model.registry, to)
            if not alias and stage is None:
                raise NotFound(f"There is no stage {to} on the ladder of {registry}.")
            return explain_move(account, thing, stage=stage, alias=alias, actor=actor)
    elif name:
        thing = find_model(registry, name, actor=actor)
    elif options["experiment"] is not None:
        thing = find_experiment(options["experiment"], registry=find_registry(registry, actor=actor), actor=actor)
    else:
        thing = find_registry(registry, actor=actor)
    if options["to"]:
        raise NotFound("A move is of a version: name registry/model/version.")
    return explanation_for(account, right, thing, actor=actor)
