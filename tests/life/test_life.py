"""What is added to a copy of the project takes the files that CONTRIBUTING lists, and no other: then it runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed import AZURE, ESTATE
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
VAULT_ODD = warning("vault-odd", "A vault is odd.", "look at the vault")
"""
KIND = Path(__file__).parent / "kind"
WITHIN = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/guards"
GUARD = f"{WITHIN}/providers/Microsoft.DataProtection/resourceGuards/own"
KIND_SECTION = """\
    "guards": {
      "title": "Resource guards",
      "type": "array",
      "items": {"$ref": "#/$defs/guard"},
      "description": "Resource guards that are kept for vaults.",
      "examples": [[{"name": "guard", "resourceGroup": "guards"}]]
    },
"""
KIND_SCHEMA = """\
    "guard": {
      "title": "a resource guard",
      "description": "A resource guard.",
      "type": "object",
      "properties": {
        "name": {"type": "string", "title": "Name", "description": "The guard's name.", "examples": ["guard"]},
        "resourceGroup": {
          "$ref": "#/$defs/groupName",
          "title": "Resource group",
          "description": "The guard's resource group.",
          "examples": ["guards"]
        },
        "tags": {"$ref": "#/$defs/tags", "title": "Tags", "description": "Its tags.", "examples": [{"owner": "us"}]}
      },
      "required": ["name", "resourceGroup"],
      "additionalProperties": false
    },
"""
KIND_DECLARED = '''\
@dataclass(frozen=True, slots=True)
class GuardSpec(Entry):
    """A resource guard as declared."""

    place: Place
    name: str
    subscription: str
    resource_group: str
    location: str
    tags: Mapping[str, str | None]

    @property
    def id(self) -> ArmId:
        """Its id in Azure."""
        within = vault_id(self.subscription, self.resource_group, "").group_id
        return ArmId(f"{within}/providers/Microsoft.DataProtection/resourceGuards/{self.name}")

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Its own."""
        return (lower(self.subscription),)

    def counts_for(self, vault: VaultSpec) -> bool:
        """It guards all vaults of its subscription."""
        return vault.subscription == self.subscription


'''
KIND_LIVE = '''\
@dataclass(slots=True)
class ResourceGuard:
    """A resource guard."""

    id: ArmId
    location: str
    tags: Mapping[str, str]


'''
KIND_READ = """\
    ResourceKind(
        {guards.TYPE: guards.project},
        guards.WRITES,
        in_subscription=(
            ResourceList(
                "/providers/Microsoft.DataProtection/resourceGuards", lambda estate: estate.guards, guards.project
            ),
        ),
    ),
"""
KIND_ROWS = (
    ("manifest", '    SectionKind("disks"', '    SectionKind("guards", "guards", guards.read, "guard", "guard"),\n'),
    ("azure", "    ResourceKind({roles.TYPE", KIND_READ),
    (
        "planning",
        "    ManagedKind(need=vaults",
        "    ManagedKind(need=guards.need, compare=guards.compare, declared=guards.declared),\n",
    ),
    ("applying", "    (Kind.VAULT", "    (Kind.GUARD, guards.perform),\n"),
    ("export", '    ExportKind("disks"', '    ExportKind("guards", guards.described),\n'),
)
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
    return {path.replace("NAME", name) for path in re.findall(r"^\d+\. `([\w./-]+)`", section, re.MULTILINE)}


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
        within="class VaultSpec(Entry):",
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


def add_a_kind(project: Project) -> None:
    """Lay resource guards over the copy, in all the places that say which kinds there are."""
    project.add(KIND)
    schema, model = "schemas/manifest.schema.json", "reconciler/model"
    project.insert(schema, '    "disks": {', KIND_SECTION)
    project.insert(schema, '    "identity": {', KIND_SCHEMA)
    project.insert(f"{model}/manifest.py", "@dataclass", KIND_DECLARED, within="class PolicySpec")
    guards = "    guards: Mapping[str, GuardSpec] = field(default_factory=dict)\n"
    project.insert(f"{model}/manifest.py", "    formerly:", guards, within="class Manifest:")
    forms, attributes = "FORMS: dict", '        "guards",\n'
    form = '    model.GuardSpec: Form("", "name subscription resource_group location tags"),\n'
    project.insert(f"{model}/canonical.py", "    model.PolicySpec", form, within=forms)
    project.insert(f"{model}/canonical.py", "        left_out", attributes, within="model.Manifest: Form(")
    address = 'def guard(name: str) -> Address:\n    """`guard/<name>`."""\n    return _of("guard", name)\n\n\n'
    project.insert(f"{model}/addresses.py", "def policy(", address)
    project.insert(f"{model}/resources.py", "@dataclass", KIND_LIVE, within="class ResourceGroup:")
    project.insert(f"{model}/estate.py", "    Lock,", "    ResourceGuard,\n")
    live = "    guards: dict[str, ResourceGuard] = field(default_factory=dict)\n"
    project.insert(f"{model}/estate.py", "    locks:", live)
    project.insert(f"{model}/changes.py", "    VAULT =", '    GUARD = "guard"\n', within="class Kind(")
    project.insert(f"{model}/changes.py", "    VAULT_PUT =", '    GUARD_PUT = "guard.put"\n', within="class Op(")
    for floor, before, row in KIND_ROWS:
        file = f"reconciler/{floor}/kinds/__init__.py"
        project.insert(file, f"from reconciler.{floor}.kinds import", f"from reconciler.{floor}.kinds import guards\n")
        project.insert(file, before, row)
    right = '    "Microsoft.DataProtection/resourceGuards/write",\n'
    project.insert("samples/roles/reconciler-operator.json", '    "Microsoft.ManagedIdentity', right)


def test_a_kind(project: Project) -> None:
    add_a_kind(project)
    listed = told("A kind", "guards")
    assert project.touched == listed | {
        file.replace("guards.py", "__init__.py") for file in listed if file.endswith("/kinds/guards.py")
    }
    project.declare("\nvaults:\n", "\nguards:\n  - {name: own, resourceGroup: guards, tags: {owner: us}}\n\nvaults:\n")
    assert "+ guard/own" in project.run("plan", ".", *AZURE, "--detailed-exitcode", code=2)
    project.run("apply", ".", *AZURE, "--auto-approve")
    project.run("plan", ".", *AZURE, "--only", "guard/own")
    assert "No changes." in project.run("plan", ".", *AZURE, "--detailed-exitcode")
    assert "  - name: own\n" in project.exported()
    project.run("sandbox", "patch", ESTATE, GUARD, '{"tags": {"owner": "them"}}')
    assert "changed-outside (1)" in project.run("drift", ".", *AZURE, code=2)
    project.declare("owner: us", "owner: you")
    assert "not-yet-applied (1)" in project.run("drift", ".", *AZURE, code=2)
    project.run("apply", ".", *AZURE, "--auto-approve")
    assert "No changes." in project.run("plan", ".", *AZURE, "--detailed-exitcode")


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
