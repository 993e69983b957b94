#!/usr/bin/env python3
"""A real agent in one file, without dependencies: reads a prompt, asks a model, runs the tools that it calls.

    tiny_agent.py [-p] [PROMPT] [--model M] [--allowedTools Bash,Write] [--max-turns N] < prompt

It speaks the Messages API with ANTHROPIC_BASE_URL, and prints what `claude -p --output-format stream-json --verbose`
prints, so that whatever reads the one reads the other. Starts in a tenth of a second, where Claude Code takes one:
good enough to try strategies and tests with.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

VERSION = "1.0.0"
RETRIES = 3
RETRIED = (429, 500, 502, 503, 504, 529)
KINDS = {401: "authentication_failed", 402: "billing_error", 429: "rate_limit", 529: "overloaded"}
DOLLARS_PER_TOKEN = {"input_tokens": 3e-6, "output_tokens": 15e-6}
TOOLS = [
    {
        "name": "Bash",
        "description": "Runs a shell command and returns what it prints.",
        "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
    },
    {
        "name": "Write",
        "description": "Writes a file.",
        "input_schema": {
            "type": "object",
            "properties": {"file_path": {"type": "string"}, "content": {"type": "string"}},
            "required": ["file_path", "content"],
        },
    },
]


class ApiError(Exception):
    """The model did not answer."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"API Error: {status} {message}" if status else f"API Error: {message}")
        self.status = status
        self.retry_after = retry_after


