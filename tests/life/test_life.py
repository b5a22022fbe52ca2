"""What is added to a copy of the project takes the files that CONTRIBUTING lists, and no other: then it runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed import AZURE
from jsonschema import Draft202012Validator
from reference import REPOSITORY

if TYPE_CHECKING:
    from conftest import Project

VERB = Path(__file__).parent / "verb"
ROW = """\
    VaultField(
        "infrastructureEncryption",
        "securitySettings.encryptionSettings.infrastructureEncryption",
        Switch(),
        fixed=True,
    ),
"""
SCHEMA = """\
        "infrastructureEncryption": {
          "title": "Infrastructure encryption",
          "type": "boolean",
          "description": "Whether the vault encrypts what it stores twice; chosen when the vault is made.",
          "examples": [true]
        },
"""
CODE = """\
VAULT_ODD = Code("vault-odd", _W, "A vault is odd.", "look at the vault")
"""
USES = '''\
"""Says twice that a vault is odd."""

from reconciler.model import addresses
from reconciler.model.codes import planning as codes

ODD = codes.VAULT_ODD.at("it is odd", address=addresses.vault("v"))
MISTYPED = codes.VAULT_OD.at("it is odd", address=addresses.vault("v"))
'''


def told(title: str, name: str = "") -> set[str]:
    """The files with which the items of a section of CONTRIBUTING begin."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = re.split(r"^##", text.partition(f"\n### {title}\n")[2], flags=re.MULTILINE)[0]
    return {path.replace("NAME", name) for path in re.findall(r"^\d+\. `([\w./]+)`", section, re.MULTILINE)}


def test_a_verb(project: Project) -> None:
    project.add(VERB)
    project.insert(
        "reconciler/cli/main.py",
        '    "export": (',
        '    "policies": ("reconciler.cli.policies", "policies", "List the backup policies of vaults."),\n',
        within="COMMANDS = {",
    )
    assert project.touched == told("A verb", "policies")
    assert "List the backup policies of vaults." in project.run("--help")
    project.applied()
    assert "1 policy in 1 vault." in project.run("policies", ".", *AZURE)
    document = json.loads(project.run("policies", ".", "--format", "json", *AZURE))
    Draft202012Validator(json.loads(project.run("schema", "policies"))).validate(document)
    ((policy,),) = [vault["policies"] for vault in document["vaults"]]
    assert policy["for_disks"]
    assert "diskBkpPolicy" in project.exported()


def test_a_field_of_a_vault(project: Project) -> None:
    project.insert("reconciler/model/vault_fields.py", ")", ROW, within="\nFIELDS = (")
    project.insert(
        "reconciler/model/manifest.py",
        "    identity:",
        "    infrastructure_encryption: bool | None = None\n",
        within="class VaultSpec:",
    )
    project.insert(
        "reconciler/model/resources.py",
        "    guarded:",
        "    infrastructure_encryption: str | None\n",
        within="class Vault:",
    )
    project.insert("schemas/manifest.schema.json", '        "identity":', SCHEMA, within='"crossSubscriptionRestore"')
    assert project.touched == told("A field")
    project.declare("redundancy: LocallyRedundant", "infrastructureEncryption: true")
    project.applied()
    assert "infrastructureEncryption: true" in project.exported()
    project.declare("infrastructureEncryption: true", "infrastructureEncryption: false")
    project.run("plan", ".", *AZURE, code=1)


@pytest.mark.external
def test_a_code_whose_name_is_mistyped_fails_the_type_checker(project: Project) -> None:
    api = pytest.importorskip("mypy.api", reason="mypy is in the dev extra")
    project.insert("reconciler/model/codes/planning.py", "VAULT_MISSING", CODE)
    uses = project.folder / "reconciler" / "planning" / "odd.py"
    uses.write_text(USES, encoding="utf-8")
    said, _, code = api.run(
        ["--strict", "--cache-dir", str(project.folder / "cache"), "--follow-imports", "silent", str(uses)]
    )
    assert code == 1
    (error,) = [line for line in said.splitlines() if ": error:" in line]
    assert 'Module has no attribute "VAULT_OD"' in error
