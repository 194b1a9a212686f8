"""What the template says of the gateway: limits of each route, and an access log that holds no secret."""

import json
import re
from typing import Any

import pytest

from tests.harness.template import resources, template

API: dict[str, Any] = template()["Resources"]["Api"]["Properties"]
PARAMETERS: dict[str, dict[str, Any]] = template()["Parameters"]
ROUTES: list[dict[str, Any]] = [
    event["Properties"]
    for function in resources("AWS::Serverless::Function").values()
    for event in function.get("Events", {}).values()
    if event["Type"] == "Api"
]


def limits() -> dict[tuple[str, str], tuple[str, str]]:
    """Returns the parameters that limit a (METHOD, path): the rate, and the burst."""
    return {
        (entry["HttpMethod"], "/" + entry["ResourcePath"][1:].replace("~1", "/").lstrip("/")): (
            entry["ThrottlingRateLimit"]["Ref"],
            entry["ThrottlingBurstLimit"]["Ref"],
        )
        for entry in API["MethodSettings"]
    }


def test_all_routes_have_a_limit() -> None:
    assert limits()["*", "/*"] == ("RequestsPerSecond", "RequestBurst")


def test_exactly_the_routes_that_strangers_reach_have_a_low_one() -> None:
    public = {(each["Method"].upper(), each["Path"]) for each in ROUTES if each.get("Auth") == {"Authorizer": "NONE"}}
    low = {route for route, limit in limits().items() if limit == ("PublicRequestsPerSecond", "PublicRequestBurst")}
    assert low == public
    assert ("POST", "/auth/login") in public
    assert limits().keys() == public | {("*", "/*")}


def test_a_route_is_written_as_the_gateway_wants_it() -> None:
    """The first slash as it is, others as ~1 (CloudFormation's reference of a stage's MethodSetting)."""
    for entry in API["MethodSettings"][1:]:
        assert re.fullmatch(r"/(~1([a-z0-9.-]+|\{[a-z_]+\}))+", entry["ResourcePath"]), entry


@pytest.mark.parametrize("limit", ["RequestsPerSecond", "RequestBurst"])
def test_strangers_may_spend_less_than_users(limit: str) -> None:
    assert PARAMETERS[f"Public{limit}"]["Default"] * 10 <= PARAMETERS[limit]["Default"]


# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
LOGGED = {
    "authorizer.user_id",
    "error.responseType",
    "httpMethod",
    "identity.sourceIp",
    "integrationLatency",
    "requestId",
    "requestTime",
    "resourcePath",
    "responseLatency",
    "responseLength",
    "cipherSuite",
    "status",
    "tlsVersion",
    "wafResponseCode",
}


def test_the_access_log_names_no_body_no_header_and_nothing_that_a_caller_has_written() -> None:
    """`path` and `error.message` could have a token that was sent in the wrong place, and so could the query."""
    assert set(re.findall(r"\$context\.([A-Za-z_.]+)", API["AccessLogSetting"]["Format"])) == LOGGED


def test_a_line_of_the_access_log_is_json_with_the_id_that_the_functions_log() -> None:
    line = re.sub(
        r"\$context\.[A-Za-z_.]+", lambda name: name[0].removeprefix("$context."), API["AccessLogSetting"]["Format"]
    )
    assert "\n" not in line
    fields = json.loads(line)
    assert fields["correlation_id"] == "requestId"
    assert sorted(fields.values()) == sorted(LOGGED)


def test_execution_logs_which_have_headers_and_bodies_are_off() -> None:
    for entry in API["MethodSettings"]:
        assert not {"LoggingLevel", "DataTraceEnabled"} & entry.keys()


def test_the_tls_floor_is_never_below_1_2_and_the_host_is_checked() -> None:
    assert API["SecurityPolicy"] == {"Ref": "TlsPolicy"}
    assert API["EndpointAccessMode"] == "STRICT"
    policies = PARAMETERS["TlsPolicy"]["AllowedValues"]
    assert PARAMETERS["TlsPolicy"]["Default"] in policies
    assert all(re.fullmatch(r"SecurityPolicy_TLS13_1_[23](_[A-Z]+)*_2025_09", policy) for policy in policies)


def test_a_firewall_is_in_front_of_the_stage_if_there_is_one() -> None:
    association = template()["Resources"]["WebAclAssociation"]
    assert association["Condition"] == "HasWebAcl"
    assert association["Properties"]["WebACLArn"] == {"Ref": "WebAclArn"}
    assert association["Properties"]["ResourceArn"]["Sub"].endswith(":/restapis/${Api}/stages/${Api.Stage}")


@pytest.mark.parametrize(
    ("function", "parameter"), [("Register", "RegisterConcurrency"), ("Login", "LoginConcurrency")]
)
def test_what_hashes_passwords_can_be_limited_and_is_not_by_default(function: str, parameter: str) -> None:
    reserved = resources("AWS::Serverless::Function")[f"{function}Function"]["ReservedConcurrentExecutions"]
    assert reserved == {"If": [f"Limits{function}", {"Ref": parameter}, {"Ref": "AWS::NoValue"}]}
    assert template()["Conditions"][f"Limits{function}"] == {"Not": [{"Equals": [{"Ref": parameter}, 0]}]}
    assert PARAMETERS[parameter]["Default"] == 0
