"""With OpenTelemetry there is a span for each turn, and one for each delivery."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from botbuilder.core import TurnContext
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from tests.turnkeeper.e2e.process import ROOT
from tests.turnkeeper.turn.world import World, message
from turnkeeper.address import Address
from turnkeeper.observing import tracing
from turnkeeper.testing import Cloud, Person


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # A process can be given one provider, once; here each test has its own.
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(tracing, "tracer", trace.get_tracer("test", tracer_provider=provider))
    monkeypatch.setattr(tracing, "provider", tracing.Provider())
    yield exporter
    provider.shutdown()


def named(spans: InMemorySpanExporter) -> tuple[ReadableSpan, ReadableSpan]:
    """The span of a turn, and the one of its delivery."""
    by_name = {one.name: one for one in spans.get_finished_spans()}
    assert list(sorted(by_name)) == ["delivery", "turn"]
    return by_name["turn"], by_name["delivery"]


def ledger_of(person: Person) -> str:
    """The key of the ledger of a person's conversation."""
    return Address.of("", "msteams", person.conversation.id).ledger_key


async def test_a_turn_and_its_delivery_are_spans_without_any_text(
    cloud: Cloud, bot: str, spans: InMemorySpanExporter
) -> None:
    person = cloud.person(channel="msteams", bot_url=bot)
    await person.says("Zyxwv")
    turn, delivery = named(spans)
    assert delivery.parent is None, "it may outlive the turn"
    assert delivery.attributes is not None
    assert delivery.attributes["ledger"] == ledger_of(person)
    assert turn.attributes is not None
    assert turn.attributes["conversation"] == person.conversation.id
    assert "Zyxwv" not in turn.to_json()


async def test_so_is_a_turn_in_which_the_bot_speaks_first(spans: InMemorySpanExporter) -> None:
    process = World().process()
    reference = TurnContext.get_conversation_reference(message("a"))

    async def say(context: TurnContext) -> None:
        await context.send_activity("Zyxwv")

    await process.adapter.continue_conversation(reference, say, "app")
    await process.stop()
    turn, _ = named(spans)
    assert turn.attributes is not None
    assert (turn.attributes["conversation"], turn.attributes["channel"]) == ("c", "msteams")


async def test_an_error_is_in_its_span_by_its_type_and_not_with_what_it_quotes(
    spans: InMemorySpanExporter,
) -> None:
    process = World().process()
    reference = TurnContext.get_conversation_reference(message("a"))

    async def fail(_: TurnContext) -> None:
        raise ValueError("Zyxwv")

    with pytest.raises(ValueError, match="Zyxwv"):
        await process.adapter.continue_conversation(reference, fail, "app")
    await process.stop()
    [turn] = spans.get_finished_spans()
    assert (turn.status.status_code, turn.status.description) == (StatusCode.ERROR, "ValueError")
    assert turn.events == ()
    assert "Zyxwv" not in turn.to_json()


async def test_without_it_nothing_is_missing(
    cloud: Cloud, bot: str, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "tracer", None)
    await cloud.person(bot_url=bot).says("hi")
    assert spans.get_finished_spans() == ()


def test_a_provider_may_be_set_at_any_time() -> None:
    late = """
import time
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from turnkeeper.observing.tracing import span

with span("before"):
    pass
exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
now = time.monotonic() + 1  # so often it is looked for
time.monotonic = lambda: now
with span("after"):
    pass
print(*(span.name for span in exporter.get_finished_spans()))
"""
    told = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", late], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert told.stdout.split() == ["after"]
