"""A process without file descriptors says so once a second, however often it is told."""

from __future__ import annotations

import errno
import logging
import os
import sys

from turnkeeper.observing.descriptors import OutOfDescriptors


def record_of(
    error: Exception, text: str = "socket.accept() out of system resource\nsocket: <...>"
) -> logging.LogRecord:
    """What asyncio logs when it cannot take a connection."""
    try:
        raise error
    except type(error):
        failed = sys.exc_info()
    return logging.LogRecord("asyncio", logging.ERROR, __file__, 1, text, None, failed)


def no_room(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def test_the_first_of_a_second_says_what_to_do_and_the_rest_says_nothing() -> None:
    now = 0.0
    rule = OutOfDescriptors(lambda: now)
    said = []
    for milliseconds in range(0, 3_000, 10):
        now = milliseconds / 1_000
        record = record_of(no_room(errno.EMFILE))
        if rule.filter(record):
            said.append((now, record))
    assert [second for second, _ in said] == [0, 1, 2]
    for _, record in said:
        assert "Too many open files; raise the limit of open files" in record.getMessage()
        assert record.exc_info is None


def test_the_machine_may_be_what_has_no_room() -> None:
    for number in (errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
        record = record_of(no_room(number))
        assert OutOfDescriptors().filter(record)
        assert os.strerror(number) in record.getMessage()


def test_other_errors_are_logged_as_they_are() -> None:
    rule = OutOfDescriptors()
    for _ in range(3):
        record = record_of(ConnectionResetError(errno.ECONNRESET, "reset"))
        assert rule.filter(record)
        assert record.exc_info
        assert rule.filter(logging.LogRecord("asyncio", 30, "", 1, "slow callback", None, None))


def test_what_is_tried_again_when_all_is_closed_is_not_logged() -> None:
    again = "Exception in callback BaseSelectorEventLoop._start_serving()\nhandle: <...>"
    rule = OutOfDescriptors()
    for error in (ValueError("-1"), AttributeError("get_key"), RuntimeError("closed")):
        assert not rule.filter(record_of(error, again))
        assert rule.filter(record_of(error, "Exception in callback remind()"))
