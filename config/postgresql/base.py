"""The connection: queries are not compiled to machine code, and whether it still stands is looked up cheaply."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the socket first, where Django's own asks `SELECT 1` before each request, which doubles a short one.

    A server that has gone away or restarted has closed the socket or sent word, so it is readable.
    """

    def init_connection_state(self) -> None:
        """Compile no queries to machine code: PostgreSQL would spend 0.1 s on that for lists that take 0.02 s.

        It goes by its guess of the costs, and guesses far too high where rights are asked for each row.
        """
        super().init_connection_state()
        with self.cursor() as cursor:
            cursor.execute("SET jit = off")

    def is_usable(self) -> bool:
        """Whether the connection can be used; the server is asked only when there is a reason to doubt."""
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
        return not poll.poll(0) or bool(super().is_usable())
