"""The asking end of docs/spec/wire.md, written from the specification: an independent reading of both protocols."""
import socket
import struct

STATUS = ('ok', 'temp', 'bad', 'denied', 'none', 'limit', 'fail')
REASON = ('none', 'wrong-password', 'throttled', 'unconfirmed', 'revoked', 'not-addressee', 'expired', 'too-early',
          'unknown-district', 'recalled', 'weak-password', 'token', 'session', 'exists', 'field', 'busy')

# type, kinds of the request's fields, names and kinds of the answer's
REQUESTS = {
    'LOOKUP': (1, 'b', {'known': 'n'}),
    'REGISTER': (2, 'bbbnbnbbb', {'pending': 'b'}),
    'CONFIRM_VIEW': (3, 'bb', {'address': 'b', 'name': 'b', 'return': 'b', 'needs_password': 'n'}),
    'CONFIRM': (4, 'bbbb', {'session': 'b'}),
    'CONFIRM_DENY': (5, 'b', {}),
    'SIGN_IN': (6, 'bbb', {'session': 'b'}),
    'SESSION': (7, 'b', {'address': 'b', 'name': 'b', 'language': 'b', 'form_key': 'b', 'terms': 'n'}),
    'SIGN_OUT': (8, 'b', {}),
    'OPEN': (9, 'bbbb', {'key': 'b'}),
    'PARAMETERS': (10, '', {'file': 'b'}),
    'KEY_OPEN': (65, 'bnbnbbn', {'key': 'b'}),
    'KEY_PARAMETERS': (66, '', {'file': 'b'}),
    'KEY_HEAD': (67, '', {'file': 'b'}),
    'KEY_EXPORT_MESSAGE': (68, 'bnbnbbn', {'key': 'b'}),
    'KEY_EXPORT_IDENTITY': (69, 'bnbn', {'public_point': 'b', 'identity_key': 'b', 'mlkem': 'b'}),
}


class Closed(Exception):
    """The other end hung up without an answer."""


class Answer(dict):
    status = reason = wait = None


def encode(name, *values):
    number, kinds, _ = REQUESTS[name]
    assert len(kinds) == len(values), name
    fields = b''
    for kind, value in zip(kinds, values):
        if kind == 'n':
            fields += struct.pack('>Q', value)
        else:
            value = value.encode() if isinstance(value, str) else value
            fields += struct.pack('>H', len(value)) + value
    return struct.pack('>IBB', len(fields) + 2, 1, number) + fields


def _decode(name, frame):
    version, status, reason, wait = struct.unpack_from('>BBBI', frame)
    assert version == 1
    answer = Answer()
    answer.status, answer.reason, answer.wait = STATUS[status], REASON[reason], wait
    at = 7
    for field, kind in REQUESTS[name][2].items() if status == 0 else ():
        if kind == 'n':
            answer[field], = struct.unpack_from('>Q', frame, at)
            at += 8
        else:
            length, = struct.unpack_from('>H', frame, at)
            answer[field] = frame[at + 2:at + 2 + length]
            assert len(answer[field]) == length
            at += 2 + length
    assert at == len(frame), 'bytes left over'
    return answer


class Peer:
    def __init__(self, path, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))

    def _read(self, count):
        got = b''
        while len(got) < count:
            try:
                piece = self.socket.recv(count - len(got))
            except ConnectionError:
                piece = b''
            if not piece:
                raise Closed
            got += piece
        return got

    def send(self, frame):
        self.socket.sendall(frame)

    def receive(self, name):
        length, = struct.unpack('>I', self._read(4))
        return _decode(name, self._read(length))

    def ask(self, name, *values):
        self.send(encode(name, *values))
        return self.receive(name)

    def close(self):
        self.socket.close()


def ask(path, name, *values):
    peer = Peer(path)
    try:
        return peer.ask(name, *values)
    finally:
        peer.close()
