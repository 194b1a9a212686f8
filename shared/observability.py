"""Logging, metrics and security events: the single Logger of the functions, and metrics in log lines.

Traces come from Lambda's active tracing; the X-Ray SDK is not shipped (docs/decisions.md).
"""

import logging
import time
from typing import Any, Final, Literal

from aws_lambda_powertools.logging import Logger

NAMESPACE: Final = "EventScheduling"
# The dimension of all metrics: one value for each function of a stack, so that stacks in one account do not mix.
DIMENSION: Final = "FunctionName"

SecurityEvent = Literal[
    "AccountDisabled",
    "AccountErased",
    "Denied",
    "EmailVerified",
    "GrantsChanged",
    "KeyRotated",
    "LoginFailed",
    "LoginLocked",
    "LoginSucceeded",
    "MailLimited",
    "PasswordChanged",
    "PasswordReset",
    "RefreshReused",
    "Registered",
    "SessionsEnded",
]

logger = Logger(service="event-scheduling-api", use_rfc3339=True, utc=True)


def serving(function_name: str, correlation_id: str) -> None:
    """Names the function and the request in all log lines from here on; called at the beginning of each invocation.

    Args:
        function_name: `context.function_name`.
        correlation_id: What the gateway calls the request (`requestContext.requestId`, also in the access log), or
            Lambda's id of the invocation where there is no gateway.
    """
    logger.append_keys(correlation_id=correlation_id, **{DIMENSION: function_name})


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Publishes a CloudWatch metric in the embedded metric format, as one log line.

    A value of 0 is published, too, so that an alarm can distinguish it from missing data. The metrics module is
    imported late: requests to the API publish no metrics, and need not load it.
    """
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE) as metric:
        for key, dimension in dimensions.items():
            metric.add_dimension(name=key, value=dimension)


def security_event(name: SecurityEvent, *, user_id: str | None = None, source: str | None = None, **facts: Any) -> None:
    """Logs a security event, in one line that is also a CloudWatch metric `name` of value 1.

    The line is in the embedded metric format, and is written whatever the log level is, since alarms count it. It has
    the correlation id and the function's name from `serving`.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

    Args:
        name: What happened; docs/operations.md says when.
        user_id: The user it happened to, if known.
        source: The source address of the request (`Client.source`), if there was one.
        facts: What else to log. Never a password, a token, a code, an e-mail address or the text of an event.
    """
    metric = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": [{"Name": name, "Unit": "Count"}]}
    line = {
        "_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [metric]},
        name: 1,
        # A line without its dimension would be no metric.
        DIMENSION: logger.get_current_keys().get(DIMENSION, "unknown"),
        "security_event": name,
        "user_id": user_id,
        "source": source,
        **facts,
    }
    known = {key: value for key, value in line.items() if value is not None}
    # Not logger.info(), which the level WARNING would suppress.
    same = logging.getLogger(logger.name)
    path, number, function, _ = same.findCaller(stacklevel=2)
    same.handle(same.makeRecord(same.name, logging.INFO, path, number, "security event", (), None, function, known))


def log_request(**facts: Any) -> None:
    """Logs one line for a request, with `facts`. They must not include bodies, headers or tokens."""
    logger.info("request", extra=facts)
