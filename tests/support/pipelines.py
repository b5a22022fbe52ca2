"""CI jobs as their systems would run them: real shell steps and the real command, with the systems' variables.

What would reach a network (`gh`, `curl`, `pip`, `apt-get`) is a recorder on the PATH that gives prepared answers.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from installed import environment

import reconciler

REPOSITORY = Path(reconciler.__file__).parents[1]
SAMPLES = REPOSITORY / "samples" / "ci"
ACTION = "example-org/reconciler@" + "0" * 40
_RECORDER = """#!{python}
import json, os, pathlib, sys
arguments = sys.argv[1:]
said = sys.stdin.read() if "@-" in arguments else ""
def text(value):
    name, mark, file = value.partition("=@") if "=@" in value else value.partition("@")
    return name + "=" + pathlib.Path(file).read_text() if mark and file not in ("", "-") else value
valued = [text(a) if b in ("--field", "--data-urlencode") else a for a, b in zip(arguments, ["", *arguments])]
call = {{"program": pathlib.Path(sys.argv[0]).name, "arguments": valued, "body": said}}
home = pathlib.Path(os.environ["RECORDER"])
with (home / "calls.jsonl").open("a") as file:
    file.write(json.dumps(call) + "\\n")
line = " ".join(arguments)
for part, answer in json.loads((home / "answers.json").read_text()):
    if part in line:
        if answer is None:
            sys.exit(22)
        answer = answer if isinstance(answer, str) else json.dumps(answer)
        if "--output" in arguments:
            pathlib.Path(arguments[arguments.index("--output") + 1]).write_text(answer)
        else:
            print(answer)
        break
"""


@dataclass
class Done:
    """How a step or job ended: its code, what it printed, and values for later steps."""

    code: int = 0
    text: str = ""
    values: dict[str, str] = field(default_factory=dict)


class Machine:
    """A runner's machine: a checkout, a PATH with recorders, a temporary folder."""

    def __init__(self, folder: Path, estate: Path) -> None:
        self.checkout, self.temporary, self._bin = folder / "checkout", folder / "temporary", folder / "bin"
        for one in (self.checkout / ".git", self.temporary, self._bin):
            one.mkdir(parents=True)
        self._home = folder
        self.answers: list[tuple[str, Any]] = []
        for name in ("gh", "curl", "pip", "apt-get"):
            self._program(name, _RECORDER.format(python=sys.executable))
        start = f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n'
        self._program("reconciler", start)
        inner = self.temporary / "reconciler" / "bin"
        inner.mkdir(parents=True)
        (inner / "reconciler").write_text(start)
        (inner / "reconciler").chmod(0o755)
        self._estate = estate

    def _program(self, name: str, text: str) -> None:
        (self._bin / name).write_text(text)
        (self._bin / name).chmod(0o755)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """What the recorders were asked, those of installing left out."""
        file = self._home / "calls.jsonl"
        rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [row for row in rows if row["program"] in ("gh", "curl")]

    def forget(self) -> None:
        """Count calls from here."""
        (self._home / "calls.jsonl").unlink(missing_ok=True)

    def sent(self, *parts: str) -> list[dict[str, Any]]:
        """The calls whose arguments hold all these texts."""
        return [call for call in self.calls if all(part in " ".join(call["arguments"]) for part in parts)]

    def shell(self, script: str, variables: Mapping[str, str], *, strict: str = "-eo pipefail") -> Done:
        """Run a step's script in bash as runners do."""
        (self._home / "answers.json").write_text(json.dumps(self.answers))
        known = environment(
            {
                **variables,
                "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
                "RECORDER": str(self._home),
                "RECONCILER_SANDBOX": str(self._estate),
            }
        )
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", *strict.split(), "-c", script],
            cwd=self.checkout,
            env=known,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout)


