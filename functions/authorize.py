"""The gateway's authorizer: verifies an access token, and returns its user.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from shared import payloads
from shared.errors import FieldError, MalformedEvent, NotAuthenticated
from shared.runtime import current
from shared.wiring.identity import authorized

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

__all__ = ["handler"]


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Returns the policy for the caller of a TOKEN authorizer's `event`: Allow, or Deny if the token is not valid.

    It is for every route, since the gateway caches it by token, whatever route the request was for. The gateway may
    also use it after the token has expired, so the context has `exp` for `shared.http.api.current_request` to check.

    A token is denied rather than refused with the error "Unauthorized", which Lambda would log with a stack trace; the
    gateway's response ACCESS_DENIED makes a 401 of it (template.yaml).

    Raises:
        MalformedEvent: The event is not one that the gateway sends.
        StoreFault: The keys cannot be read, so the token may be valid.
    """
    method = _Method.of(payloads.text(payloads.check_object(event), "methodArn"))
    runtime = current()
    now = runtime.now()
    try:
        issuer = runtime.settings.issuer_at(method.api_id, method.stage)
        access = authorized(_bearer_token(event), issuer, now)
    except NotAuthenticated as refusal:
        _log(refusal, context)
        return _policy("nobody", "Deny", method)
    caller = {
        "user_id": access.user_id,
        "username": access.username,
        "session": access.session,
        "exp": str(access.expires_at),
    }
    return {**_policy(access.user_id, "Allow", method), "context": caller}


def _log(refusal: NotAuthenticated, context: "LambdaContext") -> None:
    """Logs that a token was refused. The logger is only loaded for that."""
    from shared.observability import security_event, serving  # noqa: PLC0415

    serving(context.function_name, context.aws_request_id)
    security_event("Denied", why=str(refusal))


@dataclass(frozen=True, slots=True)
class _Method:
    """A method of the gateway's API: `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>`."""

    api_arn: str
    stage: str

    @classmethod
    def of(cls, arn: str) -> Self:
        """Raises MalformedEvent."""
        api, _, rest = arn.partition("/")
        stage, _, route = rest.partition("/")
        if not route:
            raise MalformedEvent([FieldError("methodArn", "must be the ARN of a method")])
        return cls(api, stage)

    @property
    def api_id(self) -> str:
        return self.api_arn.rpartition(":")[2]


def _policy(principal: str, effect: str, method: _Method) -> dict[str, Any]:
    """Returns a policy for all methods of the stage of `method`."""
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{method.api_arn}/{method.stage}/*"}
    return {"principalId": principal, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def _bearer_token(event: dict[str, Any]) -> str:
    """Returns the token of `Authorization: Bearer <token>`; the scheme in any case (RFC 9110, section 11.1)."""
    scheme, _, token = str(event.get("authorizationToken") or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated("no bearer token")
    return token.strip()
