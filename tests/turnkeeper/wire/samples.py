"""Strategies that make documents and instances of any model class from its attribute map."""

from __future__ import annotations

import inspect
import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any

import botbuilder.schema
import botbuilder.schema.teams
from botbuilder.schema import (
    ActionTypes,
    Activity,
    ActivityTypes,
    CardAction,
    HeroCard,
    TokenExchangeState,
)
from hypothesis import strategies as st
from msrest.serialization import Model

from turnkeeper.wire.sdk import attributes_of, models_beside

CAPTURES = sorted((Path(__file__).parents[1] / "captures").glob("*.json"))

MODELS: list[Any] = [
    member
    for module in (botbuilder.schema, botbuilder.schema.teams)
    for _, member in inspect.getmembers(module)
    if isinstance(member, type) and issubclass(member, Model)
]


def capture(path: Path) -> dict[str, Any]:
    """The document of one capture."""
    document: dict[str, Any] = json.loads(path.read_text())
    return document


OFFSETS = st.sampled_from([0, 60, 330, 345, -210, -480, 840]).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
MOMENTS = st.datetimes(timezones=st.none() | st.just(UTC) | OFFSETS)

KEYS = st.text(max_size=6) | st.sampled_from(["id", "Id", "type", "text", "tenantId", "a.b"])

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)

JSON = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)

TIMESTAMPS = (
    MOMENTS.map(lambda moment: moment.isoformat())
    | MOMENTS.map(lambda moment: moment.isoformat(timespec="milliseconds"))
    | st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    | st.from_regex(
        r"\A[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
        r"([.,][0-9]{0,9})?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)?\Z"
    )
    | st.from_regex(r"\A\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2})?.{0,4}\Z")
)

_RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "str": st.text(max_size=8),
    "bool": st.booleans(),
    "int": st.integers(-(2**31), 2**31),
    "long": st.integers(-(2**63), 2**63),
    "float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
    "bytearray": st.binary(max_size=6).map(lambda raw: raw.hex()),
    "iso-8601": TIMESTAMPS,
    "object": JSON,
}

_WRONG = JSON | st.sampled_from(["true", "False", "1", "0", "12", "1.5", "nan", "x", "", 10**400])


def documents(cls: Any, *, wild: bool = False, depth: int = 3) -> st.SearchStrategy[Any]:
    """JSON documents of a model class, with unknown fields and nulls among the known ones.

    :param wild: put values of any JSON type where a field is declared with another.
    """
    models = models_beside(cls)

    def value_of(kind: Any, depth: int) -> st.SearchStrategy[Any]:
        right = _right(kind, depth)
        return st.one_of(right, right, right, _WRONG) if wild else st.none() | right

    def _right(kind: Any, depth: int) -> st.SearchStrategy[Any]:
        if kind in _RIGHT:
            return _RIGHT[kind]
        if isinstance(kind, str) and kind.startswith("["):
            return st.lists(value_of(kind[1:-1], depth), max_size=2)
        if isinstance(kind, str) and kind.startswith("{"):
            return st.dictionaries(KEYS, value_of(kind[1:-1], depth), max_size=2)
        if kind in models and depth:
            return documents(models[kind], wild=wild, depth=depth - 1)
        return st.none()

    known = {
        field["key"]: value_of(field["type"], depth - 1) for field in attributes_of(cls).values()
    }
    unknown = st.dictionaries(KEYS.filter(lambda key: key not in known), JSON, max_size=2)
    return st.tuples(unknown, st.fixed_dictionaries({}, optional=known)).map(
        lambda parts: {**parts[0], **parts[1]}
    )


class Colour(Enum):
    """An enum of a bot's own."""

    RED = "red"


class Card(Model):  # type: ignore[misc]
    """A model of a bot's own."""

    _attribute_map = {  # noqa: RUF012
        "title": {"key": "title", "type": "str"},
        "due": {"key": "due", "type": "iso-8601"},
    }

    def __init__(self, title: str | None = None, due: datetime | None = None) -> None:
        super().__init__()
        self.title = title
        self.due = due


