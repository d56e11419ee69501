"""A consumer in a process of its own: `python -m tests.config.consumer FOLDER QUEUE REPORT [--hold]`.

Appends the body of each message to REPORT and acknowledges it, or with `--hold` keeps the first one and waits.
"""

import os
import socket
import sys
import time
from typing import Any

from kombu.connection import Connection
from kombu.entity import Queue
from kombu.messaging import Consumer

import config.celery  # noqa: F401  # makes the transport known


def main() -> None:
    folder, queue, report, *options = sys.argv[1:]

    def note(body: Any, message: Any) -> None:
        line = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(line, f"{body}\n".encode())
        os.close(line)
        if options == ["--hold"]:
            time.sleep(600)
        message.ack()

    with Connection(f"durablefs://{folder}") as connection:
        channel = connection.channel()
        channel.basic_qos(0, 1, False)
        with Consumer(channel, [Queue(queue)], callbacks=[note]):
            while True:
                try:
                    connection.drain_events(timeout=1)
                except socket.timeout:  # noqa: UP041  # kombu raises it under this name
                    continue


if __name__ == "__main__":
    main()
