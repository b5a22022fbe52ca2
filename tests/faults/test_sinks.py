"""F48-F51: what is put out obeys nobody, keeps secrets, fits where it has to, and survives a broken sink."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from arm import APPS, disk, disk_id, estate, group, instance, lock, policy, vault, vault_id
from faults import LEAKY, SECRET, TOKEN, answer, error, user_facing
from installed import put_files
from installed import run as command
from manifests import DISK, VAULT, manifest, selecting
from markdown_it import MarkdownIt
from served import served
from trial import Run, Trial

pytestmark = pytest.mark.long

HOSTILE = (
    "::error file=x::gone\n::add-mask::secret\r\n  ::set-output name=a::b\n"
    "##vso[task.complete result=Succeeded;]done ##[error]x ##VSO[task.setvariable variable=a]b\n"
    "`code` ``` fence\n```\n~~~\n</details><details open><summary>x</summary><script>alert(1)</script>"
    "<img src=https://example.com/p.png> ![p](https://example.com/p.png) [l](javascript:alert(1)) &lt;b&gt; <!-- c -->\n"
    "# Heading\n@team please @org/security, fixes #12 and GH-3 **bold** _it_ ~~no~~ | cell |\n"
    "\x1b[31mred\x1b[2J\x1b]0;title\a\x1b]8;;https://example.com\x1b\\link \x9b31m \u202eevil\u2066 \u200bzero \x00 \x7f"
)
"""Everything at once that a terminal, a CI system, Markdown or HTML would obey."""

SHORT = "::error::x ##vso[y] `z` </details> @team <b> \x1b[1m"
COMMAND = re.compile(r"^\s*::|##vso\[|##\[", re.IGNORECASE | re.MULTILINE)
ALLOWED = {"details", "summary", "h2", "h3", "h4", "p", "ul", "ol", "li", "code", "pre", "strong", "em", "br", "hr"} | {
    *("table", "thead", "tbody", "tr", "th", "td")
}


ALIGNED = {("style", f"text-align:{side}") for side in ("left", "right")}


class Tags(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, value in attrs if (name, value) not in ALIGNED}

    def handle_data(self, data: str) -> None:
        if self.get_starttag_text() != "<code>":
            self.text += data


def check_terminal(text: str) -> None:
    """No control acts, no command is obeyed."""
    assert not [one for one in text if not (one.isprintable() or one == "\n")], ascii(text)
    assert not COMMAND.search(text), COMMAND.search(text)


def check_markdown(text: str) -> None:
    """Only our own markup; nobody is mentioned outside of code."""
    check_terminal(text)
    html = (
        MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("strikethrough").enable("table").render(text)
    )
    tags = Tags(html)
    assert tags.seen <= ALLOWED, tags.seen - ALLOWED
    assert tags.attributes <= {"class"}, tags.attributes
    assert html.count("<details>") == html.count("</details>"), html
    bare = re.sub(
        r"(`+).*?\1(?!`)",
        "",
        re.sub(r"^(`{3,})[^`]*?$.*?^\1`*$", "", text, flags=re.DOTALL | re.MULTILINE),
        flags=re.DOTALL,
    )
    assert not re.search(r"@team|@org|#12", bare), re.search(r".{80}(@team|@org|#12)", bare, re.DOTALL)


def check_json(text: str) -> None:
    """One document, ASCII, no command."""
    assert text.isascii()
    check_terminal(text)
    json.loads(text)


def check_sinks(trial: Trial, run: Run) -> None:
    """Both streams and both reports of a run."""
    check_terminal(run.text)
    for report in sorted(trial.folder.glob("report-*")):
        check = check_json if report.suffix == ".json" else check_markdown
        check(report.read_text(encoding="utf-8"))


def check_forms(trial: Trial, *verbs: str) -> None:
    """Every form of every verb that writes nothing."""
    for verb in verbs or ("plan", "drift"):
        check_terminal(trial.run(verb).text)
        check_markdown(trial.run(verb, "--format", "markdown").out)
        run = trial.run(verb, "--format", "json")
        assert run.out, run.err
        check_json(run.out)


def placed(trials: Callable[..., Trial], rows: list[dict[str, Any]], said: Mapping[str, Any]) -> Trial:
    """A trial on an estate whose resources hold what no YAML file may."""
    trial = trials(estate(), said)
    for row in rows:
        trial.place(row)
    return trial


@pytest.mark.parametrize(
    "kind", ["PUT backupVaults", "PUT backupPolicies", "PUT backupInstances", "PUT roleAssignments"]
)
def test_f48_hostile_text_in_azures_errors_is_obeyed_nowhere(quickstart: Trial, kind: str) -> None:
    quickstart.inject(kind, error(400, "UserErrorHostile", HOSTILE, HOSTILE, x_ms_request_id="a`b</details>"), times=99)
    for form in ("text", "json", "markdown"):
        run = quickstart.apply("--format", form)
        assert run.code == 1
        check_sinks(quickstart, run)
        {"text": check_terminal, "json": check_json, "markdown": check_markdown}[form](run.out)


def test_f48_hostile_codes_and_reads_are_obeyed_nowhere(quickstart: Trial) -> None:
    quickstart.inject("LIST backupVaults", error(403, SHORT, HOSTILE), times=99)
    for verb in ("plan", "drift", "apply"):
        run = quickstart.run(verb, *(["--auto-approve"] if verb == "apply" else []), "--verbose")
        assert run.code == 1
        check_sinks(quickstart, run) if verb == "apply" else check_terminal(run.text.replace("\t", " "))


def test_f48_hostile_text_in_an_instances_failure_is_obeyed_nowhere(trials: Callable[..., Trial]) -> None:
    problem = {"code": SHORT, "message": HOSTILE, "recommendedAction": [HOSTILE]}
    rows = [disk("PSTestDisk"), group(APPS, "snapshotrg"), vault(), policy(vault_id(), "by-hand")]
    rows.append(instance(vault_id(), disk_id("PSTestDisk"), "by-hand", state="ProtectionError", error=problem))
    trial = placed(trials, rows, manifest())
    check_forms(trial)
    check_sinks(trial, trial.apply())


def test_f48_hostile_text_in_the_manifest_is_obeyed_nowhere(trials: Callable[..., Trial]) -> None:
    said = manifest(
        vaults=[
            VAULT
            | {"tags": {HOSTILE.translate(dict.fromkeys(map(ord, "<>%&\\?/\r\n\x1b\x07\x00\x7f\x9b"))): HOSTILE[:256]}}
        ],
        disks=[
            DISK,
            selecting(
                select={
                    "subscriptions": [APPS],
                    "tags": {"backup": "gold"},
                    "exclude": [{"names": ["x*"], "reason": HOSTILE}],
                }
            ),
        ],
        excluded=[{"id": disk_id("other"), "reason": HOSTILE}],
        removed=[{"id": disk_id("gone"), "data": "retain", "reason": HOSTILE}],
        ignore=[{"address": "disk/*/x", "fields": ["policy"], "reason": HOSTILE, "expires": "2020-01-01"}],
    )
    trial = trials(estate(disk("PSTestDisk"), disk("x-1", tags={"backup": "gold"}), disk("other")), said)
    check_forms(trial)
    check_sinks(trial, trial.apply())


def test_f48_hostile_names_in_azure_are_obeyed_nowhere(trials: Callable[..., Trial]) -> None:
    """What bears such a name there was made by somebody whom nothing stops: locks, tags, policies, instances, states."""
    rows = [
        disk("PSTestDisk", tags={"backup": HOSTILE}),
        group(APPS, "snapshotrg"),
        vault(tags={SHORT.replace("/", ""): HOSTILE}),
    ]
    rows += [
        policy(vault_id(), "by-hand"),
        lock(disk_id("PSTestDisk"), name="`::x`@team"),
        lock(vault_id(), "CanNotDelete", "#12"),
    ]
    row = instance(
        vault_id(),
        disk_id("PSTestDisk"),
        "by-hand",
        name="`@team`",
        state=SHORT,
        tags={"reconciler-owner": HOSTILE[:256]},
    )
    trial = placed(trials, [*rows, row], manifest())
    check_forms(trial)
    run = trial.apply()
    check_sinks(trial, run)
    assert run.code == 1
    trial.cures.append(lambda: trial.sandbox.remove(row["id"]))
    trial.cures.append(lambda: [trial.sandbox.remove(one) for one in trial.sandbox.ids("*/locks/*")])


def test_f48_a_hostile_path_is_obeyed_nowhere(tmp_path: Path) -> None:
    done = command(tmp_path, "validate", SHORT)
    assert done.returncode == 1
    check_terminal(done.stderr)
    name = "\u202e`@team`##vso[x]\n::error::y.yaml"
    (tmp_path / name).write_text("apiVersion: reconciler/v1\nname: x\nwrong: 1\n", encoding="utf-8")
    for form in ("text", "json"):
        done = command(tmp_path, "validate", ".", "--format", form)
        assert done.returncode == 1
        check_terminal(done.stderr + done.stdout)


# F49

SINKS = ("plan", "apply", "drift")
JWT = f"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.{SECRET}"
LEAKS = {
    "bearer": f"Authorization: Bearer {SECRET}",
    "bearer in JSON": json.dumps({"Authorization": f"Bearer {SECRET}"}),
    "JWT": f"token {JWT} was refused",
    "SAS": f"https://a.blob.core.windows.net/c/b?sv=2024-01-01&se=2030&sr=b&sp=r&sig={SECRET}%3D",
    "operation": f"https://management.azure.com/subscriptions/1/operationStatus/x?api-version=1&t=638&c={SECRET}&s={SECRET}&h={SECRET}",
    "operation first": f"Location: https://management.azure.com/x?t={SECRET}&c={SECRET}",
    "client secret": f"grant_type=client_credentials&client_id=1&client_secret={SECRET}&scope=x",
    "client secret in JSON": json.dumps({"client_secret": SECRET, "password": SECRET, "access_token": SECRET}),
    "escaped JSON": json.dumps(json.dumps({"client_secret": SECRET, "client_assertion": SECRET})),
    "assertion": f"client_assertion={JWT}&client_assertion_type=urn",
    "storage key": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={SECRET}==;EndpointSuffix=x",
    "shared access": f"Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey={SECRET}=",
    "id token": f"ACTIONS_ID_TOKEN_REQUEST_TOKEN={SECRET} id_token={SECRET} refresh_token: {SECRET}",
    "encoded SAS": f"https://x/?redirect=https%3A%2F%2Fy%2F%3Fsig%3D{SECRET}%26se%3D1",
    "header": f"x-ms-authorization-auxiliary: Bearer {SECRET}, Bearer {SECRET}",
    "basic": "Authorization: Basic " + __import__("base64").b64encode(f"user:{SECRET}".encode()).decode(),
    "cookie": f"Set-Cookie: buid={SECRET}; path=/",
    "URL with a password": f"https://user:{SECRET}@proxy.example:8080/",
}
ENCODED = __import__("base64").b64encode(f"user:{SECRET}".encode()).decode()


def raising(text: str) -> Callable[..., Any]:
    """A connection that breaks and tells too much."""

    def fault(_: object) -> Any:
        raise ConnectionRefusedError(text)

    return fault


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("verbosity", [(), ("--verbose",)], ids=["quiet", "verbose"])
def test_f49_no_secret_is_in_any_output(quickstart: Trial, leak: str, verbosity: tuple[str, ...]) -> None:
    """The harness looks into both streams, both reports and every logger at DEBUG, after each of these runs."""
    text = LEAKS[leak]
    out = quickstart.folder / "plan.json"
    for fault in (
        error(400, "UserErrorLeaky", f"x {text} y", text),
        answer(200, f"<html>{text}</html>".encode()),
        raising(text),
    ):
        quickstart.inject("PUT backupPolicies", fault, times=999)
        run = quickstart.apply(*verbosity)
        assert run.code == 1
        assert ENCODED not in run.text + run.log
        quickstart.clear()
        quickstart.inject("LIST disks", fault, times=999)
        quickstart.inject("LIST backupVaults", fault, times=999)
        for arguments in (("plan", "--out", str(out)), ("plan", "--format", "json"), ("drift",)):
            run = quickstart.run(*arguments, *verbosity)
            assert run.code == 1
            assert ENCODED not in run.text + run.log
        quickstart.clear()
    assert not out.exists() or SECRET not in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("leak", LEAKS)
def test_f49_no_secret_that_azure_shows_of_an_object_is_in_any_output(trials: Callable[..., Trial], leak: str) -> None:
    """In tags, states and errors of instances, which plans and their files repeat."""
    problem = {"code": "UserErrorLeaky", "message": LEAKS[leak], "recommendedAction": [LEAKS[leak]]}
    rows = [
        disk("PSTestDisk"),
        group(APPS, "snapshotrg"),
        vault(tags={"note": LEAKS[leak]}),
        policy(vault_id(), "by-hand"),
    ]
    rows.append(instance(vault_id(), disk_id("PSTestDisk"), "by-hand", state="ProtectionError", error=problem))
    trial = trials(estate(rows), manifest(vaults=[VAULT | {"tags": {"note": "none"}}]))
    out = trial.folder / "plan.json"
    for form in ("text", "json", "markdown"):
        run = trial.plan("--format", form, "--out", str(out), "--report", str(out.with_suffix(".md")), "--verbose")
        assert run.code == 0, run.text
        assert ENCODED not in run.text
    for file in (out, out.with_suffix(".md")):
        assert SECRET not in file.read_text(encoding="utf-8")
        assert ENCODED not in file.read_text(encoding="utf-8")


def test_f49_signed_operation_links_are_followed_and_never_shown(quickstart: Trial) -> None:
    problem = user_facing("UserErrorX", f"operation failed {LEAKY}")
    quickstart.inject("GET operationStatus", answer(500, {"error": problem}), times=999)
    run = quickstart.apply("--verbose", "--timeout", "600")
    assert run.code == 1
    assert quickstart.weather.signatures, "the sandbox signs its links"


@pytest.mark.parametrize("verbosity", [(), ("--verbose",)], ids=["quiet", "verbose"])
@pytest.mark.parametrize("kind", ["LIST *", "PUT backupPolicies"])
def test_f49_the_installed_command_keeps_its_token_from_every_file_and_stream(
    quickstart: Trial, kind: str, verbosity: tuple[str, ...]
) -> None:
    """Behind a proxy that refuses by showing all that it was sent."""
    put_files(quickstart.folder, quickstart.said)
    given = {"RECONCILER_ARM_TOKEN": TOKEN, "AZURE_LOG_LEVEL": "DEBUG", "AZURE_CLIENT_SECRET": SECRET}
    quickstart.switch(propagation="0")
    with served(quickstart) as door:
        door.echoes = lambda asked: fnmatchcase(asked.kind, kind)
        ways = ("--arm-endpoint", door.url, "--clock", "scaled:120", *verbosity)
        apply = ("apply", "backup.yaml", "--auto-approve", "--report", "a.json", "--report", "a.md")
        for arguments in (
            ("plan", "backup.yaml", "--out", "p.json"),
            ("drift", "backup.yaml", "--report", "d.md"),
            apply,
        ):
            done = command(quickstart.folder, *arguments, *ways, environment=given)
            assert SECRET not in done.stdout + done.stderr
            assert done.returncode == (
                1 if kind.startswith("LIST") or arguments is apply else {"plan": 0}.get(arguments[0], 2)
            )
        assert f"Bearer {TOKEN}" in door.tokens, "it was sent"
    written = [path for path in quickstart.folder.iterdir() if path.name in {"p.json", "d.md", "a.json", "a.md"}]
    assert len(written) == (4 if kind.startswith("PUT") else 0)
    assert not [
        path for path in quickstart.folder.rglob("*") if path.is_file() and SECRET in path.read_text(encoding="utf-8")
    ]
