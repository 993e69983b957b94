"""A process of an agent while it runs in a test."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ..agents.result import CANCELLED, ProcessResult
from ..core.status import Status

if TYPE_CHECKING:
    from ..agents.process import CliProcess
    from ..agents.stream import StreamParser


class Watch:
    """What is known of a process while it runs: all there is when an exception ends it, as pytest-timeout's does."""

    def __init__(self, process: CliProcess) -> None:
        """Keep the reader of its output, which is made when it starts."""
        self._process = process
        self._started = time.time()
        self._parser: StreamParser | None = None
        self._make = process.cli.parser
        process.cli = replace(process.cli, parser=self._new_parser)

    def _new_parser(self) -> StreamParser:
        self._parser = self._make()
        return self._parser

    def interrupted(self) -> ProcessResult:
        """Return the result of a run that an exception ended, with what it had said and done."""
        process, parser = self._process, self._parser
        result = ProcessResult(
            exit_code=CANCELLED,
            output="",
            stderr="",
            duration=time.time() - self._started,
            process_id=process.process_id,
            status=Status.CANCELLED,
            error="interrupted by an exception in the test",
            log_path=process.log_path,
            started=self._started,
            cli=process.cli.name,
            model=process.model,
        )
        if parser is None:
            return result
        transcript = parser.transcript
        return replace(
            result,
            output=parser.text,
            transcript=transcript,
            usage=parser.usage,
            cost_usd=parser.cost_usd,
            session_id=transcript.session_id,
            model=transcript.model or process.model,
        )
