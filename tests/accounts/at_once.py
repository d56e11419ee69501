"""Doing the same thing from several threads, each with a connection of its own."""

from collections.abc import Callable
from threading import Barrier, Thread

from django.db import connection


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each call gives, or the exception that it raises; all begin together."""
    start, results = Barrier(len(calls)), list[object]()

    def work(call: Callable[[], object]) -> None:
        start.wait()
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001 # the test looks at it
            results.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
