"""Invocation of a function of the local stack, as AWS services do it."""

from __future__ import annotations

import json
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tools.local_stack import LocalStack, StackError, stack_name

# The timeout is the longest that a function may take. No retries: the first attempt may have succeeded.
_CONFIG: Final = Config(read_timeout=900, retries={"total_max_attempts": 1})


def functions(stack: LocalStack) -> dict[str, str]:
    """Returns the names of the deployed functions, by their names in the template."""
    resources = stack.client("cloudformation").describe_stack_resources(StackName=stack_name())["StackResources"]
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources
        if each["ResourceType"] == "AWS::Lambda::Function"
    }


def invoke(stack: LocalStack, function: str, payload: bytes) -> tuple[Any, bool]:
    """Invokes a function, by its name in the template.

    Returns:
        The function's response, and whether it succeeded.

    Raises:
        StackError: There is no such function, or the local AWS does not respond.
    """
    try:
        known = functions(stack)
        if function not in known:
            raise StackError(f"there is no function {function!r}; there are {', '.join(sorted(known))}")
        invoked = stack.client("lambda", _CONFIG).invoke(FunctionName=known[function], Payload=payload)
    except (BotoCoreError, ClientError) as error:
        raise StackError(str(error)) from error
    return json.loads(invoked["Payload"].read()), "FunctionError" not in invoked
