"""Traces with OpenTelemetry, if its extra is installed; otherwise nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from reconciler import __version__
from reconciler.base.redaction import redact

_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


class Tracing:
    """Makes spans of rounds and their parts; requests are events of the current span."""

    def __init__(self, tracer: Any = None) -> None:
        self._tracer = tracer
        self._current: Any = None

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[None]:
        """Within this block a span is open."""
        if self._tracer is None:
            yield
            return
        before = self._current
        quiet = {
            "record_exception": False,
            "set_status_on_exception": False,
        }  # both would send text that isn't redacted
        with self._tracer.start_as_current_span(name, attributes=attributes, **quiet) as span:
            self._current = span
            try:
                yield
            except Exception as error:  # whatever it is, the span says that it failed
                span.set_status(_failed(error))
                raise
            finally:
                self._current = before

    def called(self, method: str, status: int | None) -> None:
        """Add a request to the span (None: no answer)."""
        if self._current is not None:
            self._current.add_event(
                "arm-call", {"http.request.method": method, "http.response.status_code": status or 0}
            )


def _failed(error: Exception) -> Any:
    # an extra that may not be installed
    from opentelemetry.trace import Status, StatusCode

    return Status(StatusCode.ERROR, redact(f"{type(error).__name__}: {error}"))


def _session() -> Any:
    """A session that sends the credentials of no `.netrc`."""
    session = import_module("requests").Session()
    session.auth = lambda request: request
    return session


@contextmanager
def tracing(environment: Mapping[str, str]) -> Iterator[Tracing]:
    """Tracing to the OTLP endpoint in OpenTelemetry's own environment variables; off when they name none."""
    if not (environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        yield Tracing()
        return
    try:
        # an extra that may not be installed
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = import_module(_EXPORTER).OTLPSpanExporter(session=_session())
    except ImportError:
        yield Tracing()
        return
    provider = TracerProvider(resource=Resource.create({"service.name": "reconciler", "service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield Tracing(provider.get_tracer("reconciler", __version__))
    finally:
        provider.shutdown()
