"""The gateway's authorizer: an access token in, who it speaks for out.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from typing import Any

from shared import payloads
from shared.errors import FieldError, MalformedEvent, NotAuthenticated
from shared.runtime import current
from shared.wiring.identity import tokens

__all__ = ["handler"]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The policy for the caller of a TOKEN authorizer's `event`.

    It allows every route, since the gateway keeps it for the token whatever route it came with. The gateway
    keeps it past the token's end, too: `exp` goes along for `shared.http.api.caller` to look at.

    Raises an Exception of "Unauthorized", the one that the gateway answers with 401, for a token that is not
    valid. A fault of Secrets Manager passes as it is: the caller's token may be good. So does MalformedEvent, for what
    no gateway sends.
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
    """The token of `Authorization: Bearer <token>`; the scheme in any case (RFC 9110, section 11.1)."""
    scheme, _, token = str(event.get("authorizationToken") or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated("no bearer token")
    return token.strip()


def _whole_stage(method_arn: str) -> str:
    """`arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>` -> `…:<api>/<stage>/*`."""
    api, _, rest = method_arn.partition("/")
    stage, _, route = rest.partition("/")
    if not route:
        raise MalformedEvent([FieldError("methodArn", "must be the ARN of a method")])
    return f"{api}/{stage}/*"
