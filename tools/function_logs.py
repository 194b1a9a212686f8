"""What the functions of the local stack log, line by line. No fault of a look ends what is looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

LOOK_SECONDS: Final = 0.5
# An event is stored a moment after the time that it bears.
LATE_MILLISECONDS: Final = 5_000
# What was logged so long ago is deleted. The stack keeps a stream for each invocation, in memory and for ever: after
# thousands of requests each look takes longer, and so does saving the stack's state when it stops.
KEPT_MILLISECONDS: Final = 60_000
# As many pages of fifty at a look: it is the look of a moment, too.
PAGES_DELETED: Final = 4

# A refusal, no answer in time, no answer at all, and an answer that cannot be read or lacks what it should have.
FAULTS: Final = (BotoCoreError, ClientError, ResponseParserError, OSError, LookupError, TypeError, ValueError)

# Quick to give up: there is always a next look.
_CONFIG: Final = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})


class FunctionLogs:
    """The logs of a stack's functions, from now on.

    Args:
        client: Makes a boto3 client of the local AWS, by the name of the service and a configuration.
        stack_name: Whose log groups to look at.
        delete_old: Whether to delete what is older than a minute; for the one process that owns the stack.
    """

    def __init__(self, client: Callable[[str, Config], Any], stack_name: str, *, delete_old: bool = False) -> None:
        self._logs = client("logs", _CONFIG)
        self._cloudformation = client("cloudformation", _CONFIG)
        self._stack_name = stack_name
        self._delete_old = delete_old
        self._since = int(time.time() * 1000)
        self._shown: dict[str, int] = {}  # one stream per invocation, whole when it appears; and its time

    def lines(self, alive: Callable[[], bool]) -> Iterator[str]:
        """Yield line after line for as long as the stack is `alive`; for looks that fail, one line that says why."""
        fault = ""
        while alive():
            try:
                yield from self._look()
                fault = ""
            except FAULTS as error:
                before, fault = fault, f"==> Cannot read the logs now: {type(error).__name__}: {error}"
                if fault != before:
                    yield fault
            time.sleep(LOOK_SECONDS)

    def _look(self) -> Iterator[str]:
        """What has been logged since the last look."""
        for group in self._groups():
            found = self._logs.filter_log_events(logGroupName=group, startTime=self._since)["events"]
            fresh = [event for event in found if event["logStreamName"] not in self._shown]
            self._shown |= {event["logStreamName"]: event["timestamp"] for event in fresh}
            lines = (event["message"].rstrip() for event in fresh)
            yield from (line for line in lines if not line.startswith(("START ", "END ", "REPORT ")))
            for _ in range(PAGES_DELETED if self._delete_old else 0):
                if not self._delete_page(group):
                    break
        # One group may be read before an earlier event reaches it.
        self._since = max(self._since, max(self._shown.values(), default=0) - LATE_MILLISECONDS)
        self._shown = {stream: at for stream, at in self._shown.items() if at >= self._since}

    def _groups(self) -> list[str]:
        """The stack's log groups. Listing them as logs would add up the size of all that was ever logged."""
        resources = self._cloudformation.describe_stack_resources(StackName=self._stack_name)["StackResources"]
        return [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::Logs::LogGroup"]

    def _delete_page(self, group: str) -> bool:
        """Delete the fifty oldest streams of `group`, those of earlier runs included; gives whether all were old."""
        page = self._logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime")["logStreams"]
        end = time.time() * 1000 - KEPT_MILLISECONDS
        old = [stream["logStreamName"] for stream in page if stream.get("lastEventTimestamp", end) < end]
        for stream in old:
            self._logs.delete_log_stream(logGroupName=group, logStreamName=stream)
        return bool(page) and len(old) == len(page)
