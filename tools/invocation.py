"""A function of the local stack, invoked as AWS services invoke it."""

from __future__ import annotations

import json
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tools.local_stack import LocalStack, StackError, stack_name

# As long as a function may take. No other try: the first one may have done what it should.
_CONFIG: Final = Config(read_timeout=900, retries={"total_max_attempts": 1})


def functions(stack: LocalStack) -> dict[str, str]:
    """The names of the deployed functions, by their names in the template."""
    resources = stack.client("cloudformation").describe_stack_resources(StackName=stack_name())["StackResources"]
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources
        if each["ResourceType"] == "AWS::Lambda::Function"
    }


def invoke(stack: LocalStack, function: str, payload: bytes) -> tuple[Any, bool]:
    """Invoke a function, by its name in the template; gives its answer, and whether it has not failed.

    Raises:
        StackError: There is no such function, or the local AWS does not answer.
    """
    try:
        known = functions(stack)
        if function not in known:
            raise StackError(f"there is no function {function!r}; there are {', '.join(sorted(known))}")
        invoked = stack.client("lambda", _CONFIG).invoke(FunctionName=known[function], Payload=payload)
    except (BotoCoreError, ClientError) as error:
        raise StackError(str(error)) from error
    return json.loads(invoked["Payload"].read()), "FunctionError" not in invoked