def loaded(path: Path) -> Any:
    """A YAML file as data."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


class GitHub:
    """GitHub's runner, as far as the samples need it: jobs, the composite action, expressions, files for values."""

    def __init__(self, machine: Machine, event: str, payload: Mapping[str, Any], sha: str = "c0ffee") -> None:
        self.machine = machine
        self._event = event
        self._payload = dict(payload)
        event_file = machine.temporary / "event.json"
        event_file.write_text(json.dumps(payload))
        self._variables = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_PATH": str(event_file),
            "GITHUB_REPOSITORY": "example/infra",
            "GITHUB_RUN_ID": "17",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": sha,
            "GITHUB_WORKFLOW": "backup",
            "GITHUB_STEP_SUMMARY": str(machine.temporary / "summary.md"),
            "GITHUB_OUTPUT": str(machine.temporary / "output"),
            "GITHUB_ACTION_PATH": str(REPOSITORY),
            "RUNNER_TEMP": str(machine.temporary),
        }
        self.kept: dict[str, list[str]] = {}
        self._names: dict[str, Any] = {
            "github": {"event": self._payload, "event_name": event, "sha": sha, "token": "gh-token"},
            "inputs": payload.get("inputs", {}),
            "vars": {},
        }

    @property
    def summary(self) -> str:
        """The summary of the job."""
        return (self.machine.temporary / "summary.md").read_text(encoding="utf-8")

    def job(self, workflow: str, name: str, matrix: Mapping[str, str] | None = None) -> Done:
        """Run the steps of one job that are the tool's own; others, such as the checkout, are taken for done."""
        found = loaded(SAMPLES / "github" / workflow)["jobs"][name]
        names = {**self._names, "matrix": matrix or {}, "steps": {}}
        told = Done()
        for step in found["steps"]:
            if step.get("uses") == ACTION:
                given = {key: self._filled(str(value).lower() if isinstance(value, bool) else value, names)
                         for key, value in step["with"].items()}  # fmt: skip
                done = self._action(given)
                told = Done(told.code or done.code, told.text + done.text, {**told.values, **done.values})
        return told

    def _action(self, given: Mapping[str, str]) -> Done:
        action = loaded(REPOSITORY / "action.yml")
        assert set(given) <= set(action["inputs"]), "the action takes these inputs"
        defaults = {key: str(value.get("default", "")) for key, value in action["inputs"].items()}
        steps: dict[str, Any] = {}
        names = {**self._names, "inputs": {**defaults, **given}, "steps": steps}
        code, text, last = 0, "", {}
        for step in action["runs"]["steps"]:
            condition = str(step.get("if", "true"))
            wanted = self._value(condition.replace("always()", "true"), names) not in ("false", "")
            if not wanted or (code and "always()" not in condition):
                steps.setdefault(step.get("id", ""), {"outcome": "skipped", "outputs": {}})
                continue
            if "run" not in step:
                steps[step.get("id", "")] = {"outcome": "success", "outputs": self._used(step, names)}
                continue
            variables = {key: self._filled(value, names) for key, value in step.get("env", {}).items()}
            done = self._step(step["run"], variables)
            code, text = code or done.code, text + done.text
            outcome = "failure" if done.code else "success"
            steps[step.get("id", "")] = {"outcome": outcome, "outputs": done.values}
            last = {**last, **done.values}
        return Done(code, text, last)

    def _used(self, step: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, str]:
        """The outputs of another action's step; what it uploads is in `kept`, by the artifact's name."""
        if not step["uses"].startswith("actions/upload-artifact@"):
            return {}
        name, path = (self._filled(step["with"][key], names) for key in ("name", "path"))
        assert re.fullmatch(r"[^\"\\/:<>|*?\r\n]+", name), "a name that GitHub takes"
        self.kept[name] = sorted(one.name for one in Path(path).iterdir())
        return {"artifact-url": f"https://github.com/example/infra/actions/runs/17/artifacts/{len(self.kept)}"}

    def _step(self, script: str, variables: Mapping[str, str]) -> Done:
        output = self.machine.temporary / "output"
        output.write_text("")
        done = self.machine.shell(script, {**self._variables, **variables})
        return Done(done.code, done.text, _values(output.read_text(encoding="utf-8")))

    def _filled(self, text: str, names: Mapping[str, Any]) -> str:
        return re.sub(r"\$\{\{\s*(.*?)\s*\}\}", lambda found: self._value(found[1], names), str(text))

    def _value(self, expression: str, names: Mapping[str, Any]) -> str:
        """An expression of `||`, `&&`, `==`, `!=`, `format` with one value, names and literals."""
        if "||" in expression:
            return next(filter(_is_true, (self._value(one, names) for one in expression.split("||"))), "")
        if "&&" in expression:
            values = [self._value(one, names) for one in expression.split("&&")]
            return next((one for one in values if not _is_true(one)), values[-1])
        for sign in ("==", "!="):
            if sign in expression:
                left, right = (self._value(one, names) for one in expression.split(sign))
                return str((left == right) == (sign == "==")).lower()
        expression = expression.strip()
        if found := re.fullmatch(r"format\('(.*)', (.*)\)", expression):
            return found[1].replace("{0}", self._value(found[2], names))
        if expression[:1] == "'" or expression in ("true", "false"):
            return expression.strip("'")
        value: Any = names
        for part in expression.split("."):
            value = value.get(part, "") if isinstance(value, Mapping) else ""
        return str(value)


