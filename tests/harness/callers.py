"""Callers of the API through the gateway: the template's authorizer is asked first, then the function is called."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from tests.harness.gateway import Api, Context, Reply, invoke, payload, served
from tests.harness.template import public_routes, template

METHOD_ARN: Final = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/v1/"


def gateway_response(kind: str) -> Reply:
    """Returns what the gateway itself responds with in a case of `GatewayResponses`, such as `UNAUTHORIZED`.

    In the headers, parameters such as `${CorsOrigin}` keep their form.
    """
    response = template()["Resources"]["Api"]["Properties"]["GatewayResponses"][kind]
    headers = {
        name: (value["Sub"] if isinstance(value, dict) else value).strip("'")
        for name, value in response["ResponseParameters"]["Headers"].items()
    }
    return Reply(int(response["StatusCode"]), headers, response["ResponseTemplates"]["application/json"])


@cache
def _authorizer() -> tuple[str, re.Pattern[str]]:
    """Returns the function of the template's authorizer, and the form of the tokens that the gateway passes to it."""
    auth = template()["Resources"]["Api"]["Properties"]["Auth"]
    authorizer = auth["Authorizers"][auth["DefaultAuthorizer"]]
    assert authorizer["FunctionPayloadType"] == "TOKEN"
    assert authorizer["Identity"]["Header"] == "Authorization"
    logical_id = authorizer["FunctionArn"]["GetAtt"].removesuffix(".Arn")
    function = template()["Resources"][logical_id]["Properties"]["Handler"].split(".")[0]
    return function, re.compile(authorizer["Identity"]["ValidationExpression"])


def authorized(authorization: str | None, method: str, path: str) -> dict[str, Any] | Reply:
    """Returns the context of the authorizer for a request, or the gateway's response if it is refused.

    Args:
        authorization: The value of the header Authorization, if the request has one.
        method: The request's method.
        path: The request's path, with a slash in front.
    """
    function, form = _authorizer()
    if not authorization or not form.search(authorization):
        return gateway_response("UNAUTHORIZED")
    arn = f"{METHOD_ARN}{method}{path}"
    policy = invoke(function, {**payload("authorize"), "authorizationToken": authorization, "methodArn": arn})
    effects = {
        statement["Effect"]
        for statement in policy["policyDocument"]["Statement"]
        if fnmatchcase(arn, statement["Resource"]) and statement["Action"] == "execute-api:Invoke"
    }
    if effects != {"Allow"}:  # an explicit Deny wins, and so does no statement that matches
        return gateway_response("ACCESS_DENIED")
    return {"principalId": policy["principalId"], **policy.get("context", {})}


@dataclass
class Caller(Api):
    """Somebody who sends requests with a header of their own, or with none.

    Attributes:
        authorization: The value of the header Authorization; None sends none.
        kept: The context of a policy that the gateway has kept for this header: the authorizer is not asked.
        reads_with: The method that is sent in place of GET: GET or HEAD.
    """

    authorization: str | None = None
    kept: dict[str, Any] | None = None
    reads_with: str = "GET"

    def send(self, event: dict[str, Any], context: Context | None = None) -> Reply:
        """Sends a request as the gateway does: a protected route only with the context of the authorizer."""
        if event["httpMethod"] == "GET":
            event["httpMethod"] = self.reads_with
        method = event["httpMethod"]
        if self.authorization is not None:
            event["headers"] = {**event["headers"], "Authorization": self.authorization}
            event["multiValueHeaders"] = {**event["multiValueHeaders"], "Authorization": [self.authorization]}
        if (method, event["resource"]) not in public_routes():
            found = self.kept or authorized(self.authorization, method, event["path"])
            if isinstance(found, Reply):
                return found
            event["requestContext"]["authorizer"] = found
        return served(event, context)
