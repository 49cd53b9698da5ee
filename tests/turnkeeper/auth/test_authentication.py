"""Who gets in: the hostile table, the senders that are right, and what is remembered of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import jwt
import pytest
import pytest_asyncio
from botbuilder.schema import Activity
from botframework.connector.auth import (
    AuthenticationConstants,
    CertificateAppCredentials,
    ClaimsIdentity,
    JwtTokenExtractor,
    ManagedIdentityAppCredentials,
    MicrosoftAppCredentials,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.turnkeeper.clock import Clock
from tests.turnkeeper.hostile import CASES, Case, Request, Target
from turnkeeper.auth import authentication
from turnkeeper.auth import signing_keys as keys
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.signing_keys import KeyCache
from turnkeeper.errors import RequestRefused
from turnkeeper.inbound.activity import read_activity
from turnkeeper.settings import Settings
from turnkeeper.testing import Answer, Cloud
from turnkeeper.testing.outside.identity import CHANNEL_ISSUER, EMULATOR_ISSUER, SigningKey

APP = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-8888-7777-6666-555555555555"
PARENT = "77777777-aaaa-bbbb-cccc-555555555555"
CHINA = "https://botframework.azure.cn"
GOVERNMENT = "https://botframework.azure.us"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cloud() -> AsyncIterator[Cloud]:
    async with Cloud(app_id=APP, path="/") as running:
        yield running


@pytest.fixture(scope="module")
def target(cloud: Cloud) -> Target:
    return Target(cloud.identity, APP, cloud.service_url)


@pytest.fixture(autouse=True)
def all_is_well(cloud: Cloud, target: Target) -> None:
    """Whatever a test does to the cloud ends with it."""
    cloud.login.key_faults.recover()
    cloud.login.key_requests = 0
    cloud.identity.keys = [target.unendorsed, KEY]


KEY = SigningKey("good")


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time())


def bot(cloud: Cloud, **changes: Any) -> Settings:
    values = {
        "app_id": APP,
        "app_password": "secret",
        "open_id_metadata_url": cloud.open_id_metadata_url,
        "service_hosts": ("localhost",),  # for the Emulator
    }
    return Settings(**(values | changes))


@pytest_asyncio.fixture(loop_scope="module")
async def authenticator(cloud: Cloud, clock: Clock) -> AsyncIterator[Authenticator]:
    made = Authenticator(bot(cloud), clock=clock)
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def besieged(cloud: Cloud) -> AsyncIterator[Authenticator]:
    """One authenticator for the whole hostile table: no case may harm the next."""
    made = Authenticator(bot(cloud))
    yield made
    await made.close()


def activity(target: Target, **changes: Any) -> Activity:
    return read_activity(target.activity(**changes), "application/json")


async def status(authenticator: Authenticator, header: str | None, activity: Activity) -> int:
    try:
        identity = await authenticator.authenticate(header, activity)
    except RequestRefused as refused:
        return refused.status
    assert identity.is_authenticated
    return 201


async def answer(authenticator: Authenticator, request: Request) -> int:
    try:
        read = read_activity(request.body, request.headers.get("Content-Type"))
    except RequestRefused as refused:
        return refused.status
    return await status(authenticator, request.headers.get("Authorization"), read)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_hostile_request_is_refused(
    besieged: Authenticator, target: Target, case: Case
) -> None:
    assert await answer(besieged, case.make(target)) in case.statuses
    assert await answer(besieged, target.request(target.activity())) == 201


async def test_a_channel_gets_in(authenticator: Authenticator, target: Target) -> None:
    identity = await authenticator.authenticate(target.bearer(), activity(target))
    assert identity.claims["aud"] == APP
    assert identity.claims["serviceurl"] == target.service_url


EMULATOR_2 = {"iss": "https://login.microsoftonline.com/f8cdef31-a31e-4b4a-93e4-5f571e91255a/v2.0"}


@pytest.mark.parametrize("key", ["good", "unendorsed"])
@pytest.mark.parametrize(
    "claims",
    [{}, {"ver": ""}, EMULATOR_2 | {"ver": "2.0", "appid": None, "azp": APP}],
    ids=["1.0", "no version", "2.0"],
)
async def test_the_emulator_gets_in_with_the_bots_credentials(
    authenticator: Authenticator, target: Target, claims: dict[str, Any], key: str
) -> None:
    # The keys of the directory list no endorsements.
    signer = target.unendorsed if key == "unendorsed" else KEY
    header = target.emulator(**claims, key=signer)
    assert await status(authenticator, header, activity(target, channelId="emulator")) == 201


TENANT_ISSUERS = [
    f"https://sts.windows.net/{TENANT}/",
    f"https://login.microsoftonline.com/{TENANT}/v2.0",
    f"https://login.microsoftonline.us/{TENANT}/v2.0",
]


@pytest.mark.parametrize("issuer", TENANT_ISSUERS)
async def test_the_emulator_gets_in_through_the_bots_own_tenant(
    cloud: Cloud, target: Target, issuer: str
) -> None:
    header = target.emulator(iss=issuer, key=target.unendorsed)
    single = Authenticator(bot(cloud, app_type="SingleTenant", tenant_id=TENANT))
    sent = activity(target, channelId="emulator")
    assert await status(single, header, sent) == 201
    multi = Authenticator(bot(cloud))
    assert await status(multi, header, sent) == 401
    await single.close()
    await multi.close()


@pytest.mark.parametrize(
    ("service", "issuer"),
    [(GOVERNMENT, "https://api.botframework.us"), (CHINA, "https://api.botframework.azure.cn")],
)
async def test_each_cloud_has_its_own_issuer(
    cloud: Cloud, target: Target, service: str, issuer: str
) -> None:
    there = Authenticator(bot(cloud, channel_service=service))
    assert await status(there, target.bearer(iss=issuer), activity(target)) == 201
    assert await status(there, target.bearer(), activity(target)) == 401
    await there.close()


@pytest.mark.parametrize(
    "issuer",
    [
        f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0",
        f"https://sts.chinacloudapi.cn/{TENANT}/",
    ],
)
async def test_the_emulator_gets_in_through_a_tenant_in_china(
    cloud: Cloud, target: Target, issuer: str
) -> None:
    there = Authenticator(
        bot(cloud, channel_service=CHINA, app_type="SingleTenant", tenant_id=TENANT)
    )
    sent = activity(target, channelId="emulator")
    assert await status(there, target.emulator(iss=issuer), sent) == 201
    here = Authenticator(bot(cloud, app_type="SingleTenant", tenant_id=TENANT))
    assert await status(here, target.emulator(iss=issuer), sent) == 401
    for one in (there, here):
        await one.close()


async def test_a_bot_that_was_named_may_call_this_one_as_a_skill(
    cloud: Cloud, target: Target
) -> None:
    skill = Authenticator(bot(cloud, allowed_callers=(PARENT,), service_hosts=()))
    for caller in (PARENT, PARENT.upper()):
        assert await status(skill, target.emulator(appid=caller), activity(target)) == 201
    assert await status(skill, target.emulator(appid="other"), activity(target)) == 403
    assert await status(skill, target.emulator(appid=PARENT, aud="x"), activity(target)) == 403
    await skill.close()


async def test_clocks_may_differ_by_five_minutes(
    authenticator: Authenticator, target: Target
) -> None:
    late, early = target.bearer(exp=target.now - 240), target.bearer(nbf=target.now + 240)
    assert await status(authenticator, late, activity(target)) == 201
    assert await status(authenticator, early, activity(target)) == 201


async def test_a_token_has_a_size(authenticator: Authenticator, target: Target) -> None:
    assert await status(authenticator, target.bearer(pad="x" * 5000), activity(target)) == 201
    assert await status(authenticator, target.bearer(pad="x" * 9000), activity(target)) == 401


async def test_a_known_token_needs_no_keys(
    authenticator: Authenticator, cloud: Cloud, target: Target
) -> None:
    header = target.bearer()
    assert await status(authenticator, header, activity(target)) == 201
    cloud.login.key_faults.always(Answer(500))
    for _ in range(50):
        assert await status(authenticator, header, activity(target)) == 201
    assert cloud.login.key_requests == 2


async def test_what_a_known_token_is_for_is_checked_every_time(
    authenticator: Authenticator, cloud: Cloud, target: Target
) -> None:
    header = target.bearer()
    for _ in range(2):
        assert await status(authenticator, header, activity(target)) == 201
        other_channel = activity(target, channelId="skype")
        assert await status(authenticator, header, other_channel) == 403
        other_service = activity(target, serviceUrl="https://smba.trafficmanager.net/")
        assert await status(authenticator, header, other_service) == 403


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
async def test_the_schemes_name_is_the_same_in_any_case(
    authenticator: Authenticator, target: Target, scheme: str
) -> None:
    # https://www.rfc-editor.org/rfc/rfc9110#section-11.1
    for _ in range(2):
        header = f"{scheme} {target.token()}"
        assert await status(authenticator, header, activity(target)) == 201


@pytest.mark.parametrize(
    ("claim", "sent", "right"),
    [
        ("https://smba.trafficmanager.net/emea/", "https://smba.trafficmanager.net/emea", 201),
        ("https://SMBA.trafficmanager.net:443/emea", "HTTPS://smba.trafficmanager.net/emea/", 201),
        ("https://smba.trafficmanager.net/EMEA/", "https://smba.trafficmanager.net/emea/", 403),
        ("https://smba.trafficmanager.net/emea/", "https://smba.trafficmanager.net/amer/", 403),
        ("http://smba.trafficmanager.net/", "https://smba.trafficmanager.net/", 403),
        ("https://smba.trafficmanager.net:444/", "https://smba.trafficmanager.net/", 403),
        ("not a URL", "not a URL either", 403),
    ],
)
async def test_a_service_url_may_be_spelt_in_two_ways(
    authenticator: Authenticator, target: Target, claim: str, sent: str, right: int
) -> None:
    header = target.bearer(serviceurl=claim)
    assert await status(authenticator, header, activity(target, serviceUrl=sent)) == right


@pytest.mark.parametrize(
    ("hosts", "callers", "appid", "channel", "right"),
    [
        ((), (), APP, "emulator", 403),  # without both, no token of the directory is taken
        (("connector.example.com",), (), APP, "emulator", 403),
        (("localhost",), (), APP, "emulator", 201),
        (("127.0.0.1",), (), APP, "emulator", 201),
        (("[::1]",), (), APP, "emulator", 201),
        (("localhost",), (), APP, "test", 403),  # the Emulator speaks for no other channel
        (("localhost",), (), PARENT, "emulator", 403),
        ((), (PARENT,), PARENT, "test", 201),
        ((), (PARENT,), APP, "emulator", 403),
    ],
)
async def test_which_tokens_of_the_directory_are_taken(  # noqa: PLR0913, PLR0917 - a row
    cloud: Cloud,
    target: Target,
    hosts: tuple[str, ...],
    callers: tuple[str, ...],
    appid: str,
    channel: str,
    right: int,
) -> None:
    authenticator = Authenticator(bot(cloud, service_hosts=hosts, allowed_callers=callers))
    header = target.emulator(appid=appid)
    assert await status(authenticator, header, activity(target, channelId=channel)) == right
    await authenticator.close()


@pytest.mark.parametrize(
    ("claims", "right"),
    [
        ({"idtyp": "app"}, 201),
        ({"idtyp": "user"}, 403),
        ({"idtyp": "App"}, 403),
        ({"idtyp": ["app"]}, 403),
        ({"scp": "user_impersonation"}, 403),
        ({"scp": ""}, 403),
        ({"scp": "x", "idtyp": "app"}, 403),
    ],
)
async def test_a_persons_token_of_the_directory_is_not_an_apps(
    authenticator: Authenticator, target: Target, claims: dict[str, Any], right: int
) -> None:
    header = target.emulator(**claims)
    sent = activity(target, channelId="emulator")
    assert await status(authenticator, header, sent) == right


async def test_a_header_is_refused_before_there_is_an_activity(
    authenticator: Authenticator, target: Target
) -> None:
    await authenticator.admit(target.bearer())
    await authenticator.admit(target.emulator())  # whom it is for is not known yet
    for header in (None, "", "Bearer x", target.bearer(key=target.stranger)):
        with pytest.raises(RequestRefused) as refusal:
            await authenticator.admit(header)
        assert refusal.value.status == 401


async def test_claims_that_bot_code_changes_are_not_remembered(
    authenticator: Authenticator, target: Target
) -> None:
    header = target.bearer()
    identity = await authenticator.authenticate(header, activity(target))
    identity.claims.clear()
    again = await authenticator.authenticate(header, activity(target))
    assert again.claims["aud"] == APP


async def test_a_known_token_is_forgotten_when_it_runs_out(
    authenticator: Authenticator, clock: Clock, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = target.bearer(exp=int(clock.now) + 60)
    assert await status(authenticator, header, activity(target)) == 201
    # From here on no token passes the SDK: what still gets in was remembered.
    monkeypatch.setattr(jwt, "decode", None)
    clock.now += 60 + 5 * 60 - 5
    assert await status(authenticator, header, activity(target)) == 201
    clock.now += 10
    assert await status(authenticator, header, activity(target)) == 401


async def test_a_known_token_is_forgotten_with_its_key(
    cloud: Cloud, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    uptime = [5000.0]
    monkeypatch.setattr(authentication, "KeyCache", partial(KeyCache, clock=lambda: uptime[0]))
    authenticator = Authenticator(bot(cloud))
    withdrawn = SigningKey("withdrawn")
    cloud.identity.keys = [withdrawn, KEY]
    header = target.bearer(key=withdrawn)
    assert await status(authenticator, header, activity(target)) == 201
    cloud.identity.keys = [KEY]
    assert await status(authenticator, header, activity(target)) == 201
    uptime[0] += 60
    assert await status(authenticator, target.bearer(key=target.stranger), activity(target)) == 401
    assert await status(authenticator, header, activity(target)) == 401
    await authenticator.close()


async def test_a_limited_number_of_genuine_tokens_is_remembered(
    authenticator: Authenticator, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "REMEMBERED_TOKENS", 3)
    headers = [target.bearer(number=number) for number in range(4)]
    for header in [*headers[:3], headers[0], headers[3]]:
        assert await status(authenticator, header, activity(target)) == 201
    for number in range(10):
        forged = target.bearer(number=number, key=target.stranger, header={"kid": "good"})
        assert await status(authenticator, forged, activity(target)) == 401
    # From here on no token passes the SDK: what still gets in was remembered.
    monkeypatch.setattr(jwt, "decode", None)
    remembered = [await status(authenticator, header, activity(target)) for header in headers]
    assert remembered == [201, 401, 201, 201], "the one that was not used for longest went"


@pytest.mark.parametrize(
    "fault", [Answer(500), Answer(after=asyncio.Event())], ids=["500", "hangs"]
)
async def test_without_keys_nobody_gets_in_and_nothing_fails(
    cloud: Cloud, target: Target, monkeypatch: pytest.MonkeyPatch, fault: Answer
) -> None:
    monkeypatch.setattr(keys, "PATIENCE", 0.05)
    authenticator = Authenticator(bot(cloud))
    cloud.login.key_faults.always(fault)
    authenticator.start()
    assert await status(authenticator, target.bearer(), activity(target)) == 401
    sent = activity(target, channelId="emulator")
    assert await status(authenticator, target.emulator(), sent) == 401
    assert not authenticator.ready
    await authenticator.close()


async def test_it_is_ready_with_the_first_keys(
    authenticator: Authenticator, target: Target
) -> None:
    assert not authenticator.ready
    authenticator.start()
    assert await status(authenticator, target.bearer(), activity(target)) == 201
    assert authenticator.ready


async def test_forged_tokens_do_not_hammer_the_key_service(
    authenticator: Authenticator, cloud: Cloud, target: Target
) -> None:
    for number in range(100):
        header = target.bearer(key=target.stranger, header={"kid": f"forged-{number}"})
        assert await status(authenticator, header, activity(target)) == 401
    wrong_issuer = target.bearer(iss="https://example.com", header={"kid": "forged"})
    assert await status(authenticator, wrong_issuer, activity(target)) == 401
    assert cloud.login.key_requests == 2


async def test_refusals_are_logged_once_a_minute_and_without_the_token(
    authenticator: Authenticator, clock: Clock, target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    headers = [
        *(target.bearer(aud=f"secret-{number}") for number in range(20)),
        *(target.bearer(iss=f"secret-{number}") for number in range(20)),
        *(f"Bearer secret.{number}" for number in range(20)),
        *(target.bearer(header={"crit": [f"secret-{number}"]}) for number in range(20)),
    ]
    with caplog.at_level(logging.DEBUG):
        for header in headers:
            assert await status(authenticator, header, activity(target)) in {401, 403}
        reasons = [record.message for record in caplog.records if record.levelname == "WARNING"]
        assert len(reasons) == 4
        clock.now += 60
        assert await status(authenticator, headers[0], activity(target)) == 403
    assert caplog.records[-1].message == reasons[0]
    ours = [record for record in caplog.records if record.name.startswith("turnkeeper")]
    assert not [record for record in ours if "secret" in record.getMessage()]
    assert not [record for record in ours if record.exc_info]


async def test_a_refusal_tells_nothing(authenticator: Authenticator, target: Target) -> None:
    refusals = {target.bearer(aud="x"): (403, "forbidden"), "Bearer x.y": (401, "unauthorized")}
    for header, expected in refusals.items():
        with pytest.raises(RequestRefused) as refused:
            await authenticator.authenticate(header, activity(target))
        assert (refused.value.status, refused.value.code) == expected
        assert refused.value.message in {authentication.UNAUTHORIZED, authentication.FORBIDDEN}
        assert refused.value.__cause__ is None


@pytest.mark.parametrize("header", [None, "", "Bearer garbage", "Basic x"])
async def test_in_local_mode_everybody_gets_in(
    cloud: Cloud, target: Target, header: str | None
) -> None:
    local = Authenticator(bot(cloud, app_id="", app_password=""))
    local.start()
    assert local.ready
    identity = await local.authenticate(header, activity(target))
    assert identity.is_authenticated
    assert identity.claims == {}
    assert cloud.login.key_requests == 0
    await local.close()


def choices(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "iss": choices(CHANNEL_ISSUER, EMULATOR_ISSUER, EMULATOR_2["iss"], "x", None),
        "aud": choices(APP, CHANNEL_ISSUER, "x", None),
        "serviceurl": choices("x", None),
        "exp": choices(None, 1, 4_000_000_000, "x"),
        "nbf": choices(None, 1, 4_000_000_000),
        "ver": choices(None, "", "1.0", "2.0", "3.0"),
        "appid": choices(None, APP, "x", "AnonymousSkill"),
        "azp": choices(None, APP, "x"),
        "key": choices(KEY, SigningKey("stranger"), SigningKey("good")),
    },
)


@given(claims=CLAIMS, channel=choices("test", "emulator", "skype"))
@example(
    claims={
        "iss": EMULATOR_ISSUER,
        "ver": "2.0",
        "azp": APP,
        "appid": "AnonymousSkill",
        "serviceurl": None,
    },
    channel="emulator",
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_who_gets_in_gets_in_with_the_sdk_too(
    besieged: Authenticator, target: Target, claims: dict[str, Any], channel: str
) -> None:
    header, sent = target.bearer(**claims), activity(target, channelId=channel)
    if await status(besieged, header, sent) == 201:
        assert (await besieged.sdk.authenticate_request(sent, header)).claims_identity
    else:
        assert claims or channel == "skype", "a good token gets in"


async def test_the_sdk_uses_the_same_keys(
    authenticator: Authenticator, cloud: Cloud, target: Target
) -> None:
    await authenticator.sdk.authenticate_request(activity(target), target.bearer())
    assert cloud.login.key_requests == 2
    assert isinstance(JwtTokenExtractor.metadataCache[cloud.open_id_metadata_url], KeyCache)
    assert authenticator.ready


@pytest.mark.parametrize(
    ("changes", "kind", "holds"),
    [
        ({}, MicrosoftAppCredentials, {"microsoft_app_password": "secret"}),
        (
            {"app_type": "SingleTenant", "tenant_id": TENANT},
            MicrosoftAppCredentials,
            {"microsoft_app_password": "secret", "tenant": TENANT},
        ),
        (
            {"app_type": "UserAssignedMSI", "tenant_id": TENANT, "app_password": ""},
            ManagedIdentityAppCredentials,
            {},
        ),
        (
            {"certificate": True, "app_password": "", "tenant_id": TENANT},
            CertificateAppCredentials,
            {
                "certificate_private_key": "the key",
                "certificate_thumbprint": "AB" * 20,
                "tenant": TENANT,
            },
        ),
    ],
    ids=["secret", "one tenant", "managed identity", "certificate"],
)
async def test_the_sdks_clients_get_the_bots_credentials(
    cloud: Cloud, tmp_path: Path, changes: dict[str, Any], kind: Any, holds: dict[str, str]
) -> None:
    if changes.pop("certificate", False):
        (tmp_path / "key.pem").write_text("the key")
        changes["certificate_path"] = str(tmp_path / "key.pem")
        changes["certificate_thumbprint"] = "AB" * 20
    authenticator = Authenticator(bot(cloud, **changes))
    identity = ClaimsIdentity({AuthenticationConstants.AUDIENCE_CLAIM: APP}, True)
    connectors = authenticator.sdk.create_connector_factory(identity)
    credentials = (await connectors.create(cloud.service_url)).config.credentials
    assert isinstance(credentials, kind)
    assert credentials.microsoft_app_id == APP
    assert {name: getattr(credentials, name) for name in holds} == holds
    assert authenticator.sdk is authenticator.sdk
    await authenticator.close()


@pytest.mark.parametrize(
    ("service", "scope"),
    [
        ("", "https://api.botframework.com"),
        (GOVERNMENT, "https://api.botframework.us"),
        (CHINA, "https://api.botframework.azure.cn"),
    ],
)
async def test_the_sdks_clients_are_for_the_right_cloud(
    cloud: Cloud, service: str, scope: str
) -> None:
    authenticator = Authenticator(bot(cloud, channel_service=service))
    assert authenticator.sdk.get_originating_audience() == scope
    await authenticator.close()


async def test_the_sdk_makes_clients_in_local_mode(cloud: Cloud, target: Target) -> None:
    local = Authenticator(bot(cloud, app_id="", app_password=""))
    identity = await local.authenticate(None, activity(target))
    connectors = local.sdk.create_connector_factory(identity)
    assert await connectors.create(cloud.service_url, local.sdk.get_originating_audience())
    await local.close()
