"""template.yaml as CloudFormation receives it: translated by SAM's own translator, from .local/sam."""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

from tests.harness.template import ROOT

PYTHON = ROOT / ".local" / "sam" / "bin" / "python"

# A pause of a second between two translations, since SAM distinguishes times by the second.
PROGRAM = """
import json, sys, time
from pathlib import Path
from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

class NoManagedPolicies:
    def load(self):
        return {}

translated = []
for values in json.load(sys.stdin):
    template = yaml_parse(Path("template.yaml").read_text())
    validator = SamTemplateValidator(template, NoManagedPolicies(), region="eu-central-1", parameter_overrides=values)
    translated.append(yaml_parse(validator.get_translated_template_if_valid()))
    time.sleep(1.0)
json.dump(translated, sys.stdout)
"""


def translations(parameters: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Returns the translated template for each of `parameters`, in order; needs no network and no account."""
    done = subprocess.run(
        [PYTHON, "-c", PROGRAM],
        cwd=ROOT,
        env={"PATH": os.defpath, "AWS_EC2_METADATA_DISABLED": "true"},
        input=json.dumps(parameters),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    made: list[dict[str, Any]] = json.loads(done.stdout)
    return made


def of_type(translated: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Returns the complete resources of type `kind`, by logical id."""
    return {name: each for name, each in translated["Resources"].items() if each["Type"] == kind}
