"""What errors of a delivery tell whoever catches them."""

from __future__ import annotations

import pytest

from turnkeeper.errors import DeliveryError, DeliveryOwed, DeliveryRefused


@pytest.mark.parametrize(("owed", "told"), [(1, "1 reply,"), (3, "3 replies,")])
def test_what_is_owed_is_counted_and_not_to_be_said_again(owed: int, told: str) -> None:
    error = DeliveryOwed(owed)
    assert isinstance(error, DeliveryError)
    assert error.owed == owed
    assert told in str(error)
    assert "committed, not yet out" in str(error)
    assert "do not call again" in str(error)


def test_a_refusal_tells_the_channels_word_and_whom_it_was_meant_for() -> None:
    reference = object()
    refused = DeliveryRefused(403, "no", code="NotInRoster", reference=reference)
    assert (refused.status, refused.code, refused.reference) == (403, "NotInRoster", reference)
    bare = DeliveryRefused(404, "no")
    assert (str(bare), bare.code, bare.reference) == ("no", "", None)