class Agent:
    """One conversation with a model."""

    def __init__(self, model: str, allowed: list[str] | None, max_turns: int, session: str, budget: float) -> None:
        self.model, self.allowed, self.max_turns, self.session = model, allowed, max_turns, session
        self.budget = budget
        self.messages: list[dict[str, Any]] = []
        self.usage = {"input_tokens": 0, "output_tokens": 0}
        self.denials: list[dict[str, Any]] = []
        self.turns = 0
        self.started = time.monotonic()

    def run(self, prompt: str) -> int:
        """Work on ``prompt`` until the model calls no more tools, and return the exit code."""
        names = [tool["name"] for tool in TOOLS]
        self.emit("system", subtype="init", cwd=os.getcwd(), tools=names, model=self.model, claude_code_version=VERSION)
        self.messages.append({"role": "user", "content": prompt})
        try:
            while self.turns < self.max_turns:
                self.turns += 1
                answer = self.ask()
                calls = [block for block in answer["content"] if block["type"] == "tool_use"]
                if not calls:
                    said = "".join(block.get("text", "") for block in answer["content"])
                    return self.finish(said, answer.get("stop_reason"))
                if self.cost > self.budget:
                    return self.finish("", None, subtype="error_max_budget_usd")
                results = [self.call(block) for block in calls]
                self.messages.append({"role": "user", "content": results})
                self.emit("user", message=self.messages[-1])
        except ApiError as error:
            self.emit(
                "assistant",
                message={
                    "role": "assistant",
                    "model": "<synthetic>",
                    "content": [{"type": "text", "text": str(error)}],
                },
                error=KINDS.get(error.status, "unknown"),
            )
            return self.finish(str(error), "stop_sequence", api_error_status=error.status or None)
        return self.finish("", None, subtype="error_max_turns")

    @property
    def cost(self) -> float:
        """What it has cost so far, in dollars."""
        return sum(count * DOLLARS_PER_TOKEN[name] for name, count in self.usage.items())

    def ask(self) -> dict[str, Any]:
        """Return the model's next answer."""
        for attempt in range(1, RETRIES + 2):
            try:
                answer = self.post("/v1/messages")
                break
            except ApiError as error:
                if error.status not in RETRIED or attempt > RETRIES:
                    raise
                delay = 0.05 * 2**attempt if error.retry_after is None else error.retry_after
                self.emit(
                    "system",
                    subtype="api_retry",
                    attempt=attempt,
                    max_retries=RETRIES,
                    retry_delay_ms=round(delay * 1000),
                    error_status=error.status,
                    error=KINDS.get(error.status, "unknown"),
                )
                time.sleep(delay)
        for name in self.usage:
            self.usage[name] += answer.get("usage", {}).get(name, 0)
        self.messages.append({"role": "assistant", "content": answer["content"]})
        self.emit("assistant", message=answer)
        return answer

    def post(self, path: str) -> dict[str, Any]:
        """Send the conversation, and return the answer of the server."""
        base = urlsplit(os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com"))
        kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
        connection = kind(base.netloc, timeout=600)
        body = {
            "model": self.model,
            "max_tokens": 8192,
            "system": f"You are a tiny agent. Working directory: {os.getcwd()}",
            "tools": TOOLS,
            "messages": self.messages,
        }
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"tiny-agent/{VERSION}",
            "X-Session-Id": self.session,
            "anthropic-version": "2023-06-01",
            "x-api-key": os.environ.get("ANTHROPIC_API_KEY", ""),
        }
        try:
            connection.request("POST", base.path.rstrip("/") + path, json.dumps(body), headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ApiError(0, f"Connection error: {type(error).__name__}: {error}") from None
        finally:
            connection.close()
        if response.status == 200:
            return dict(answer)
        retry_after = response.headers.get("retry-after")
        message = answer.get("error", {}).get("message", "")
        raise ApiError(response.status, message, float(retry_after) if retry_after else None)

    def call(self, block: dict[str, Any]) -> dict[str, Any]:
        """Do what the model asks for, and return the block that tells it how that went."""
        name, given = block["name"], block["input"]
        if self.allowed is not None and name not in self.allowed:
            self.denials.append({"tool_name": name, "tool_use_id": block["id"], "tool_input": given})
            text, is_error = f"{name} is not among the allowed tools.", True
        elif name == "Bash":
            done = subprocess.run(
                ["bash", "-c", given.get("command", "")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            text, is_error = done.stdout.decode("utf-8", "replace").rstrip("\n"), done.returncode != 0
            if is_error:
                text = f"Exit code {done.returncode}\n{text}"
        elif name == "Write":
            text, is_error = write_file(given.get("file_path", ""), given.get("content", ""))
        else:
            text, is_error = f"No such tool available: {name}", True
        return {"type": "tool_result", "tool_use_id": block["id"], "content": text, "is_error": is_error}

    def finish(self, result: str, stop: str | None, **more: Any) -> int:
        """Print the last event, and return the exit code."""
        is_error = bool(more)
        event = {
            "subtype": "success",
            "is_error": is_error,
            "result": result,
            "stop_reason": stop,
            "num_turns": self.turns,
            "duration_ms": round((time.monotonic() - self.started) * 1000),
            "total_cost_usd": self.cost,
            "usage": self.usage,
            "permission_denials": self.denials,
            **more,
        }
        self.emit("result", **event)
        return 1 if is_error else 0

    def emit(self, kind: str, **fields: Any) -> None:
        """Print one event, as one line of JSON."""
        print(json.dumps({"type": kind, **fields, "session_id": self.session, "uuid": str(uuid.uuid4())}), flush=True)


def write_file(path: str, content: str) -> tuple[str, bool]:
    """Write a file, and return what to say about it, and whether that is an error."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}", True
    return f"File created successfully at: {path}", False


def main() -> int:
    """Read the command line as far as this agent understands it, and run."""
    parser = argparse.ArgumentParser(prog="tiny_agent", description=__doc__.splitlines()[0])
    parser.add_argument("prompt", nargs="?", help="what to do; read from standard input where it is missing")
    parser.add_argument("-p", "--print", action="store_true", help="the only way it works")
    parser.add_argument("--output-format", default="stream-json", choices=["stream-json"])
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--allowedTools", help="comma-separated; all where it is missing")
    parser.add_argument("--permission-mode")
    parser.add_argument("--max-budget-usd", type=float, default=float("inf"))
    parser.add_argument("--max-turns", type=int, default=100)
    parser.add_argument("--session-id", default=str(uuid.uuid4()))
    parser.add_argument("--version", action="version", version=f"{VERSION} (tiny agent)")
    options = parser.parse_args()
    prompt = options.prompt if options.prompt is not None else sys.stdin.read().rstrip("\n")
    if not prompt:
        parser.error("there is no prompt; give one as an argument or on standard input")
    allowed = None if options.allowedTools is None else options.allowedTools.replace(",", " ").split()
    agent = Agent(options.model, allowed, options.max_turns, options.session_id, options.max_budget_usd)
    return agent.run(prompt)


if __name__ == "__main__":
    sys.exit(main())
