"""Plays a sample's script to a process, and writes down what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from shows.samples.program import Program
from shows.samples.recording import Exchange, Recorder
from shows.samples.sample import Speaker, Step
from shows.talk import ShowFailed
from turnkeeper.testing import Cloud, Conversation, Person

BEGINNING: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When the clients send the first activity; each next one is a minute later."""
LONGEST_TURN: Final = 30.0
"""Seconds that a bot may take to answer."""
LATE: Final = 5.0
"""Seconds that replies may come after the answer, where they are known to come."""


class Player:
    """Plays to one process.

    :param cloud: the channel.
    :param program: the bot.
    :param kills: whether to kill it between any two turns.
    """

    def __init__(self, cloud: Cloud, program: Program, *, kills: bool = False) -> None:
        self.killed = 0
        self._cloud = cloud
        self._program = program
        self._kills = kills
        self._recorder = Recorder(cloud.service_url)
        self._people: dict[Speaker, Person] = {}
        self._now = BEGINNING

    async def play(
        self, script: Sequence[Step], expected: Sequence[int] | None = None
    ) -> list[Exchange]:
        """Play a script to its end.

        :param expected: how many requests are awaited in each turn.
        :raises ShowFailed: the bot does not answer.
        """
        played = []
        for number, step in enumerate(script, 1):
            if self._kills and number > 1:
                await self._program.kill()
                await self._program.start(number)
                self.killed += 1
            played.append(await self._turn(number, step, expected[number - 1] if expected else 0))
        return played

    async def _turn(self, number: int, step: Step, expected: int) -> Exchange:
        self._now = BEGINNING + timedelta(minutes=number)
        person, requests = self._person(step.speaker), self._cloud.connector.requests
        before = len(requests)
        try:
            body = step.make(person)
        except AssertionError as error:  # there is no such button
            raise ShowFailed(f"turn {number}: {error}") from error
        if isinstance(body, dict):
            body["id"] = f"said-{number}"
            if "clientActivityID" in (body.get("channelData") or {}):
                body["channelData"]["clientActivityID"] = f"client-{number}"
        try:
            async with asyncio.timeout(LONGEST_TURN):
                answered = await self._cloud.post_to_bot(
                    self._program.url, body, {"Content-Type": step.content_type}
                )
        except (TimeoutError, OSError) as error:
            raise ShowFailed(f"turn {number}: {error!r}\n{self._program.told()}") from error
        with suppress(TimeoutError):
            await self._cloud.connector.wait_until(
                lambda: len(requests) >= before + expected, LATE if expected else 0
            )
        exchange = Exchange(step.said, self._recorder.answer(answered))
        exchange.requests = [self._recorder.request(one) for one in requests[before:]]
        self._hear(number, person)
        return exchange

    def _person(self, speaker: Speaker) -> Person:
        if speaker not in self._people:
            there = speaker.conversation or f"with {speaker.name}"
            self._people[speaker] = self._cloud.person(
                speaker.name,
                conversation=Conversation(speaker.channel, speaker.scope, f"{there}|livechat"),
                locale=speaker.locale,
                now=lambda: self._now,
            )
        return self._people[speaker]

    def _hear(self, number: int, person: Person) -> None:
        """Show the person what came, and call it by the turn."""
        told = self._cloud.sent(person.conversation.id)
        if new := [one for one in told if not self._recorder.knows(one["id"])]:
            person.last = new
        for place, one in enumerate(new):
            self._recorder.name(one["id"], f"told-{number}-{place}")
