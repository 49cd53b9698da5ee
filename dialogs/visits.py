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
from turnkeeper.channels import Zone, sent_at, tenant_of, zone_told_by

_LONGEST_ID = 100  # characters; those of Entra have 36


class Visit(NamedTuple):
    """A message of a person.

    :param moment: when it was sent.
    :param zone: the person's, where the message tells it.
    """

    moment: datetime
    zone: Zone | None


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
        return Visit(sent_at(activity, self._clock()), zone_told_by(activity))

    async def note(
        self, context: TurnContext, words: Words, visit: Visit | None = None, where: str = ""
    ) -> None:
        """Keep in the profile what a message tells of its sender, if the bot knows them by name.

        :param words: the person's language.
        :param visit: the turn's, if it is known.
        :param where: the place in words, if that is known.
        """
        profile: UserProfile | None = await self._profiles.get(context)
        if profile is None or not profile.name:
            return
        activity = context.activity
        visit = visit or self.visit(context)
        profile.last_seen_at = visit.moment.timestamp()
        profile.last_channel = where or place_text(words, activity)
        profile.last_conversation = activity.conversation.id
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
