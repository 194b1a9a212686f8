"""template.yaml as data: the tests take tables, routes and settings from the template that is deployed."""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (!Ref, !GetAtt, …) as {"Ref": …}."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    raise TypeError(f"unexpected node under !{suffix}")


_Loader.add_multi_constructor("!", _short_form)


@lru_cache(maxsize=1)
def template() -> dict[str, Any]:
    """Returns the whole template."""
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 a SafeLoader
    return loaded


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Returns the properties of the resources of type `kind`, by logical id."""
    found = template()["Resources"].items()
    return {name: resource["Properties"] for name, resource in found if resource["Type"] == kind}


def variables() -> dict[str, dict[str, str]]:
    """Returns the environment variables that the template sets for every function, each with its reference."""
    found: dict[str, dict[str, str]] = template()["Globals"]["Function"]["Environment"]["Variables"]
    return found


@lru_cache(maxsize=1)
def routes() -> dict[tuple[str, str], str]:
    """Returns which file of functions/ serves a (METHOD, path) of the API.

    HEAD is left out: a test ensures that it exists wherever GET does, and shared/http/api.py serves it as GET.
    """
    return {
        (event["Properties"]["Method"].upper(), event["Properties"]["Path"]): function["Handler"].split(".")[0]
        for function in resources("AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api" and event["Properties"]["Method"] != "head"
    }


def public_routes() -> set[tuple[str, str]]:
    """Returns the (METHOD, path) of every route that the gateway serves without an access token, HEAD included."""
    return {
        (event["Properties"]["Method"].upper(), event["Properties"]["Path"])
        for function in resources("AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api" and event["Properties"].get("Auth") == {"Authorizer": "NONE"}
    }


def create_tables(dynamodb: "DynamoDBClient", prefix: str = "") -> dict[str, str]:
    """Creates the template's tables, and returns their names, which begin with `prefix`, by logical id."""
    names = {}
    for logical_id, properties in resources("AWS::DynamoDB::Table").items():
        names[logical_id] = f"{prefix}{logical_id}"
        stream = properties.get("StreamSpecification")
        indexes = ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
        arguments: dict[str, Any] = {key: properties[key] for key in indexes if key in properties}
        if stream:
            arguments["StreamSpecification"] = {"StreamEnabled": True, **stream}
        # On a busy machine the answer may come too late for the SDK, which then asks again.
        with suppress(dynamodb.exceptions.ResourceInUseException):
            dynamodb.create_table(
                TableName=names[logical_id],
                BillingMode=properties["BillingMode"],
                AttributeDefinitions=properties["AttributeDefinitions"],
                KeySchema=properties["KeySchema"],
                **arguments,
            )
    return names
