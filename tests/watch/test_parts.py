from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from reconciler.cli.watch import interval
from reconciler.model.addresses import Address
from reconciler.model.errors import AzureError, ManifestError, UsageError
from reconciler.model.findings import Finding, Place, Severity
from reconciler.watch.health import Liveness, served
from reconciler.watch.metrics import Metrics
from reconciler.watch.news import Bulletin, News, body, newsworthy
from reconciler.watch.posting import post, webhook
from reconciler.watch.rounds import Round
from reconciler.watch.telling import Teller
from reconciler.watch.tracing import Tracing, tracing

HOSTILE = "<@U1> & `x` **b** ::error::\x1b[31m @team sig=abcdefgh"
BEGUN = datetime(2026, 1, 5, 8, tzinfo=UTC)


def unhealthy(address: str, message: str = "x") -> Finding:
    return Finding("unhealthy", Severity.WARNING, message, address=Address(address))


def failed(number: int = 1, code: str = "no-answer") -> Round:
    return Round(number, BEGUN, 1.0, error=AzureError("Azure is away", code=code))


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400), ("PT15M", 900), (" 5m ", 300)]
)
def test_intervals(text: str, seconds: float) -> None:
    assert interval(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "ten", "P1M", "PT0.5S", "-5m", "10"])
def test_what_is_no_interval(text: str) -> None:
    with pytest.raises(UsageError, match="must be a duration"):
        interval(text)


def test_news_is_new_until_it_has_arrived() -> None:
    bulletin = Bulletin()
    first = bulletin.news("m", failed())
    assert first is not None
    assert bulletin.news("m", failed(2)) == first
    bulletin.told(first)
    assert bulletin.news("m", failed(3)) is None


def test_a_round_that_failed_says_what_to_do() -> None:
    wrong = Finding("unknown-key", Severity.ERROR, "unknown key `nam`", place=Place("backup.yaml", 11, 5))
    one = Round(1, BEGUN, 1.0, error=ManifestError([wrong], {}))
    (told,) = newsworthy(one)
    assert told.message == "The manifest has 1 error. (hint: the first is backup.yaml:11:5: unknown key `nam`)"


def test_nothing_is_over_while_azure_cannot_be_read() -> None:
    bulletin = Bulletin()
    bulletin.told(News("m", (unhealthy("disk/a"),), ()))
    news = bulletin.news("m", failed())
    assert news is not None
    assert news.over == ()


@pytest.mark.parametrize("kind", ["slack", "teams", "json"])
def test_a_message_obeys_nobody(kind: str) -> None:
    news = News(HOSTILE, (unhealthy(HOSTILE, HOSTILE),), ())
    text = json.dumps(body(kind, news), ensure_ascii=False)
    if kind != "json":
        assert "<@U1>" not in text
        assert "\\u001b" not in text
        assert "abcdefgh" not in text


def test_a_message_for_a_program_shows_no_secret() -> None:
    news = News("m", (unhealthy("disk/a", HOSTILE),), (unhealthy("disk/b", HOSTILE),))
    assert "abcdefgh" not in json.dumps(body("json", news))


def test_a_long_list_is_cut_and_says_so() -> None:
    news = News("m", tuple(unhealthy(f"disk/{n}") for n in range(50)), ())
    assert body("slack", news)["text"].endswith("… and 30 more")


@pytest.mark.parametrize(
    "text",
    [
        "slack",
        "mail=https://a.test/x",
        "slack=http://hooks.example.test/T0/secret",
        "slack=ftp://a.test",
        "teams=https://",
        "json=https://a.test/sécret",
        "json=https://a.test/secret part",
        "json=https://a.test:99999/secret",
        "json=https://[::1",
    ],
)
def test_an_address_that_will_not_do_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        webhook(text)
    assert "secret" not in f"{caught.value.message}{caught.value.hint}"


@pytest.fixture
def hook() -> Iterator[tuple[str, list[Any]]]:
    got: list[Any] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response({"/moved": 302, "/broken": 500}.get(self.path, 200))
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()


@pytest.mark.parametrize(("path", "arrives"), [("/x", True), ("/broken", False), ("/moved", False)])
def test_a_webhook_takes_it_or_not_and_redirects_nowhere(
    hook: tuple[str, list[Any]], path: str, arrives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    url, got = hook
    why = post(webhook(f"json={url}{path}"), {"a": 1})
    assert (why == "") is arrives
    assert url not in why
    assert got == [{"a": 1}]


def test_what_did_not_arrive_is_sent_after_the_next_round() -> None:
    answers, sent, lines = ["down", ""], [], []

    def send(_hook: Any, message: Any) -> str:
        sent.append(message)
        return answers.pop(0)

    async def main() -> None:
        health = Liveness(lambda: 0.0, every=1, patience=1)
        hooks = (webhook("json=https://example.test/x"),)
        teller = Teller(lines.append, Metrics(), health, Tracing(), hooks, send=send)
        for number in (1, 2, 3):
            await teller.round(failed(number))

    asyncio.run(main())
    assert len(sent) == 2
    assert [json.loads(line)["event"] for line in lines] == ["round", "notify-failed", "round", "round"]


def test_health_over_http() -> None:
    now = [0.0]
    health = Liveness(lambda: now[0], every=60, patience=100)

    def status(url: str) -> int:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    with served("127.0.0.1:0", health, lambda: b"m 1\n") as url:
        assert (status(f"{url}/healthz"), status(f"{url}/readyz"), status(f"{url}/x")) == (200, 503, 404)
        health.turned(saw=True)
        assert status(f"{url}/readyz") == 200
        now[0] = 250
        health.turned(saw=False)
        assert (status(f"{url}/healthz"), status(f"{url}/readyz")) == (200, 200)
        now[0] = 1000
        assert (status(f"{url}/healthz"), status(f"{url}/readyz")) == (503, 503)
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310 - loopback
            assert answer.read() == b"m 1\n"
        with pytest.raises(UsageError, match="Could not listen"), served(url[7:], health, lambda: b""):
            pass


@pytest.mark.parametrize(
    "listen", ["9464", "localhost:", "127.0.0.1:99999", "::1:9464", "[::1]", ":", "[]x:1", "127.0.0.1:٣"]
)
def test_where_nothing_can_be_served(listen: str) -> None:
    with pytest.raises(UsageError), served(listen, Liveness(lambda: 0.0, every=1, patience=1), lambda: b""):
        pass


def test_spans_hold_the_calls_that_happen_in_them() -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces = Tracing(provider.get_tracer("t"))
    with traces.span("look", disks=1):
        traces.called("GET", 200)
        traces.called("GET", None)
    traces.called("GET", 200)
    (span,) = exporter.get_finished_spans()
    assert span.name == "look"
    assert [event.attributes["http.response.status_code"] for event in span.events] == [200, 0]


def test_a_span_that_fails_says_why_without_a_secret() -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with pytest.raises(ValueError, match="hush"), Tracing(provider.get_tracer("t")).span("look"):
        raise ValueError("refused: client_secret=hush") from RuntimeError("Authorization: Bearer hush")
    (span,) = exporter.get_finished_spans()
    assert (span.status.is_ok, span.status.description) == (False, "ValueError: refused: client_secret=***")
    assert "hush" not in span.to_json()


def test_without_an_endpoint_no_exporter_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is imported")

    monkeypatch.setattr("reconciler.watch.tracing.import_module", refuse)
    with tracing({}) as traces, traces.span("look"):
        traces.called("GET", 200)
    with pytest.raises(AssertionError, match="is imported"), tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1]:9"}):
        pass
