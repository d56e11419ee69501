"""The main job, played with an unmodified MLflow client and scikit-learn against a running Gatehouse.

Ada trains two models and registers both; Gatehouse scans them; Ada asks for the better one to go to Production and may
not approve it herself; Grace approves; the model is loaded by stage and by alias. A hostile pickle gets nowhere.
Needs GATEHOUSE_URL and DATA_DIR in the environment; everything is in place after the first time.
"""

import contextlib
import json
import os
import secrets
import sys
import tempfile
import time
import warnings
from base64 import b64encode
from collections.abc import Callable
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

URL = os.environ["GATEHOUSE_URL"].rstrip("/")
DATA_DIR = Path(os.environ["DATA_DIR"])
NOTES = DATA_DIR / "demo.json"
MODEL, HOSTILE = "wine-quality", "free-model-from-the-internet"


class Refused(Exception):
    """An answer of the server that says no; `status` is its HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def call(method: str, path: str, token: str, body: dict[str, Any] | None = None) -> Any:
    """One call of the native API, with a token or with `name:password`."""
    way = f"Basic {b64encode(token.encode()).decode()}" if ":" in token else f"Bearer {token}"
    request = Request(  # noqa: S310 - the address is our own server's
        f"{URL}/api/v1{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": way, "Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")
    except HTTPError as error:
        raise Refused(error.code, json.loads(error.read()).get("detail", "")) from error


def say(text: str) -> None:
    """A line of progress."""
    print(f"  {text}", flush=True)


def wait_for(what: str, answer: Callable[[], Any], seconds: int = 90) -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := answer():
            return found
        time.sleep(0.3)
    raise TimeoutError(f"{what} did not happen within {seconds} seconds")


def must(condition: bool, claim: str) -> None:
    """The journey fails where a claim does not hold."""
    if not condition:
        raise AssertionError(claim)


def invite_people(notes: dict[str, Any]) -> None:
    """Ada (contributor), Grace (reviewer) and the service account of Ada's CI, each with a token."""
    admin = (DATA_DIR / "admin-token").read_text().strip()
    for name, full_name, role in (("ada", "Ada Lovelace", "contributor"), ("grace", "Grace Hopper", "reviewer")):
        # Noted first: a journey that is cut short here goes on with the same password.
        password = notes.setdefault(name, {}).setdefault("password", secrets.token_urlsafe(12))
        remember(notes)
        person = {"username": name, "display_name": full_name, "email": f"{name}@example.org", "password": password}
        create_account("/people", person, admin)
        welcome(name, role, admin)
        # People make their tokens themselves; not even an administrator can sign in as them.
        make_token(name, ["read", "write", "review"], f"{name}:{password}", notes)
    create_account("/service-accounts", {"username": "ada-ci", "display_name": "Ada's CI", "owner": "ada"}, admin)
    welcome("ada-ci", "contributor", admin)
    make_token("ada-ci", ["read", "write"], f"ada:{notes['ada']['password']}", notes)


def create_account(path: str, account: dict[str, str], admin: str) -> None:
    """An account, unless an earlier journey made it."""
    try:
        call("POST", path, admin, account)
    except Refused as refusal:
        if refusal.status != HTTPStatus.CONFLICT:
            raise


def welcome(name: str, role: str, admin: str) -> None:
    """A role on the default registry."""
    call("PUT", f"/registries/main/grants/accounts/{name}", admin, {"role": role})


def make_token(name: str, scopes: list[str], owner: str, notes: dict[str, Any]) -> None:
    """A token of the account, made by the person whose it is, or who answers for it."""
    token = call("POST", "/tokens", owner, {"owner": name, "name": "demo", "scopes": scopes})
    notes.setdefault(name, {})["token"] = token["secret"]
    remember(notes)


