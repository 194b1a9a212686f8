"""Every function gets every setting, from one list in the template."""

from typing import Any

import pytest

from shared.settings import Settings
from tests.harness.template import resources, template, variables

# Read by Powertools, not by Settings.
LIBRARIES = {"POWERTOOLS_LOG_LEVEL"}


class Recorded(dict[str, str]):
    """An environment in which every variable is valid; it keeps the names that were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return "true" if name == "OWN_IDENTITY" else "1"

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return True

    def get(self, name: str, default: Any = None) -> Any:
        del default
        return self[name]


def test_every_setting_is_set_and_every_variable_is_read() -> None:
    environ = Recorded()
    Settings.of(environ)
    assert environ.names == variables().keys() - LIBRARIES


def test_no_function_has_variables_of_its_own() -> None:
    functions = resources("AWS::Serverless::Function")
    assert [name for name, function in functions.items() if "Environment" in function] == []


@pytest.mark.parametrize("name", sorted(variables().keys() - {"ISSUER"}))
def test_a_variable_refers_to_the_parameter_or_resource_of_the_same_name(name: str) -> None:
    """No two of them are swapped: EVENTS_TABLE is EventsTable, SIGNING_KEYS_ARN is the ARN of SigningKeys."""
    same = name.removeprefix("POWERTOOLS_").removesuffix("_ARN").title().replace("_", "")
    # On AWS the Ref of a secret is its ARN, too; on the local stack it is its name.
    assert variables()[name] == ({"GetAtt": f"{same}.Id"} if name.endswith("_ARN") else {"Ref": same})


def test_the_issuer_is_the_address_of_the_api_unless_there_is_a_parameter() -> None:
    """The address that the template's output states, with what only the gateway knows left open."""
    template_ = template()
    address = template_["Outputs"]["ApiUrl"]["Value"]["Sub"].replace("${Api}", "{api}").removesuffix("/v1") + "/{stage}"
    assert dict[str, Any](variables())["ISSUER"] == {"If": ["HasIssuer", {"Ref": "Issuer"}, {"Sub": address}]}
    assert template_["Conditions"]["HasIssuer"] == {"Not": [{"Equals": [{"Ref": "Issuer"}, ""]}]}
    assert template_["Parameters"]["Issuer"]["Default"] == ""


def test_versions_are_kept_forever_by_default() -> None:
    assert template()["Parameters"]["HistoryRetentionDays"]["Default"] == 0
