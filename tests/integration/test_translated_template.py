"""What SAM makes of template.yaml is right where the local stack would not tell: see docs/decisions.md."""

import json
import re
from typing import Any

import pytest

from shared.http import response_headers
from shared.http.parameters import REQUEST_HEADERS
from shared.http.problems import TITLES
from shared.http.responses import RESPONSE_HEADERS
from tests.harness.template import template
from tests.harness.translated_template import of_type, translations

METHODS = {"delete", "get", "head", "patch", "post", "put"}
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
KINDS = {
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
}
# No request validators, no API keys; and a function's answer that is none is no fault of configuration to a caller.
LEFT_TO_THE_DEFAULT = {"API_CONFIGURATION_ERROR", "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "INVALID_API_KEY"}
# The properties that name a resource in the whole account; without them CloudFormation makes up names.
NAMES = {
    "AWS::ApiGateway::RestApi": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SecretsManager::Secret": "Name",
}
NAMELESS = {
    "Custom::SigningKeys",
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    # Its PolicyName is one of the role's.
    "AWS::IAM::Policy",
    "AWS::S3::BucketPolicy",
    "AWS::WAFv2::WebACLAssociation",
}
DATA = (
    "AWS::DynamoDB::Table",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SecretsManager::Secret",
)
HEADER = "gatewayresponse.header."


@pytest.fixture(scope="module")
def both() -> list[dict[str, Any]]:
    """The template with the default `CorsOrigin`, and with another one."""
    return translations([{}, {"CorsOrigin": "https://app.example.com"}])


@pytest.fixture(scope="module")
def translated(both: list[dict[str, Any]]) -> dict[str, Any]:
    return both[0]


@pytest.fixture(scope="module")
def document(translated: dict[str, Any]) -> dict[str, Any]:
    """The API's document, as API Gateway imports it."""
    (api,) = of_type(translated, "AWS::ApiGateway::RestApi").values()
    body: dict[str, Any] = api["Properties"]["Body"]
    return body


@pytest.fixture(scope="module")
def gateway(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The gateway's own responses by their kinds."""
    found: dict[str, dict[str, Any]] = document["x-amazon-apigateway-gateway-responses"]
    return found


def problem_of(response: dict[str, Any]) -> dict[str, Any]:
    """The problem document of a gateway response."""
    made: dict[str, Any] = json.loads(response["responseTemplates"]["application/json"])
    return made


def test_v1_is_the_only_stage(translated: dict[str, Any]) -> None:
    stages = of_type(translated, "AWS::ApiGateway::Stage").values()
    assert [stage["Properties"]["StageName"] for stage in stages] == ["v1"]
    # A deployment that names a stage makes it.
    (deployment,) = of_type(translated, "AWS::ApiGateway::Deployment").values()
    assert "StageName" not in deployment["Properties"]


def test_a_new_origin_is_deployed(both: list[dict[str, Any]]) -> None:
    deployments = [set(of_type(each, "AWS::ApiGateway::Deployment")) for each in both]
    assert [len(each) for each in deployments] == [1, 1]
    assert deployments[0].isdisjoint(deployments[1])


def test_head_is_there_wherever_get_is_and_the_same(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        assert operations.get("head") == operations.get("get"), path
    assert sum("head" in operations for operations in document["paths"].values()) >= 9


def test_the_gateway_may_call_the_function_of_every_route(translated: dict[str, Any], document: dict[str, Any]) -> None:
    allowed = set()
    for permission in of_type(translated, "AWS::Lambda::Permission").values():
        properties = permission["Properties"]
        if properties["Principal"] == "apigateway.amazonaws.com":
            route = properties["SourceArn"]["Fn::Sub"][0].partition("${__ApiId__}/")[2]
            allowed.add((route, json.dumps(properties["FunctionName"])))
    for path, operations in document["paths"].items():
        for method in METHODS & operations.keys():
            function = operations[method]["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            name = re.search(r"\$\{(\w+)\.Arn\}", function)
            assert name, (method, path)
            route = "${__Stage__}/" + method.upper() + re.sub(r"\{\w+\}", "*", path)
            assert (route, json.dumps({"Ref": name[1]})) in allowed, (method, path)
    assert ("authorizers/*", json.dumps({"Fn::GetAtt": ["AuthorizeFunction", "Arn"]})) in allowed


def test_preflights_name_every_method_and_header(document: dict[str, Any]) -> None:
    methods = {method for operations in document["paths"].values() for method in operations}
    headers = {"Authorization", "Content-Type", "Idempotency-Key", *REQUEST_HEADERS}
    for path, operations in document["paths"].items():
        options = operations["options"]
        assert "security" not in options, path
        answer = options["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
        allowed = {
            name: set(answer[f"method.response.header.Access-Control-Allow-{name}"].strip("'").split(","))
            for name in ("Methods", "Headers")
        }
        assert allowed == {"Methods": {method.upper() for method in methods}, "Headers": headers}, path


def test_web_pages_may_read_every_header_of_the_reference() -> None:
    assert RESPONSE_HEADERS.keys() <= set(response_headers.EXPOSED)


def test_every_error_of_the_gateway_that_can_come_up_has_a_response(gateway: dict[str, Any]) -> None:
    assert gateway.keys() == KINDS - LEFT_TO_THE_DEFAULT


@pytest.mark.parametrize("kind", sorted(KINDS - LEFT_TO_THE_DEFAULT))
def test_a_gateway_response_is_a_problem_that_is_true(gateway: dict[str, Any], kind: str) -> None:
    response = gateway[kind]
    problem = problem_of(response)
    assert problem["type"] == "/problems/" + problem["title"].lower().replace(" ", "-")
    assert problem["detail"]
    # A fallback with a status would give it to all that have none of their own.
    status = None if kind.startswith("DEFAULT_") else int(response["statusCode"])
    assert (response.get("statusCode") is None) is (status is None)
    assert problem.get("status") == status
    ours = {title: ours for ours, title in TITLES.values()}
    assert problem["title"] not in ours or ours[problem["title"]] == status

    headers = response["responseParameters"]
    assert headers[f"{HEADER}Content-Type"] == "'application/problem+json'"
    assert headers[f"{HEADER}Access-Control-Allow-Origin"] == {"Fn::Sub": "'${CorsOrigin}'"}
    exposed = headers.get(f"{HEADER}Access-Control-Expose-Headers", "''").strip("'")
    more = {name.removeprefix(HEADER) for name in headers if "Access-Control" not in name}
    more -= {"Content-Type", *response_headers.ALWAYS}
    assert {*filter(None, exposed.split(", "))} == more


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        # What a route or a method that there is not is answered with: without a token, with a bearer token, with a
        # session token of AWS's.
        (["MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "EXPIRED_TOKEN", "RESOURCE_NOT_FOUND"], "404"),
        (["UNAUTHORIZED", "ACCESS_DENIED"], "401"),
        (["WAF_FILTERED"], "403"),
        (["THROTTLED", "QUOTA_EXCEEDED"], "429"),
        (["AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"], "500"),
    ],
)
def test_a_gateway_response_has_the_status_of_what_happened(
    gateway: dict[str, Any], kinds: list[str], status: str
) -> None:
    assert [gateway[kind]["statusCode"] for kind in kinds] == [status] * len(kinds)


def test_a_refused_token_is_answered_with_the_scheme_under_its_own_name(gateway: dict[str, Any]) -> None:
    challenges = {"UNAUTHORIZED": "'Bearer'", "ACCESS_DENIED": "'Bearer error=\"invalid_token\"'"}
    for kind, challenge in challenges.items():
        assert gateway[kind]["responseParameters"][f"{HEADER}WWW-Authenticate"] == challenge


def test_what_may_be_tried_again_says_when(gateway: dict[str, Any]) -> None:
    for kind, response in gateway.items():
        assert (response.get("statusCode") == "429") is (f"{HEADER}Retry-After" in response["responseParameters"]), kind


@pytest.mark.parametrize("kind", DATA)
def test_data_is_kept_except_by_a_first_deployment_that_fails(translated: dict[str, Any], kind: str) -> None:
    kept = of_type(translated, kind)
    assert kept
    for name, resource in kept.items():
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_the_stage_logs_only_when_the_account_has_a_role_for_that(translated: dict[str, Any]) -> None:
    (api,) = of_type(translated, "AWS::ApiGateway::RestApi").values()
    assert api["DependsOn"] == "GatewayAccount"
    # It is one for all APIs of an account: others may use it when this stack goes.
    for name in ("GatewayAccount", "GatewayLogRole"):
        assert translated["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"
    (stage,) = of_type(translated, "AWS::ApiGateway::Stage").values()
    assert stage["Properties"]["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}


def test_tables_are_protected_unless_somebody_says_otherwise(translated: dict[str, Any]) -> None:
    for name, table in of_type(translated, "AWS::DynamoDB::Table").items():
        assert table["Properties"]["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}, name
    assert translated["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_two_stacks_in_one_account_share_no_name(translated: dict[str, Any]) -> None:
    for logical_id, resource in translated["Resources"].items():
        kind = resource["Type"]
        assert kind in NAMELESS or kind in NAMES, kind
        name = resource["Properties"].get(NAMES.get(kind, ""))
        assert name is None or "AWS::StackName" in json.dumps(name), logical_id
    (layer,) = of_type(translated, "AWS::Lambda::LayerVersion").values()
    assert layer["Properties"]["LayerName"] == {"Fn::Sub": "${AWS::StackName}-shared"}


def test_every_runtime_that_is_offered_can_load_the_layer() -> None:
    runtimes = template()["Parameters"]["Runtime"]["AllowedValues"]
    versions = [int(runtime.removeprefix("python3.")) for runtime in runtimes]
    assert min(versions) >= 12, "Lambda's Python 3.11 runs on Amazon Linux 2, whose glibc is too old for the wheels"


@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        ("*", True),
        ("https://app.example.com", True),
        ("http://localhost:5173", True),
        ("capacitor://localhost", True),
        ("", False),
        ("**", False),
        ("app.example.com", False),
        ("https://app.example.com/", False),
        ("https://App.example.com", False),
        ("https://*.example.com", False),
        ("https://a.example.com,https://b.example.com", False),
        ("https://a.example.com'", False),
        ("https://a.example.com' + 'x", False),
        ("https://a.example.com\n", False),
        ("https://a.example.com:port", False),
    ],
    ids=repr,
)
def test_an_origin_is_one_origin_or_any(origin: str, taken: bool) -> None:
    pattern = template()["Parameters"]["CorsOrigin"]["AllowedPattern"]
    # CloudFormation wants the whole value to match.
    assert (re.fullmatch(pattern.removeprefix("^").removesuffix("$"), origin) is not None) is taken
