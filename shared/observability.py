"""The one Logger of the functions.

Lambda's own active tracing gives the trace; the X-Ray SDK is not shipped (docs/decisions.md).
"""

from typing import Any

from aws_lambda_powertools.logging import Logger

logger = Logger(service="event-scheduling-api", use_rfc3339=True, utc=True)


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Publish a CloudWatch metric in the embedded metric format, as one log line.

    A value of 0 is published, too, so that an alarm can tell it from silence. Imported late: no request of a caller
    counts anything, and need not load the module.
    """
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace="EventScheduling") as metric:
        for key, dimension in dimensions.items():
            metric.add_dimension(name=key, value=dimension)


def log_request(**facts: Any) -> None:
    """One line per request: facts, never bodies, headers or tokens."""
    logger.info("request", extra=facts)
