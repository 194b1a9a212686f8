"""What the template says of data at rest: one key for all of it, buckets that keep and hide what is in them."""

from typing import Any

import pytest

from tests.harness.template import resources, template

KEY = {"If": ["HasKmsKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}
BUCKET = resources("AWS::S3::Bucket")["UnreadableBucket"]


@pytest.mark.parametrize("name", resources("AWS::DynamoDB::Table"))
def test_a_table_is_encrypted_with_the_key_and_else_with_one_of_awss(name: str) -> None:
    encryption = resources("AWS::DynamoDB::Table")[name]["SSESpecification"]
    assert encryption == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}


@pytest.mark.parametrize("kind", ["AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"])
def test_secrets_and_logs_are_too(kind: str) -> None:
    found = resources(kind)
    assert found
    assert {name: each.get("KmsKeyId") for name, each in found.items()} == dict.fromkeys(found, KEY)


def test_the_bucket_is_too() -> None:
    (rule,) = BUCKET["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "If": [
            "HasKmsKey",
            {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "KmsKeyArn"}},
            {"SSEAlgorithm": "AES256"},
        ]
    }


def test_every_function_that_has_data_may_use_the_key_and_only_through_what_stores_it() -> None:
    policy = template()["Resources"]["KmsKeyPolicy"]
    assert policy["Condition"] == "HasKmsKey"
    with_data = {name for name, function in resources("AWS::Serverless::Function").items() if "Policies" in function}
    assert {role["Ref"] for role in policy["Properties"]["Roles"]} == {f"{name}Role" for name in with_data}
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    services = [
        service["Sub"].partition(".")[0] for service in statement["Condition"]["StringEquals"]["kms:ViaService"]
    ]
    assert services == ["dynamodb", "s3", "secretsmanager"]
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}


def test_what_was_in_the_bucket_is_kept_for_a_while_and_not_forever() -> None:
    assert BUCKET["VersioningConfiguration"] == {"Status": "Enabled"}
    rules: list[dict[str, Any]] = BUCKET["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    merged: dict[str, Any] = {name: value for rule in rules for name, value in rule.items()}
    assert merged["NoncurrentVersionExpiration"] == {"NoncurrentDays": 14}
    assert merged["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_nobody_reads_the_bucket_without_tls_and_nobody_from_outside() -> None:
    policy = template()["Resources"]["UnreadableBucketPolicy"]
    # The local stack has no TLS, and would refuse its own functions.
    assert policy["Condition"] == "OnAws"
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"GetAtt": "UnreadableBucket.Arn"}, {"Sub": "${UnreadableBucket.Arn}/*"}]
    assert set(BUCKET["PublicAccessBlockConfiguration"].values()) == {True}


def test_the_template_is_for_aws_unless_it_is_told_otherwise() -> None:
    assert template()["Parameters"]["LocalStack"]["Default"] == "false"
    assert template()["Conditions"]["OnAws"] == {"Equals": [{"Ref": "LocalStack"}, "false"]}
