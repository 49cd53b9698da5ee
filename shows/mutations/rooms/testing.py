"""Mutations of ``turnkeeper/testing``."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

CLOUD: Final = "turnkeeper/testing/cloud.py"
GROUND: Final = "turnkeeper/testing/ground.py"
CLOCK: Final = "turnkeeper/testing/clock.py"
FAULTS: Final = "turnkeeper/testing/outside/faults.py"
PERSON: Final = "turnkeeper/testing/people/person.py"
BUTTONS: Final = "turnkeeper/testing/people/buttons.py"
STORY: Final = "turnkeeper/testing/story.py"
MORTAL: Final = "turnkeeper/testing/processes/mortal.py"
PROCESS: Final = "turnkeeper/testing/processes/process.py"
CLOUD_TESTS: Final = "tests/turnkeeper/testing/test_cloud.py"
STORY_TESTS: Final = "tests/turnkeeper/testing/test_story.py"
WORLD_TESTS: Final = "tests/turnkeeper/testing/test_world.py"

MUTATIONS: Final = (
    Mutation(
        GROUND,
        "        parts.stand_on(before, anyhow=True)\n",
        "        pass\n",
        (f"{CLOUD_TESTS}::TestGround",),
        "after a test a host stays on the test's store",
    ),
    Mutation(
        GROUND,
        "Footing.of(in_cloud, own, clock, connector)",
        "Footing.of(in_cloud, own, None, connector)",
        (f"{CLOUD_TESTS}::TestClock",),
        "a test's clock does not reach the host",
    ),
    Mutation(
        CLOUD,
        "        await self._running.aclose()\n        self._bot",
        "        self._bot",
        (f"{CLOUD_TESTS}::TestGround",),
        "a restart of a cloud stops nothing",
    ),
    Mutation(
        "turnkeeper/testing/clock.py",
        "                self._moved += timedelta(microseconds",
        "                timedelta(microseconds",
        (
            "tests/turnkeeper/testing/test_cloud.py::TestFaults::test_a_wait_that_the_channel_asks_for_passes_at_once_and_in_full",
        ),
        "a wait that is skipped does not move the clock",
    ),
    Mutation(
        "turnkeeper/testing/clock.py",
        "                self._room -= left\n",
        "",
        (
            "tests/turnkeeper/testing/test_cloud.py::TestFaults::test_a_channel_that_is_away_for_good_moves_the_clock_by_a_minute",
        ),
        "a wait that is skipped uses up nothing of the time for a delivery",
    ),
    Mutation(
        FAULTS,
        "        self.early.append(conversation_id)\n",
        "",
        (f"{CLOUD_TESTS}::TestFaults",),
        "who comes before the channel's time is over is not noted",
    ),
    Mutation(
        FAULTS,
        "answer = self._again(conversation_id) or self._take(conversation_id)",
        "answer = self._take(conversation_id)",
        (f"{CLOUD_TESTS}::TestFaults",),
        "a channel that asked to wait takes what comes early",
    ),
    Mutation(
        PERSON,
        "            self._said_ids.add(activity_id)\n",
        "            self._said_ids = {activity_id}\n",
        (f"{CLOUD_TESTS}::TestPeople", WORLD_TESTS),
        "replies that come late or twice are not read",
    ),
    Mutation(
        PERSON,
        "return answers in self._said_ids",
        "return True",
        (f"{CLOUD_TESTS}::TestPeople",),
        "what others are told is taken for a reply",
    ),
    Mutation(
        PERSON,
        '        self._heard |= {one["id"] for one in self.cloud.sent(conversation.id)}\n',
        "",
        (f"{CLOUD_TESTS}::TestPeople",),
        "who comes later hears what was said before",
    ),
    Mutation(
        PERSON,
        "        if turn.status not in _OK:\n",
        "        if False:\n",
        (f"{CLOUD_TESTS}::TestPeople",),
        "a bot that answers with an error is taken for a silent one",
    ),
    Mutation(
        BUTTONS,
        "{**self.inputs, **entered}",
        "self.inputs",
        (CLOUD_TESTS,),
        "what is entered into a card is not sent",
    ),
    Mutation(
        STORY,
        "            if len(replies) != len(step.replies) or not all(\n",
        "            if not all(\n",
        (STORY_TESTS,),
        "a story does not notice how many replies there are",
    ),
    Mutation(
        STORY,
        (
            '                exchange = Exchange(0, "", "")\n'
            "                story.steps.append(line[1:].split())\n"
        ),
        "                story.steps.append(line[1:].split())\n",
        (STORY_TESTS,),
        "a reply behind what happens counts for the line before it",
    ),
    Mutation(
        MORTAL,
        "                self._seen[change.key] = _seen_in(change)\n",
        "                pass\n",
        (WORLD_TESTS,),
        "what is written between turns is taken for a turn's commit",
    ),
    Mutation(
        PROCESS,
        "            os.killpg(self._running().pid, number)\n",
        "            os.kill(self._running().pid, number)\n",
        (WORLD_TESTS,),
        "what a program has started outlives the test",
    ),
)
