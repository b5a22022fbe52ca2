"""A machine's disks are copied as of one moment, and a runbook says how to bring it back; nobody touches the machine."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import arm
import pytest
from arm import APPS, disk_id, group, group_id
from forging import Azure, Done, Estate, answers, applied, edits, forbidden
from manifests import disk, manifest

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
YES = "--auto-approve"
MACHINE = f"{group_id(APPS, 'diskrg')}/providers/Microsoft.Compute/virtualMachines/web"
NAMES = ("web-os", "web-data", "web-log")
SECURE = {"securityProfile": {"securityType": "TrustedLaunch"}}
MOMENT = re.compile(r"as of (\S+) (\S+) UTC; (\d+) seconds? from the first to the last")


def managed(name: str, **said: Any) -> dict[str, Any]:
    """What a machine says of one disk."""
    return {"name": name, "managedDisk": {"id": disk_id(name)}, **said}


def machine(*data: dict[str, Any], **said: Any) -> dict[str, Any]:
    """A machine with an OS disk and data disks."""
    profile = {"osDisk": managed("web-os", caching="ReadOnly"), "dataDisks": [*data]}
    return {"id": MACHINE, "location": "westus", "properties": {"storageProfile": profile}, **said}


@cache
def estate(*protected: str, roles: bool = False) -> Estate:
    """A machine with three disks, of which these are protected, two days later."""
    rows = [arm.disk(name) for name in NAMES]
    rows[0]["properties"] |= SECURE
    data = managed("web-data", lun=4, caching="ReadWrite"), managed("web-log", lun=1, writeAcceleratorEnabled=True)
    said = manifest(disks=[disk(name) for name in protected or NAMES])
    return applied(said, rows, [machine(*data)], roles=roles).aged("2d")


def restore(azure: Azure, *words: str) -> Done:
    return azure.run("restore", "--machine", MACHINE, *words, "--format", "json", YES)


def findings(done: Done, code: str) -> list[dict[str, Any]]:
    rows = [*done.document["findings"], *done.document["notes"]] if done.out else []
    return [row for row in rows if row["code"] == code]


def az(text: str) -> list[list[str]]:
    """The commands in a runbook, as a shell takes them apart."""
    return [shlex.split(line) for line in text.splitlines() if line.startswith("az ")]


def test_all_disks_are_copied_as_of_one_moment(forged: Forged) -> None:
    with forged(estate(), **VIRTUAL) as azure:
        done = restore(azure, "--newest", "--max-spread", "2h", "--runbook", "book.md")
        assert done.code == 0, done
        told = done.document["machine"]
        assert (told["id"], told["left"]) == (MACHINE, [])
        assert [(one["lun"], one["caching"], one["write_accelerator"]) for one in told["disks"]] == [
            (None, "read-only", False),
            (1, "none", True),
            (4, "read-write", False),
        ]
        times = [one["taken"] for one in told["disks"]]
        assert max(times) == told["moment"]
        found = MOMENT.search(findings(done, "machine-moment")[0]["message"])
        assert found
        assert (f"{found[1]}T{found[2]}Z", int(found[3])) == (told["moment"], -int(-told["spread_seconds"] // 1))
        ending = f"-r{re.sub('[^0-9]', '', told['moment'])}"
        names = [f"{name}{ending}" for name in ("web-os", "web-log", "web-data")]
        assert [one["copy"] for one in told["disks"]] == [disk_id(name) for name in names]
        assert azure.show(disk_id(names[0]))[0]["properties"]["securityProfile"] == {"securityType": "TrustedLaunch"}
        assert len(azure.calls(f"GET {MACHINE}")) == 1, "one read"
        written = {one.path for one in done.writes}
        assert not [path for path in written if "/virtualMachines/" in path], "the machine is never touched"
        assert not [path for path in written if path in map(disk_id, NAMES)], "nor are its disks"
        again = restore(azure, "--before", "2026-01-07T07:59:00Z", "--max-spread", "2h", "--runbook", "book.md")
        assert again.code == 0, again


def test_the_runbook_swaps_and_brings_back(forged: Forged) -> None:
    with forged(estate(), **VIRTUAL) as azure:
        done = restore(azure, "--newest", "--max-spread", "2h")
        assert done.code == 0, done
        told = done.document["machine"]
        ending = f"r{re.sub('[^0-9]', '', told['moment'])}"
        assert f"Runbook: web-{ending}.md" in done.err
        text = (azure.folder / f"web-{ending}.md").read_text(encoding="utf-8")
        assert text.startswith("## Bring back the virtual machine `web`\n\n**Simulated: "), text
        commands = az(text)
        own = ["--subscription", APPS, "--resource-group", "diskrg"]
        there, back = commands[1:8], commands[8:]
        assert commands[0] == ["az", "vm", "show", *own, "--name", "web", "--query", "storageProfile"]
        copies = {one["disk"].rpartition("/")[2]: one["copy"] for one in told["disks"]}
        olds = {name: disk_id(name) for name in copies}
        for found, ids, named in ((there, copies, list(NAMES)), (back, olds, [f"{name}-{ending}" for name in NAMES])):
            vm, none = [*own, "--vm-name", "web"], ["--caching", "None", "--enable-write-accelerator"]
            assert found == [
                ["az", "vm", "deallocate", *own, "--name", "web"],
                [
                    "az",
                    "vm",
                    "update",
                    *own,
                    "--name",
                    "web",
                    "--os-disk",
                    ids["web-os"],
                    "--disk-caching",
                    "os=ReadOnly",
                ],
                ["az", "vm", "disk", "detach", *vm, "--name", named[2]],
                ["az", "vm", "disk", "detach", *vm, "--name", named[1]],
                ["az", "vm", "disk", "attach", *vm, "--name", ids["web-log"], "--lun", "1", *none],
                ["az", "vm", "disk", "attach", *vm, "--name", ids["web-data"], "--lun", "4", "--caching", "ReadWrite"],
                ["az", "vm", "start", *own, "--name", "web"],
            ]


def test_a_second_run_does_nothing_again_and_writes_the_runbook(forged: Forged) -> None:
    words = ("--before", "2026-01-06T20:00:00Z", "--max-spread", "2h", "--runbook", "book.md")
    with forged(estate(), **VIRTUAL) as azure:
        first = restore(azure, *words)
        book = azure.folder / "book.md"
        written = book.read_text(encoding="utf-8")
        book.unlink()
        azure.advance("8h")
        again = restore(azure, *words)
        assert (first.code, again.code, again.writes) == (0, 0, []), again
        assert book.read_text(encoding="utf-8") == written
        assert len(findings(again, "restored-already")) == 3


def test_a_copy_that_fails_gives_no_runbook(forged: Forged) -> None:
    lost = answers("POST */backupInstances/web-log-*/validateRestore", 400, {"error": {"code": "BadRequest"}})
    with forged(estate(), lost, **VIRTUAL) as azure:
        done = restore(azure, "--newest", "--max-spread", "2h", "--runbook", "book.md")
        assert (done.code, (azure.folder / "book.md").exists()) == (1, False), done
        azure.rules()
        azure.advance("8h")
        again = re.search(r"run the command again with `(--before) (\S+)`", done.err)
        assert again, done
        rest = restore(azure, again[1], again[2], "--max-spread", "2h", "--runbook", "book.md")
        assert (rest.code, len(findings(rest, "restored-already"))) == (0, 2), rest
        assert rest.document["machine"] == done.document["machine"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("properties.diskSizeGB", 64, "its size is 64 GiB; the source has grown to 128 GiB"),
        ("properties.securityProfile", None, "its security type is not told, expected TrustedLaunch"),
        ("zones", ["2"], "its zones are 2, expected none"),
        (
            "properties.encryption",
            {"diskEncryptionSetId": disk_id("keys").replace("/disks/", "/diskEncryptionSets/")},
            "its disk encryption set is",
        ),
    ],
)
def test_a_copy_that_is_not_like_its_source_gives_no_runbook(forged: Forged, path: str, value: Any, said: str) -> None:
    with forged(estate(), edits("GET */disks/web-os-r*", {path: value}), **VIRTUAL) as azure:
        done = restore(azure, "--newest", "--max-spread", "2h", "--runbook", "book.md")
        assert (done.code, (azure.folder / "book.md").exists()) == (1, False), done
        (failed,) = [row for row in done.document["results"] if row["status"] == "failed"]
        assert (failed["code"], said in failed["message"]) == ("restored-differently", True), failed


def test_points_that_are_too_far_apart_are_refused(forged: Forged) -> None:
    with forged(estate(), **VIRTUAL) as azure:
        done = restore(azure, "--newest", "--max-spread", "0s")
        assert (done.code, done.writes) == (1, []), done
        assert "no recovery points of its 3 disks are within 0 seconds; the newest are" in done.err
        newest, closest = re.findall(r"--max-spread (\d+)s", done.err)
        moments = re.findall(r"as of (\S+) (\S+) UTC", done.err)
        for needed, (day, time) in zip((closest, newest), reversed(moments), strict=True):
            found = restore(azure, "--newest", "--max-spread", f"{needed}s")
            assert (found.code, found.document["machine"]["moment"]) == (0, f"{day}T{time}Z"), "as the hint says"


def test_a_machine_with_an_unprotected_disk_is_refused_unless_somebody_wants_the_rest(forged: Forged) -> None:
    with forged(estate("web-os", "web-data"), **VIRTUAL) as azure:
        done = restore(azure, "--newest", "--max-spread", "2h")
        assert (done.code, done.writes) == (1, []), done
        assert "1 of its 3 disks is not protected by a vault that was read" in done.err
        partial = restore(azure, "--newest", "--max-spread", "2h", "--partial", "--runbook", "book.md")
        assert (partial.code, partial.document["machine"]["left"]) == (0, [disk_id("web-log")]), partial
        assert len(findings(partial, "machine-left")) == 1
        text = (azure.folder / "book.md").read_text(encoding="utf-8")
        assert "left as they are:** web-log (LUN 1)." in text
        assert "web-log" not in "".join(map(str, az(text)))


def test_one_without_any_protected_disk_is_refused(forged: Forged) -> None:
    said = manifest(disks=[disk("other")])
    with forged(applied(said, [arm.disk("other"), arm.disk("web-os")], [machine()]).aged("1d"), **VIRTUAL) as azure:
        for words in ((), ("--partial",)):
            done = restore(azure, "--newest", *words)
            assert (done.code, done.writes) == (1, []), done
            assert "none of its 1 disk is protected" in done.err


def test_a_machine_that_is_not_there_or_cannot_be_read(forged: Forged) -> None:
    with forged(estate(), **VIRTUAL) as azure:
        azure.delete(MACHINE)
        done = restore(azure, "--newest")
        assert (done.code, done.writes, "there is no virtual machine with this id" in done.err) == (1, [], True), done
    with forged(estate(), forbidden(f"GET {MACHINE}"), **VIRTUAL) as azure:
        done = restore(azure, "--newest")
        assert (done.code, done.writes, "could not tell whether" in done.err) == (1, [], True), done


@pytest.mark.parametrize(
    "changes",
    [
        {"properties.storageProfile": None},
        {"properties.storageProfile.dataDisks": {}},
        {"properties.storageProfile.osDisk": None},
        {"properties.storageProfile.osDisk.caching": "Sideways"},
        {"properties.storageProfile.osDisk.managedDisk.id": "/disks/../web"},
        {"properties.storageProfile.osDisk.name": "--yes;rm -rf /"},
        {"properties.storageProfile.osDisk.name": "@/etc/passwd"},
        {"properties.storageProfile.osDisk.managedDisk.id": disk_id("$(reboot)")},
        {"properties.storageProfile.osDisk.managedDisk.id": disk_id("web\nos")},
    ],
)
def test_a_machine_that_does_not_tell_its_disks_plainly_is_refused(forged: Forged, changes: dict[str, Any]) -> None:
    with forged(estate(), edits(f"GET {MACHINE}", changes), **VIRTUAL) as azure:
        done = restore(azure, "--newest")
        assert (done.code, done.writes, "could not tell which disks" in done.err) == (1, [], True), done


def test_points_that_cannot_be_read_are_not_taken_for_none(forged: Forged) -> None:
    with forged(estate(), forbidden("GET */backupInstances/web-log-*/recoveryPoints"), **VIRTUAL) as azure:
        done = restore(azure, "--newest")
        assert (done.code, done.writes, "could not tell which recovery points" in done.err) == (1, [], True), done
        assert "no recovery point" not in done.text


def test_a_vault_that_cannot_be_read_makes_no_disk_unprotected(forged: Forged) -> None:
    with forged(estate(), forbidden("GET */backupVaults/*/backupInstances"), **VIRTUAL) as azure:
        done = restore(azure, "--newest", "--partial")
        assert (done.code, done.writes) == (1, []), done


def test_a_name_is_enough_where_it_is_clear(forged: Forged) -> None:
    with forged(estate(), **VIRTUAL) as azure:
        for name in ("web", "diskrg/WEB"):
            done = azure.run("restore", "--machine", name, "--prepare", "--format", "json", YES)
            assert done.code == 0, done
        assert [row["kind"] for row in done.document["changes"]] == [], "they were made by the first"
        done = azure.run("restore", "--machine", "nobody", "--newest", YES)
        assert (done.code, done.codes) == (
            1,
            ["no-such-machine"],
        ) or "attached to a virtual machine of this name" in done.err


def test_the_shipped_roles_may_read_the_machine(forged: Forged) -> None:
    with forged(estate(roles=True), token="operator", **VIRTUAL) as azure:  # noqa: S106
        done = restore(azure, "--newest", "--max-spread", "2h")
        assert (len(azure.calls(f"GET {MACHINE}")), len(findings(done, "machine-moment"))) == (1, 1), done


def test_groups_of_any_name_that_azure_takes(forged: Forged) -> None:
    rows = [arm.disk("os", group="(Büro) x.y".replace(" ", "_"))]
    web = MACHINE.replace("diskrg", "(Büro)_x.y")
    profile = {"osDisk": {"name": "os", "managedDisk": {"id": rows[0]["id"]}}, "dataDisks": []}
    row = {"id": web, "location": "westus", "properties": {"storageProfile": profile}}
    said = manifest(disks=[disk("os") | {"id": rows[0]["id"]}])
    with forged(applied(said, rows, [row]).aged("1d"), **VIRTUAL) as azure:
        done = azure.run("restore", "--machine", web, "--newest", "--runbook", "book.md", "--format", "json", YES)
        assert done.code == 0, done
        (first, *_) = az((azure.folder / "book.md").read_text(encoding="utf-8"))
        assert first[first.index("--resource-group") + 1] == "(Büro)_x.y"


def test_some_disks_come_first(forged: Forged) -> None:
    with forged(estate(), **VIRTUAL) as azure:
        assert restore(azure, "--prepare").code == 0
        azure.advance("1h")
        done = restore(azure, "--newest", "--first", "names=web-log", "--parallelism", "1")
        sent = [one.body for one in done.writes if one.path.endswith("/restore")]
        names = [body["restoreTargetInfo"]["datasourceInfo"]["resourceName"].partition("-r2")[0] for body in sent]
        assert (done.code, names) == (0, ["web-log", "web-data", "web-os"]), done
        assert restore(azure, "--newest", "--first", "names=nobody").code == 1


def test_copies_go_to_another_group_but_not_to_another_subscription(forged: Forged) -> None:
    with forged(estate(), **VIRTUAL) as azure:
        azure.put(group_id(APPS, "otherrg"), group(APPS, "otherrg"))
        done = restore(azure, "--newest", "--max-spread", "2h", "--to", "otherrg")
        assert done.code == 0, done
        assert all("/otherrg/" in one["copy"] for one in done.document["machine"]["disks"])
        away = restore(azure, "--newest", "--to", group_id(arm.PLATFORM, "otherrg"))
        assert (away.code, away.writes, "can't be attached to this machine" in away.err) == (1, [], True), away


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--machine", MACHINE), "A restore of a machine's disks needs `--before` or `--newest`"),
        (("--machine", MACHINE, "--newest", "web-os"), "`DISK` and `--machine` can't be used together"),
        (
            ("--machine", MACHINE, "--newest", "--select", "names=a"),
            "`--select` and `--machine` can't be used together",
        ),
        (("--machine", MACHINE, "--newest", "--name", "a{disk}"), "`--name` and `--machine` can't be used together"),
        (("--machine", MACHINE, "--newest", "--max-spread", "soon"), "`--max-spread` is not a length of time"),
        (("--machine", MACHINE, "--newest", "--runbook", "no/where.md"), "could not write the runbook"),
        (("--machine", disk_id("web-os"), "--newest"), "is not the id of a virtual machine"),
        (("--machine", f"{MACHINE};reboot", "--newest"), "is not the id of a virtual machine"),
        (("web-os", "--to", "diskrg", "--max-spread", "10m"), "`--max-spread` needs `--machine`"),
        (("web-os", "--to", "diskrg", "--partial"), "`--partial` needs `--machine`"),
        (("web-os", "--to", "diskrg", "--runbook", "book.md"), "`--runbook` needs `--machine`"),
    ],
)
def test_what_cannot_be_asked_for_is_told_and_nothing_is_done(
    forged: Forged, words: tuple[str, ...], said: str
) -> None:
    with forged(estate(), **VIRTUAL) as azure:
        done = azure.run("restore", *words, YES)
        assert (done.code, done.writes, said in " ".join(done.err.split())) == (1, [], True), done
