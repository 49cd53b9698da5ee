"""What each channel means: what a person said and where, its limits, names and time zones."""

from __future__ import annotations

from turnkeeper.channels.addressed import is_echo, is_for_bot
from turnkeeper.channels.direction import has_right_to_left, isolated, without_controls
from turnkeeper.channels.limits import Limits, fit, limits_of
from turnkeeper.channels.names import channel_name
from turnkeeper.channels.place import Place, Scope, place_of, several_people_in, tenant_of
from turnkeeper.channels.said.payload import pressed
from turnkeeper.channels.said.text import text_for_bot, unwrap
from turnkeeper.channels.said.utterance import utterance
from turnkeeper.channels.shortening import shortened, units
from turnkeeper.channels.time_zone import UTC_ZONE, Zone, sent_at, zone_named, zone_told_by

__all__ = [
    "UTC_ZONE",
    "Limits",
    "Place",
    "Scope",
    "Zone",
    "channel_name",
    "fit",
    "has_right_to_left",
    "isolated",
    "is_echo",
    "is_for_bot",
    "limits_of",
    "place_of",
    "pressed",
    "sent_at",
    "several_people_in",
    "shortened",
    "tenant_of",
    "text_for_bot",
    "units",
    "unwrap",
    "utterance",
    "without_controls",
    "zone_named",
    "zone_told_by",
]
