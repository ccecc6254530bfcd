"""A sealed message taken apart, written from docs/spec/envelope.md: carrier page, age file, stanza, file key."""
import base64
import datetime
import hashlib
import hmac
import html
import re
import struct


def _field(page, name):
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page, re.S)
    return html.unescape(found[1])


def _unpadded(text):
    return base64.b64decode(text + '=' * (-len(text) % 4), validate=True)


def _chacha20_first_block(key):
    """The 64 bytes that encrypt the beginning of an AEAD's plaintext: block 1, nonce zero (RFC 8439 §2.8)."""
    state = list(struct.unpack('<4I', b'expand 32-byte k')) + list(struct.unpack('<8I', key)) + [1, 0, 0, 0]
    work = state[:]

    def quarter(a, b, c, d):
        for left, right, other, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            work[left] = (work[left] + work[right]) & 0xffffffff
            mixed = work[other] ^ work[left]
            work[other] = (mixed << turn | mixed >> (32 - turn)) & 0xffffffff

    for _ in range(10):
        for column in range(4):
            quarter(column, column + 4, column + 8, column + 12)
        for column in range(4):
            quarter(column, (column + 1) % 4 + 4, (column + 2) % 4 + 8, (column + 3) % 4 + 12)
    return struct.pack('<16I', *((a + b) & 0xffffffff for a, b in zip(work, state)))


def _der(data):
    """(tag, content) of each element; lengths below 65,536."""
    while data:
        tag, length, at = data[0], data[1], 2
        if length & 0x80:
            at += length & 0x7f
            length = int.from_bytes(data[2:at], 'big')
        yield tag, data[at:at + length]
        data = data[at + length:]


class Sealed:
    def __init__(self, page):
        page = page.decode('ascii') if isinstance(page, bytes) else page
        armor = _field(page, 'message').split('\n')
        assert armor[0] == '-----BEGIN AGE ENCRYPTED FILE-----'
        self.signature = _field(page, 'signature')
        self.file = base64.b64decode(''.join(armor[1:armor.index('-----END AGE ENCRYPTED FILE-----')]))
        header, _, rest = self.file.partition(b'\n---')
        self.header = header + b'\n---'
        self.mac = _unpadded(rest.partition(b'\n')[0].decode().strip())
        lines = header.decode().split('\n')
        assert lines[0] == 'age-encryption.org/v1' and lines[1].startswith('-> securemail/ibe1 ')
        self.identity = _unpadded(lines[1].split(' ')[2])
        body = _unpadded(''.join(lines[2:]))
        assert len(body) == 1248
        self.ciphertext, self.wrapped = body[:1216], body[1216:]
        self.id = hashlib.sha256(body).digest()
        self._read_identity()

    def _read_identity(self):
        (_, content), = _der(self.identity)
        (_, district), (_, serial), _, (_, data) = _der(content)
        (_, fields), = _der(data)
        (_, address), (_, time) = _der(fields)
        self.district, self.serial = district.decode(), int.from_bytes(serial, 'big')
        self.address = address.decode()
        when = datetime.datetime.strptime(time.decode(), '%Y%m%d%H%M%SZ').replace(tzinfo=datetime.timezone.utc)
        self.period = int(when.timestamp())

    def fits(self, key):
        """Is this 32-byte key the one the message was sealed with? It gives the file key, and that the header's MAC."""
        block = _chacha20_first_block(key)
        file_key = bytes(a ^ b for a, b in zip(self.wrapped[:16], block))
        extracted = hmac.digest(bytes(32), file_key, 'sha256')
        header_key = hmac.digest(extracted, b'header\x01', 'sha256')
        return hmac.digest(header_key, self.header, 'sha256') == self.mac
