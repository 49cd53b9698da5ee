"""The URL of a database server is read with all options, and without a leak of its password."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.errors import SettingsError
from turnkeeper.storage.server_url import ServerUrl

awkward = st.text(st.sampled_from("a1/#?@:[]%&=;\\ é,.2F"), max_size=8)
servers = st.sampled_from(["h:1/0", "h", "[::1]:5/db", "h:1,g:2/db?a=b", ""])


@given(before=awkward, after=awkward, server=servers)
def test_no_piece_of_a_password_that_was_not_escaped_is_taken_for_another_part(
    before: str, after: str, server: str
) -> None:
    try:
        url = ServerUrl.parse(f"scheme://me:{before}hush{after}@{server}")
    except SettingsError as error:
        shown = f"{error!r} {error.__cause__!r}"
    else:
        shown = f"{url.address} {list(url.options)}"
    assert "hush" not in shown


def test_options_of_ours_are_taken_out_and_the_rest_is_the_drivers() -> None:
    url = ServerUrl.parse("scheme://me:p%40ss@host:1/db?pool_max=3&sslrootcert=%2Fa%20b")
    assert (url.take("pool_max", 10, least=1), url.take("timeout", 5)) == (3, 5)
    assert url.address == "host:1/db"
    assert url.rest() == "scheme://me:p%40ss@host:1/db?sslrootcert=%2Fa+b"


@pytest.mark.parametrize("value", ["", "many", "0", "nan", "-1", "inf", "1e300", "100001"])
def test_a_number_out_of_range_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match="STORAGE_URL"):
        ServerUrl.parse(f"scheme://host/db?pool_max={value}").take("pool_max", 10, least=1)


def test_an_at_sign_in_the_password_is_to_be_escaped() -> None:
    with pytest.raises(SettingsError, match="%40 for @") as error:
        ServerUrl.parse("postgresql://bot:p@ss@db.example/bot")
    assert "p@ss" not in str(error.value)