def _is_true(value: str) -> bool:
    return value not in ("", "false")


def _values(text: str) -> dict[str, str]:
    """The values of a step's output file, in both of its forms."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, mark, delimiter = line.partition("<<")
        if not mark:
            name, _, found[name] = line.partition("=")
            continue
        value = []
        while (inner := next(lines)) != delimiter:
            value.append(inner)
        found[name] = "\n".join(value)
    return found


class AzurePipelines:
    """Azure Pipelines' agent: steps of a job, macros, and variables that steps set."""

    def __init__(self, machine: Machine, **variables: str) -> None:
        self.machine = machine
        self._variables = {
            "TF_BUILD": "True",
            "AGENT_TEMPDIRECTORY": str(machine.temporary),
            "SYSTEM_COLLECTIONURI": "https://dev.azure.com/example/",
            "SYSTEM_TEAMPROJECTID": "infra",
            "BUILD_REPOSITORY_ID": "repo",
            "BUILD_BUILDID": "7",
            "BUILD_DEFINITIONNAME": "backup",
            "BUILD_SOURCEVERSION": "c0ffee",
            **variables,
        }
        self.kept: dict[str, list[str]] = {}
        self._macros = {
            "Agent.TempDirectory": str(machine.temporary),
            "System.AccessToken": "ado-token",
            "System.JobAttempt": "1",
            "System.PullRequest.SourceCommitId": "c0ffee",
        }

    def job(self, pipeline: str, name: str) -> Done:
        """Run the shell steps of one job."""
        document = loaded(SAMPLES / "azure-devops" / pipeline)
        self._macros.update(document["variables"])
        told = Done()
        for step in _steps(document, name):
            if "publish" in step:
                folder = Path(self._filled(step["publish"]))
                found = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
                self.kept[self._filled(step["artifact"])] = found
            script = step.get("bash") or step.get("inputs", {}).get("inlineScript")
            if not script or (told.code and "condition" not in step):
                continue
            variables = {key: self._filled(value) for key, value in step.get("env", {}).items()}
            done = self.machine.shell(script, {**self._variables, **variables}, strict="-e")
            for key, value in re.findall(
                r"^##vso\[task\.setvariable variable=(\w+)[^\]]*\](.*)$", done.text, re.MULTILINE
            ):
                self._macros[key] = told.values[key] = value
            told = Done(told.code or done.code, told.text + done.text, told.values)
        return told

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\(([\w.]+)\)", lambda found: str(self._macros.get(found[1], found[0])), str(text))


def _steps(document: Any, name: str) -> list[dict[str, Any]]:
    jobs = document.get("jobs") or [job for stage in document["stages"] for job in stage["jobs"]]
    job = next(job for job in jobs if name in (job.get("job"), job.get("deployment")))
    steps: list[dict[str, Any]] = job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]
    return steps


class GitLab:
    """GitLab's runner: the script of one job, with what it extends."""

    def __init__(self, machine: Machine, **variables: str) -> None:
        self.machine = machine
        self._variables = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
            "CI_PROJECT_ID": "5",
            "CI_JOB_ID": "8",
            "CI_JOB_NAME": "job",
            "CI_JOB_URL": "https://gitlab.example.com/-/jobs/8",
            "CI_JOB_TOKEN": "job-token",
            "CI_BUILDS_DIR": str(machine.temporary),
            "CI_COMMIT_SHA": "c0ffee",
            "AZURE_ID_TOKEN": "id-token",
            **variables,
        }

    def kept(self, name: str) -> list[str]:
        """The files that a job keeps, those that its script has written."""
        paths = loaded(SAMPLES / "gitlab" / ".gitlab-ci.yml")[name]["artifacts"]["paths"]
        return [path for path in paths if (self.machine.checkout / path).exists()]

    def job(self, name: str) -> Done:
        """Run one job's script, all lines in one shell."""
        document = loaded(SAMPLES / "gitlab" / ".gitlab-ci.yml")
        job = {**document[".reconciler"], **document[name]}
        script = "\n".join([*job["before_script"], *job["script"]])
        return self.machine.shell(script, {**document["variables"], **self._variables})


def lines_of(scripts: Sequence[str]) -> list[str]:
    """The lines of scripts, joined where a backslash says so."""
    return [line for script in scripts for line in script.replace("\\\n", " ").splitlines()]
