"""Logging and metrics: the single Logger of the functions, and metrics in log lines.

Traces come from Lambda's active tracing; the X-Ray SDK is not shipped (docs/decisions.md).
"""

from typing import Any

from aws_lambda_powertools.logging import Logger

logger = Logger(service="event-scheduling-api", use_rfc3339=True, utc=True)


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Publishes a CloudWatch metric in the embedded metric format, as one log line.

    A value of 0 is published, too, so that an alarm can distinguish it from missing data. The metrics module is
    imported late: requests to the API publish no metrics, and need not load it.
    """
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace="EventScheduling") as metric:
        for key, dimension in dimensions.items():
            metric.add_dimension(name=key, value=dimension)


def log_request(**facts: Any) -> None:
    """Logs one line for a request, with `facts`. They must not include bodies, headers or tokens."""
    logger.info("request", extra=facts)
