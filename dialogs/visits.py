"""What the bot keeps of a person's messages: when, where, and what they tell of the sender."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from botbuilder.core import StatePropertyAccessor, TurnContext

from dialogs.greeting import place_text
from dialogs.messages import Words, is_spoken, locale_tag
from state.models import UserProfile
from turnkeeper.channels import (
    UTC_ZONE,
    Zone,
    sent_at,
    several_people_in,
    tenant_of,
    zone_named,
    zone_told_by,
)

_LONGEST_ID = 100  # characters; those of Entra have 36


class Visit(NamedTuple):
    """A message of a person.

    :param moment: when it was sent; never ahead of now.
    :param zone: the person's, where the message tells it.
    :param personal: whether nobody else reads the conversation.
    """

    moment: datetime
    zone: Zone | None
    personal: bool

    def zone_to_tell(self, profile: UserProfile) -> Zone:
        """Return the zone of the times in the answer. Where others read it, it is UTC.

        :param profile: of the person.
        """
        if not self.personal:
            return UTC_ZONE
        return self.zone or zone_named(profile.time_zone) or UTC_ZONE

    def silence_before(self, profile: UserProfile) -> float | None:
        """Return the seconds since the person's last message anywhere; None if there was none.

        :param profile: of the person, from before this message.
        """
        if profile.last_seen_at is None:
            return None
        return max(0.0, self.moment.timestamp() - profile.last_seen_at)


class Visits:
    """Notes visits in people's profiles.

    :param profile_accessor: the ``UserProfile`` property of user state.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self, profile_accessor: StatePropertyAccessor, clock: Callable[[], float] = time.time
    ) -> None:
        self._profiles = profile_accessor
        self._clock = clock

    def visit(self, context: TurnContext) -> Visit:
        """Return the visit that a turn's message is."""
        activity = context.activity
        personal = not several_people_in(activity)
        return Visit(sent_at(activity, self._clock()), zone_told_by(activity), personal)

    async def note(
        self, context: TurnContext, words: Words, visit: Visit | None = None, where: str = ""
    ) -> None:
        """Keep in the profile what a message tells of its sender, if the bot knows them by name.

        Of a message that others read, only that it was sent, and nothing that is told elsewhere.

        :param words: the person's language.
        :param visit: the turn's, if it is known.
        :param where: the place in words, if that is known.
        """
        profile: UserProfile | None = await self._profiles.get(context)
        if profile is None or not profile.name:
            return
        activity = context.activity
        visit = visit or self.visit(context)
        moment = visit.moment.timestamp()
        profile.last_seen_at = self._later(profile.last_seen_at, moment)
        profile.last_channel = ""
        profile.last_conversation = activity.conversation.id
        if visit.personal:
            profile.last_visit_at = self._later(profile.last_visit_at, moment)
            profile.last_visit_channel = where or place_text(words, activity)
            if visit.zone:
                profile.time_zone = visit.zone.label
        locale = locale_tag(activity.locale)
        profile.locale = locale if is_spoken(locale) else profile.locale
        object_id = getattr(activity.from_property, "aad_object_id", None) or ""
        if 0 < len(object_id) <= _LONGEST_ID:
            profile.aad_object_id = object_id
        if 0 < len(tenant := tenant_of(activity)) <= _LONGEST_ID:
            profile.tenant_id = tenant
        await self._profiles.set(context, profile)

    def _later(self, known: float | None, moment: float) -> float:
        """Return the later of two times, no later than now: that of an old record may be ahead."""
        return moment if known is None else min(max(known, moment), self._clock())
