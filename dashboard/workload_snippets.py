"""What a CI job runs to sign in without a secret, for people to copy."""

import json
import shlex
from urllib.parse import quote

from django.http import HttpRequest

from accounts.models import TrustedWorkload

GITHUB = "https://token.actions.githubusercontent.com"


def example(request: HttpRequest, trust: TrustedWorkload) -> str:
    """The job as its CI service spells it: GitHub's for its issuer, else GitLab's."""
    server = request.build_absolute_uri("/").rstrip("/")
    return _github(server, trust) if trust.issuer == GITHUB else _gitlab(server, trust)


def _github(server: str, trust: TrustedWorkload) -> str:
    workspace = _workspace(trust, 'echo "{}" >> "$GITHUB_ENV"', " " * 10)
    asked = f"$ACTIONS_ID_TOKEN_REQUEST_URL&audience={quote(trust.audience, safe='')}"
    return f"""permissions:
  id-token: write
  contents: read
jobs:
  register:
    runs-on: ubuntu-latest
    steps:
      - name: Sign in to Gatehouse
        run: |
          identity=$(curl -sSf "{asked}" \\
            -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" | jq -r .value)
          token=$({_exchange(server, trust, "$identity", " " * 12)})
          echo "::add-mask::$token"
          echo "MLFLOW_TRACKING_URI={server}" >> "$GITHUB_ENV"
          echo "MLFLOW_TRACKING_TOKEN=$token" >> "$GITHUB_ENV"{workspace}
      - run: python train.py"""


def _gitlab(server: str, trust: TrustedWorkload) -> str:
    return f"""register:
  id_tokens:
    GATEHOUSE_IDENTITY:
      aud: {json.dumps(trust.audience)}
  script:
    - |
      token=$({_exchange(server, trust, "$GATEHOUSE_IDENTITY", " " * 8)})
      export MLFLOW_TRACKING_URI={server}
      export MLFLOW_TRACKING_TOKEN=$token{_workspace(trust, "export {}", " " * 6)}
    - python train.py"""


def _exchange(server: str, trust: TrustedWorkload, identity: str, indent: str) -> str:
    fields = [
        "-d grant_type=urn:ietf:params:oauth:grant-type:token-exchange",
        "-d subject_token_type=urn:ietf:params:oauth:token-type:id_token",
        f'--data-urlencode "subject_token={identity}"',
        f"-d service_account={shlex.quote(trust.account.username)} -d registry={shlex.quote(trust.registry.name)}",
    ]
    return f" \\\n{indent}".join([f"curl -sSf {server}/api/v1/token-exchange", *fields]) + " | jq -r .access_token"


def _workspace(trust: TrustedWorkload, line: str, indent: str) -> str:
    """Clients speak to the default registry unless they are told otherwise."""
    return "" if trust.registry.is_default else f"\n{indent}{line.format(f'MLFLOW_WORKSPACE={trust.registry.name}')}"
