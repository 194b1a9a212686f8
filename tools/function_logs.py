"""The log lines of the local stack's functions, as a source of `tools.following`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.config import Config

# An event may be stored this long after its timestamp.
LATE_MILLISECONDS: Final = 5_000
# Log streams older than this are deleted. The stack keeps a stream per invocation, in memory and indefinitely: after
# thousands of requests each poll takes longer, and so does saving the stack's state when it stops.
KEPT_MILLISECONDS: Final = 60_000
# The number of pages of fifty streams deleted per poll, which keeps a poll short.
PAGES_DELETED: Final = 4

# Short timeouts and no retries, since there is always a next poll.
_CONFIG: Final = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})


class FunctionLogs:
    """The logs of a stack's functions, from now on.

    Args:
        client: Returns a boto3 client of the local AWS for the name of a service and a configuration.
        stack_name: The stack whose log groups to read.
        delete_old: Whether to delete streams older than a minute; only for the process that owns the stack.
    """

    name: Final = "the logs"

    def __init__(self, client: Callable[[str, Config], Any], stack_name: str, *, delete_old: bool = False) -> None:
        self._logs = client("logs", _CONFIG)
        self._cloudformation = client("cloudformation", _CONFIG)
        self._stack_name = stack_name
        self._delete_old = delete_old
        self._since = int(time.time() * 1000)
        self._shown: dict[str, int] = {}  # stream to time: one stream per invocation, complete when it appears

    def poll(self) -> Iterator[str]:
        """Yields the lines logged since the last poll."""
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
        """Returns the stack's log groups. Listing them by the logs API would compute the size of all logs each time."""
        resources = self._cloudformation.describe_stack_resources(StackName=self._stack_name)["StackResources"]
        return [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::Logs::LogGroup"]

    def _delete_page(self, group: str) -> bool:
        """Deletes old streams among the fifty oldest of `group`, also of earlier runs. Returns whether all were old."""
        page = self._logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime")["logStreams"]
        end = time.time() * 1000 - KEPT_MILLISECONDS
        old = [stream["logStreamName"] for stream in page if stream.get("lastEventTimestamp", end) < end]
        for stream in old:
            self._logs.delete_log_stream(logGroupName=group, logStreamName=stream)
        return bool(page) and len(old) == len(page)
