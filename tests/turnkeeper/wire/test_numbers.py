"""Numbers come back digit by digit, however large or exact, and are JSON that everybody reads."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from turnkeeper.wire.codec import Codec

LARGE = 10**30 + 1


@pytest.mark.parametrize(
    "number",
    [0, -1, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, LARGE, -LARGE, 0.1, 1e300],
)
def test_a_number_comes_back_as_it_was(number: float) -> None:
    codec = Codec()
    found = codec.decode_state(codec.encode_state({"n": number, "list": [number]}))
    assert found == {"n": number, "list": [number]}
    assert type(found["n"]) is type(number)
    assert repr(found["n"]) == repr(number)


@pytest.mark.parametrize("number", [2**63, -LARGE, Decimal("0.10")])
def test_what_some_json_library_would_round_is_stored_as_text(number: Decimal | int) -> None:
    stored = json.loads(Codec().encode_state({"n": number}))["state"]["n"]
    assert stored == {"$": type(number).__name__, "digits": str(number)}