def remember(notes: dict[str, Any]) -> None:
    """Keep the notes in a file that only its owner can read."""
    with open(os.open(NOTES, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(notes, file)


def train_and_register() -> list[int]:
    """Two runs with a scikit-learn pipeline each, the second one better; returns the numbers of the two versions."""
    import mlflow
    from sklearn.datasets import load_wine
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, log_loss
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    mlflow.set_experiment("wine")
    wine = load_wine(as_frame=True)
    train_x, test_x, train_y, test_y = train_test_split(wine.data, wine.target, test_size=0.4, random_state=7)
    # Named here, because finding them out takes MLflow half a minute for every model.
    needs = [f"{package}=={version(package)}" for package in ("mlflow-skinny", "scikit-learn", "pandas", "skops")]
    numbers = []
    for name, params in (("careful", {"C": 0.001, "max_iter": 100}), ("bold", {"C": 0.5, "max_iter": 200})):
        with mlflow.start_run(run_name=name):
            mlflow.log_params(params)
            mlflow.log_input(mlflow.data.from_pandas(train_x, name="wine-train"), context="training")
            mlflow.set_tags({"team": "cellar", "mlflow.source.git.commit": secrets.token_hex(20)})
            for rows in range(20, len(train_x) + 1, 10):
                pipeline = make_pipeline(StandardScaler(), LogisticRegression(**params))
                pipeline.fit(train_x[:rows], train_y[:rows])
                mlflow.log_metric("log_loss_by_rows", log_loss(test_y, pipeline.predict_proba(test_x)), step=rows)
            mlflow.log_metric("accuracy", accuracy_score(test_y, pipeline.predict(test_x)))
            mlflow.log_metric("log_loss", log_loss(test_y, pipeline.predict_proba(test_x)))
            logged = mlflow.sklearn.log_model(
                pipeline,
                name="model",
                input_example=train_x.head(3),
                registered_model_name=MODEL,
                pip_requirements=needs,
            )
        numbers.append(int(logged.registered_model_version))
        say(f"registered {MODEL} version {numbers[-1]} from the run “{name}”")
    return numbers


def verdict_of(model: str, number: int, token: str) -> str:
    """Wait for the scan of a version."""

    def finished() -> str | None:
        verdict = call("GET", f"/registries/main/models/{model}/versions/{number}/scan", token)["verdict"]
        return None if verdict in ("queued", "scanning") else verdict

    return str(wait_for(f"the scan of {model} {number}", finished))


def ask_for_production(number: int, reason: str, token: str) -> int:
    """A review of the version for Production and @champion; returns its number."""
    which = {"registry": "main", "name": MODEL, "version": number}
    wish = {"stage": "Production", "alias": "champion", "reason": reason}
    review = int(call("POST", "/reviews", token, {"version": which, **wish})["id"])
    say(f"Ada asks for version {number} to go to Production (review {review})")
    return review


def approve(review: int, comment: str, notes: dict[str, Any]) -> None:
    """Grace looks and approves; the placement happens by itself."""
    grace = notes["grace"]["token"]
    seen = call("GET", f"/reviews/{review}", grace)
    say(f"Grace sees: {' '.join(check['sentence'] for check in seen['checks'])}")
    for metric in seen["comparison"]["metrics"]:
        if metric["before"] is not None:
            say(f"Grace sees: {metric['name']} {metric['before']:.3g} -> {metric['after']:.3g}")
    decision = {"verdict": "approve", "comment": comment, "seen_digest": seen["subject_digest"]}
    call("POST", f"/reviews/{review}/decisions", grace, decision)
    wait_for("the placement", lambda: call("GET", f"/reviews/{review}", grace)["state"] == "applied")
    say(f"Grace approves, and the version is placed: “{comment}”")


def review_and_promote(numbers: list[int], notes: dict[str, Any]) -> None:
    """The first version goes live, then the better one takes its place; nobody approves their own."""
    ada = notes["ada"]["token"]
    first, second = numbers
    approve(ask_for_production(first, "Better than nothing.", ada), "Good enough to begin with.", notes)
    review = ask_for_production(second, "It has learned what the first one had not.", ada)
    try:
        call("POST", f"/reviews/{review}/decisions", ada, {"verdict": "approve"})
    except Refused as refusal:
        say(f"Ada cannot approve it herself: “{refusal}”")
    else:
        raise AssertionError("Ada approved her own version")
    approve(review, "Better on every metric.", notes)


def load_and_predict() -> None:
    """By stage and by alias, as any consumer would."""
    import mlflow
    from sklearn.datasets import load_wine

    sample = load_wine(as_frame=True).data.iloc[::40]
    for address in (f"models:/{MODEL}/Production", f"models:/{MODEL}@champion"):
        predicted = list(mlflow.pyfunc.load_model(address).predict(sample))
        must(len(predicted) == len(sample), f"{address} predicts one class a row")
        say(f"{address} predicts {[int(label) for label in predicted]}")


class Tempting:
    """Unpickling this would run a command."""

    def __reduce__(self) -> tuple[Any, ...]:
        """What a loader would call."""
        return os.system, ("echo this machine is mine now",)


def meet_a_hostile_model(notes: dict[str, Any]) -> None:
    """A pickle that runs a command is found by the scan and refused at every door."""
    import cloudpickle
    import mlflow
    from mlflow.exceptions import MlflowException

    token = notes["ada"]["token"]
    with mlflow.start_run(run_name="downloaded") as run, tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.pkl").write_bytes(cloudpickle.dumps(Tempting()))
        mlflow.log_artifacts(folder, "model")
    client = mlflow.MlflowClient()
    with contextlib.suppress(MlflowException):  # an earlier journey may have made it
        client.create_registered_model(HOSTILE)
    made = client.create_model_version(HOSTILE, f"runs:/{run.info.run_id}/model", run_id=run.info.run_id)
    number = int(made.version)
    must(verdict_of(HOSTILE, number, token) == "unsafe", "the hostile pickle is found unsafe")
    say(f"{HOSTILE} version {number} is found unsafe")
    path = f"/registries/main/models/{HOSTILE}/versions/{number}/moves"
    doors: list[tuple[str, Callable[[], Any]]] = [
        ("MLflow stage", lambda: client.transition_model_version_stage(HOSTILE, str(number), "Production")),
        ("MLflow alias", lambda: client.set_registered_model_alias(HOSTILE, "champion", str(number))),
        ("any other alias", lambda: client.set_registered_model_alias(HOSTILE, "just-testing", str(number))),
        ("the API", lambda: call("POST", path, token, {"stage": "Staging"})),
    ]
    for name, knock in doors:
        try:
            knock()
        except (MlflowException, Refused):
            say(f"refused through {name}")
        else:
            raise AssertionError(f"the hostile model went through {name}")


def tell(notes: dict[str, Any]) -> None:
    """How to go on from here."""
    password = (DATA_DIR / "admin-password").read_text().strip()
    print(f"""
Gatehouse is at {URL}

  Sign in as   ada    {notes["ada"]["password"]}   (data scientist)
               grace  {notes["grace"]["password"]}   (reviewer)
               admin  {password}   (administrator; also {URL}/admin)
  Ada's token  {notes["ada"]["token"]}
  CI's token   {notes["ada-ci"]["token"]}
  API          {URL}/api/v1/docs

From your own project:

  pip install mlflow-skinny scikit-learn pandas skops
  export MLFLOW_TRACKING_URI={URL}
  export MLFLOW_TRACKING_TOKEN={notes["ada"]["token"]}
  python -c 'import mlflow; print(mlflow.pyfunc.load_model("models:/{MODEL}@champion"))'
""")


def play(notes: dict[str, Any]) -> None:
    """The whole journey, with a line a step."""
    print("Playing the main job with a real MLflow client:", flush=True)
    warnings.simplefilter("ignore")
    invite_people(notes)
    say("invited Ada, Grace and Ada's CI")
    os.environ.update(
        MLFLOW_TRACKING_URI=URL,
        MLFLOW_TRACKING_TOKEN=notes["ada"]["token"],
        MLFLOW_DISABLE_TELEMETRY="true",
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
        MLFLOW_LOGGING_LEVEL="ERROR",
    )
    numbers = train_and_register()
    for number in numbers:
        must(verdict_of(MODEL, number, notes["ada"]["token"]) == "clean", f"version {number} is clean")
    say("both versions were scanned and are clean")
    review_and_promote(numbers, notes)
    load_and_predict()
    meet_a_hostile_model(notes)


def main() -> int:
    """Play once; afterwards only tell."""
    notes: dict[str, Any] = json.loads(NOTES.read_text()) if NOTES.exists() else {}
    if notes.get("is_done"):
        print("Everything is in place from the first time.")
    else:
        try:
            play(notes)
        except (AssertionError, TimeoutError, Refused, OSError) as failure:
            print(f"The journey failed: {failure}", file=sys.stderr)
            return 1
        remember({**notes, "is_done": True})
    tell(notes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
