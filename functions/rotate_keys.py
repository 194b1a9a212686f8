"""Makes and rotates the keys that sign tokens."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from shared import payloads
from shared.observability import logger, security_event, serving
from shared.wiring import key_rotation as wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from shared.identity.rotation import Rotated

# Of the custom resource: the keys of a deployment are one thing, which is never replaced.
PHYSICAL_ID: Final = "signing-keys"


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Rotates the keys.

    Args:
        event: A scheduled event of EventBridge rotates them if they are old enough. `{}` rotates them now;
            `{"revoke": true}` makes new ones and ends every session. CloudFormation's event of a custom resource makes
            them if there are none; the response goes to the address in it
            (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html).
        context: Names the log, for CloudFormation.

    Returns:
        Whether a key was changed, and if not, why; the ids of the keys that sign and will sign, and how many are
        published.

    Raises:
        MalformedEvent: `event` has none of these forms.
        StoreFault: The secrets cannot be read or written now.
    """
    serving(context.function_name, context.aws_request_id)
    payloads.check_object(event)
    if "RequestType" in event:
        return _custom_resource(event, context)
    if event.get("detail-type") == "Scheduled Event":
        return _report(wiring.rotate_keys_if_due())
    payloads.only(event, "revoke")
    return _report(wiring.revoke_keys() if payloads.optional_truth(event, "revoke") else wiring.rotate_keys())


def _custom_resource(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Serves CloudFormation, which waits for a response whatever happens."""
    kind = payloads.one_of(event, "RequestType", "Create", "Update", "Delete")
    url = payloads.text(event, "ResponseURL")
    response = {
        "Status": "FAILED",
        "Reason": f"see the log of {context.function_name}",
        "PhysicalResourceId": PHYSICAL_ID,
        **{name: payloads.text(event, name) for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        # A deployment that is deleted leaves its secrets behind, as it does its tables.
        done = {} if kind == "Delete" else _report(wiring.ensure_keys())
        response["Status"] = "SUCCESS"
    finally:
        wiring.respond(url, response)
    return done


def _report(done: "Rotated") -> dict[str, Any]:
    response = asdict(done)
    logger.info("keys", extra=response)
    if done.changed:
        security_event("KeyRotated", current=done.current, next=done.next)
    return response
