"""The connection: Django asks `SELECT 1` before each request whether it still stands, which doubles a short request."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the socket first. A server that has gone away or restarted has closed it or sent word, so it is readable."""

    def is_usable(self) -> bool:
        """Whether the connection can be used; the server is asked only when there is a reason to doubt."""
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
        return not poll.poll(0) or bool(super().is_usable())
