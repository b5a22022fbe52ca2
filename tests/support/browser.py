"""A headless Chromium, spoken to over its own protocol: what a page shows, asks for, and does with keys."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from base64 import b64decode
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
    "--window-size=1280,900",
)


class Browser:
    """One tab. `requests` are the URLs that it asked for since the page was opened; `complaints` what the console said."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [str(CHROMIUM), *_OPTIONS, f"--user-data-dir={self._folder.name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._runner = asyncio.Runner()
        self._number = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._events: list[dict[str, Any]] = []
        self._run(self._connect())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._runner.close()
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def open(self, page: Path, anchor: str = "") -> float:
        """Open a file, at an anchor with its `#`; the seconds until it was loaded and painted."""
        self.requests.clear()
        self.complaints.clear()
        begun = time.perf_counter()
        if anchor:
            self.say("Page.navigate", url="about:blank")  # an anchor alone loads nothing
            self._run(self._until("Page.loadEventFired"))
            self.requests.clear()
        self.say("Page.navigate", url=page.as_uri() + anchor)
        self._run(self._until("Page.loadEventFired"))
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
        return time.perf_counter() - begun

    def spent(self) -> float:
        """The seconds of CPU that all its processes have used so far, whatever else the machine does."""
        return self._run(self._spent())

    def value(self, script: str) -> Any:
        """What an expression, or a promise, comes to."""
        answer = self.say("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str, text: str = "") -> None:
        """One key on the keyboard."""
        code = {"Tab": 9, "Enter": 13, "ArrowDown": 40}.get(key, ord(text.upper()) if text else 0)
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.say("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.say("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Characters, one key each."""
        for one in text:
            self.press(one, one)

    def shot(self, path: Path, *, scheme: str = "light", media: str = "screen") -> None:
        """A picture of the whole page, as it looks in a colour scheme or on paper."""
        self.dress(scheme, media)
        answer = self.say("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(b64decode(answer["data"]))

    def size(self, width: int, height: int) -> None:
        """The size of the screen from now on; narrow ones are phones."""
        is_phone = width < 500
        self.say("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone)

    def dress(self, scheme: str, media: str = "screen") -> None:
        """The colour scheme and medium from now on."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.say("Emulation.setEmulatedMedia", media=media, features=features)

    def say(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol; its result."""
        return self._run(self._say(method, parameters))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(asyncio.wait_for(work, 60))

    async def _connect(self) -> None:
        note = Path(self._folder.name) / "DevToolsActivePort"
        while not (note.exists() and note.read_text().count("\n")):
            assert self._process.poll() is None, "chromium ended"
            await asyncio.sleep(0.02)
        port, path, *_ = note.read_text().split("\n")
        self._whole = f"ws://127.0.0.1:{port}{path}"
        self._session = aiohttp.ClientSession()
        async with self._session.get(f"http://127.0.0.1:{port}/json") as answer:
            tabs = json.loads(await answer.text())
        tab = next(one for one in tabs if one["type"] == "page")
        self._socket = await self._session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0)
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self._say(f"{domain}.enable", {})

    async def _spent(self) -> float:
        async with self._session.ws_connect(self._whole) as browser:
            await browser.send_json({"id": 1, "method": "SystemInfo.getProcessInfo"})
            answer = json.loads((await browser.receive()).data)
        return sum(float(one["cpuTime"]) for one in answer["result"]["processInfo"])

    async def _close(self) -> None:
        await self._socket.close()
        await self._session.close()

    async def _say(self, method: str, parameters: Any) -> dict[str, Any]:
        self._number += 1
        own = self._number
        await self._socket.send_json({"id": own, "method": method, "params": parameters})
        while True:
            message = await self._next()
            if message.get("id") == own:
                assert "error" not in message, (method, message)
                return dict(message["result"])

    async def _until(self, event: str) -> None:
        while not any(one["method"] == event for one in self._events):
            await self._next()
        self._events.clear()

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads((await self._socket.receive()).data)
        if "method" in message:
            self._events.append(message)
            said = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(said["request"]["url"])
            elif message["method"] == "Log.entryAdded":
                self.complaints.append(said["entry"]["text"])
            elif message["method"] == "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(said))
        return message
