"""The gateway's authorizer: verifies an access token, and returns its user.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from typing import Any

from shared import payloads
from shared.errors import FieldError, MalformedEvent, NotAuthenticated
from shared.runtime import current
from shared.wiring.identity import tokens

__all__ = ["handler"]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Returns the policy for the caller of a TOKEN authorizer's `event`.

    It allows every route, since the gateway caches it by token, whatever route the request was for. The gateway may
    also use it after the token has expired, so the context has `exp` for `shared.http.api.current_request` to check.

    Raises:
        Exception: With the message "Unauthorized", for which the gateway responds with 401: the token is not valid.
        MalformedEvent: The event is not one that the gateway sends.

    Errors of Secrets Manager are raised as they are, since the token may be valid.
    """
    payloads.check_object(event)
    try:
        now = current().now()
        access = tokens(now).access(_bearer_token(event), now)
    except NotAuthenticated:
        raise Exception("Unauthorized") from None  # noqa: TRY002 the one that the gateway knows
    return {
        "principalId": access.user_id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": _whole_stage(payloads.text(event, "methodArn")),
                }
            ],
        },
        "context": {
            "user_id": access.user_id,
            "username": access.username,
            "exp": str(access.expires_at),
        },
    }


def _bearer_token(event: dict[str, Any]) -> str:
    """Returns the token of `Authorization: Bearer <token>`; the scheme in any case (RFC 9110, section 11.1)."""
    scheme, _, token = str(event.get("authorizationToken") or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated("no bearer token")
    return token.strip()


def _whole_stage(method_arn: str) -> str:
    """Returns the ARN of all methods of a method's stage.

    `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>` becomes `…:<api>/<stage>/*`.
    """
    api, _, rest = method_arn.partition("/")
    stage, _, route = rest.partition("/")
    if not route:
        raise MalformedEvent([FieldError("methodArn", "must be the ARN of a method")])
    return f"{api}/{stage}/*"
