"""The data channel of the Calls protocol as the peers written in Python need it."""

PING, PONG, LOCK, UNLOCK, MEDIA_MAP = 1, 2, 7, 8, 9


def unpack(data: bytes) -> list:
    """Reads all MessagePack values of a message: maps, strings, booleans and small numbers."""
    values, at = [], 0
    while at < len(data):
        value, at = _read(data, at)
        values.append(value)
    return values


def _read(data: bytes, at: int):
    byte = data[at]
    at += 1
    if byte < 0x80:
        return byte, at
    if byte < 0x90:
        return _map(data, at, byte & 0x0F)
    if 0xA0 <= byte < 0xC0:
        return _text(data, at, byte & 0x1F)
    if byte in (0xC2, 0xC3):
        return byte == 0xC3, at
    if byte == 0xCC:
        return data[at], at + 1
    if byte == 0xD9:
        return _text(data, at + 1, data[at])
    if byte == 0xDE:
        return _map(data, at + 2, data[at] << 8 | data[at + 1])
    raise ValueError(f"MessagePack {byte:#x}")


def _text(data: bytes, at: int, length: int):
    return data[at : at + length].decode(), at + length


def _map(data: bytes, at: int, size: int):
    result = {}
    for _ in range(size):
        key, at = _read(data, at)
        result[key], at = _read(data, at)
    return result, at
