"""What the workflows beside this file do with a cluster: functions of their `python:` tasks. It is no script.

The cluster is that of the stand-in for kubectl in lib/stand-ins, a JSON file in a directory of its own.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any


def start(kind: str) -> dict[str, Any]:
    """Make the cluster that an example begins with."""
    directory = Path(tempfile.mkdtemp(prefix="cluster-"))
    deployments = {
        "shop": {"namespace": "default", "image": "shop:1.9", "replicas": 3, "ready": 3},
        "mail": {"namespace": "default", "image": "mail:4", "replicas": 2, "ready": 1},
        "search": {"namespace": "tools", "image": "search:7", "replicas": 2, "ready": 0},
    }
    if kind == "locked":
        deployments["search"]["locked"] = True
    if kind == "well":
        for deployment in deployments.values():
            deployment["ready"] = deployment["replicas"]
    state = directory / "cluster.json"
    state.write_text(json.dumps({"deployments": deployments}), encoding="utf-8")
    return {"state": str(state), "directory": str(directory)}


def _items(what: str) -> list[dict[str, Any]]:
    done = subprocess.run(["kubectl", "get", what, "-A", "-o", "json"], capture_output=True, text=True, check=True)
    items: list[dict[str, Any]] = json.loads(done.stdout)["items"]
    return items


def crashed() -> dict[str, Any]:
    """Return how many pods are in CrashLoopBackOff, and their deployments as namespace/name."""
    found = 0
    deployments: dict[str, None] = {}
    for pod in _items("pods"):
        waiting = [status.get("state", {}).get("waiting", {}) for status in pod["status"]["containerStatuses"]]
        if any(each.get("reason") == "CrashLoopBackOff" for each in waiting):
            found += 1
            deployments[f"{pod['metadata']['namespace']}/{pod['metadata']['labels']['app']}"] = None
    return {"pods": found, "deployments": list(deployments)}


def unhealthy() -> dict[str, Any]:
    """Return the services without an address."""
    services = [each["metadata"]["name"] for each in _items("endpoints") if not each["subsets"]]
    return {"services": services, "count": len(services)}