_HELD = (
    ATOMS
    | MOMENTS
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        [
            Colour.RED,
            (1, "b"),
            HeroCard(title="t", buttons=[CardAction(type=ActionTypes.im_back, value=1)]),
            Card("own", datetime(2026, 1, 2, tzinfo=UTC)),
            Card(due=datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))),
            {Colour.RED: 1, 2: "two"},
        ]
    )
)

HELD = st.recursive(
    _HELD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)
"""What bot code puts into a free-form field."""

_HELD_BY: dict[Any, st.SearchStrategy[Any]] = {
    "str": st.text(max_size=8)
    | st.sampled_from([ActivityTypes.message, Colour.RED, 5, True, 1.5, {"a": 1}]),
    "bool": st.booleans() | st.sampled_from([0, "x", ""]),
    "int": st.integers() | st.sampled_from(["12", 1.5, "x"]),
    "long": st.integers() | st.sampled_from(["12", 1.5, "x"]),
    "float": st.floats(allow_nan=False) | st.sampled_from(["1.5", 3, "x"]),
    "bytearray": st.binary(max_size=6).map(bytearray),
    "iso-8601": MOMENTS | st.sampled_from(["2026-01-02T03:04:05Z", "x", 5, date(2026, 1, 2)]),
    "object": HELD,
}


def sent_by_connector(cls: Any) -> bool:
    """Whether models of a class go through the connector client's ``Serializer.body``.

    The others, such as the bodies of invoke responses, go through their own ``serialize``, which
    takes nothing but models in the place of models.
    """
    return cls.__module__ == Activity.__module__ and cls is not TokenExchangeState


def instances(cls: Any, *, depth: int = 3) -> st.SearchStrategy[Any]:
    """Instances of a model class as bot code makes them, some with values of a wrong type.

    A class whose constructor does not take its own attributes gives nothing.
    """
    models = models_beside(cls)

    def value_of(kind: Any, depth: int) -> st.SearchStrategy[Any]:
        if kind in _HELD_BY:
            return _HELD_BY[kind]
        if isinstance(kind, str) and kind.startswith("["):
            items = st.lists(st.none() | value_of(kind[1:-1], depth), max_size=2)
            return items | st.just("x")
        if isinstance(kind, str) and kind.startswith("{"):
            return st.dictionaries(st.text(max_size=3), value_of(kind[1:-1], depth), max_size=2)
        if kind in models and depth:
            right = instances(models[kind], depth=depth - 1)
            if not sent_by_connector(cls):
                return right
            return st.one_of(right, right, documents(models[kind], depth=1), st.just("x"))
        return st.none()

    def build(held: dict[str, Any]) -> Any:
        try:
            return cls(**held)
        except TypeError:
            return None

    fields = {
        name: value_of(field["type"], depth - 1) for name, field in attributes_of(cls).items()
    }
    return st.fixed_dictionaries({}, optional=fields).map(build)


def differences(ours: Any, theirs: Any, place: str = "") -> list[str]:
    """Where two decoded models differ; datetimes must be the same moment at the same offset."""
    pairs: list[tuple[Any, Any, str]]
    if ours.__class__ is not theirs.__class__:
        return [f"{place}: {ours!r} != {theirs!r}"]
    if isinstance(ours, Model):
        pairs = [(vars(ours), vars(theirs), place)]
    elif isinstance(ours, dict) and ours.keys() == theirs.keys():
        pairs = [(ours[key], theirs[key], f"{place}.{key}") for key in ours]
    elif isinstance(ours, list) and len(ours) == len(theirs):
        pairs = [(ours[at], theirs[at], f"{place}[{at}]") for at in range(len(ours))]
    elif isinstance(ours, datetime) and ours.utcoffset() != theirs.utcoffset():
        return [f"{place}: {ours!r} != {theirs!r}"]
    else:
        same = ours == theirs or (isinstance(ours, float) and math.isnan(ours))
        return [] if same else [f"{place}: {ours!r} != {theirs!r}"]
    return [line for pair in pairs for line in differences(*pair)]
