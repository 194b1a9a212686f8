"""Who may read and write the keys of tokens: the policies of the template, and what the functions import."""

import ast
from typing import Any

from tests.harness.template import ROOT, resources

READ = "secretsmanager:GetSecretValue"
WRITE = "secretsmanager:PutSecretValue"
SIGNING, VERIFICATION = "SigningKeys", "VerificationKeys"


def rights(function: dict[str, Any]) -> set[tuple[str, str]]:
    """The actions on secrets that a function has, each with the secret."""
    found: set[tuple[str, str]] = set()
    for policy in function.get("Policies", []):
        if "AWSSecretsManagerGetSecretValuePolicy" in policy:
            found.add((READ, secret(policy["AWSSecretsManagerGetSecretValuePolicy"]["SecretArn"])))
        for statement in policy.get("Statement", []):
            actions = [action for action in statement["Action"] if action.startswith("secretsmanager:")]
            targets = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            found |= {(action, secret(target)) for action in actions for target in targets}
    return found


def secret(reference: dict[str, str]) -> str:
    return reference["GetAtt"].removesuffix(".Id")


FUNCTIONS = {each["Handler"].split(".")[0]: rights(each) for each in resources("AWS::Serverless::Function").values()}


def calls(function: str) -> set[str]:
    """The names that a function's file calls, methods included."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / "functions" / f"{function}.py").read_text())):
        if isinstance(node, ast.Call):
            found.add(ast.unparse(node.func).rpartition(".")[2])
    return found


def test_only_who_creates_tokens_may_read_the_private_keys() -> None:
    readers = {name for name, has in FUNCTIONS.items() if (READ, SIGNING) in has}
    makers = {name for name in FUNCTIONS if "tokens_document" in calls(name)}
    assert makers >= {"register", "login", "refresh"}
    # These two give a device token, since those from before the new password are no longer good.
    assert readers == makers | {"password", "password_reset"} | {"rotate_keys"}


def test_only_the_rotation_may_write_a_key() -> None:
    assert {name for name, has in FUNCTIONS.items() if any(action == WRITE for action, _ in has)} == {"rotate_keys"}
    both = {SIGNING, VERIFICATION}
    assert FUNCTIONS["rotate_keys"] == {(action, key) for action in (READ, WRITE) for key in both}


def test_who_verifies_tokens_may_read_the_public_keys() -> None:
    assert (READ, VERIFICATION) in FUNCTIONS["authorize"] & FUNCTIONS["jwks"] & FUNCTIONS["logout"]
    assert {(READ, VERIFICATION), (READ, SIGNING)} == FUNCTIONS["refresh"] == FUNCTIONS["login"]


def test_nobody_has_another_right_to_a_secret() -> None:
    assert {action for has in FUNCTIONS.values() for action, _ in has} == {READ, WRITE}
    assert {key for has in FUNCTIONS.values() for _, key in has} == {SIGNING, VERIFICATION}


def test_cloudformation_never_knows_a_key() -> None:
    secrets = resources("AWS::SecretsManager::Secret")
    assert secrets.keys() == {SIGNING, VERIFICATION}
    assert not any("String" in name for properties in secrets.values() for name in properties)
