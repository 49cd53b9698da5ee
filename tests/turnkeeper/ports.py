"""A port for a server that is started, and started again, while others look for ports too."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port on loopback that the system gives to nobody else within the block.

    A port that was only looked up may be taken before the server listens, or while it is down: by
    whoever asks for any port, and by each connection that goes out. Linux gives neither of them one
    that is bound; whoever names it may bind it too, where both reuse addresses and none listens.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()  # elsewhere nobody could bind it then
        yield port
