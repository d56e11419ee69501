"""Zip archives whose members may end in holes, so that their size costs next to nothing on the disk."""

import struct
import zlib
from typing import BinaryIO


def crc_of_zeros(count: int, crc: int = 0) -> int:
    """CRC-32 of so many zero bytes behind what has the CRC `crc`, by squaring what one of them does to the register."""

    def times(matrix: list[int], vector: int) -> int:
        result = 0
        for row in matrix:
            if vector & 1:
                result ^= row
            vector >>= 1
        return result

    def squared(matrix: list[int]) -> list[int]:
        return [times(matrix, row) for row in matrix]

    one_bit = [0xEDB88320, *(1 << bit for bit in range(31))]
    matrix = squared(squared(squared(one_bit)))
    register = crc ^ 0xFFFFFFFF
    while count:
        if count & 1:
            register = times(matrix, register)
        matrix = squared(matrix)
        count >>= 1
    return register ^ 0xFFFFFFFF


class StoredZip:
    """A zip archive of members that are not compressed, which may end in holes. Large-file records where needed."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.directory: list[bytes] = []

    def add(self, name: str, data: bytes = b"", hole: int = 0) -> None:
        """A member with these bytes and so many zeros behind them."""
        size = len(data) + hole
        crc = crc_of_zeros(hole, zlib.crc32(data))
        header, path = self.out.tell(), name.encode()
        is_large = size >= 0xFFFFFFFF or header >= 0xFFFFFFFF
        shown = 0xFFFFFFFF if is_large else size
        extra = struct.pack("<HHQQ", 1, 16, size, size) if is_large else b""
        common = struct.pack("<5H3L2H", 45, 0, 0, 0, 33, crc, shown, shown, len(path), len(extra))
        self.out.write(b"PK\x03\x04" + common + path + extra + data)
        self.out.seek(hole, 1)
        if is_large:
            extra = struct.pack("<HHQQQ", 1, 24, size, size, header)
        place = 0xFFFFFFFF if is_large else header
        common = struct.pack(
            "<6H3L5H2L", 45, 45, 0, 0, 0, 33, crc, shown, shown, len(path), len(extra), 0, 0, 0, 0, place
        )
        self.directory.append(b"PK\x01\x02" + common + path + extra)

    def close(self) -> None:
        """Write the directory."""
        start, body = self.out.tell(), b"".join(self.directory)
        count = len(self.directory)
        self.out.write(body)
        if start >= 0xFFFFFFFF:
            end = self.out.tell()
            self.out.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(body), start))
            self.out.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1))
        shown = min(start, 0xFFFFFFFF)
        self.out.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(body), shown, 0))
