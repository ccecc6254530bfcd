# SPDX-License-Identifier: Apache-2.0
"""Every hash, MAC, derivation and signature that docs/spec draws, computed again from a vector by the drawing alone.

The boxes' offsets stand here as numbers: each input is laid out by `drawn`, which fails where a part does not end at
the offset that the drawing gives. hashlib and hmac do the rest; ciphers and Ed25519 are libsodium's."""
import base64
import ctypes
import ctypes.util
import hashlib
import hmac
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = ROOT / 'tests/vectors'
SODIUM = ctypes.CDLL(ctypes.util.find_library('sodium') or 'libsodium.so.23')


def drawn(*parts):
    """Parts and the offsets behind them, in turn, as in a box: part, end, part, end …"""
    whole = b''
    for part, end in zip(parts[::2], parts[1::2]):
        whole += part
        assert len(whole) == end, f'{part[:24]!r} ends at {len(whole)}, drawn at {end}'
    return whole


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def u64(number):
    return number.to_bytes(8, 'big')


def pairs(text):
    return dict(line.split(': ', 1) for line in text.splitlines() if ': ' in line)


def decrypt(cipher, key, nonce, sealed, data=b''):
    out, n = ctypes.create_string_buffer(len(sealed)), ctypes.c_ulonglong()
    function = getattr(SODIUM, f'crypto_aead_{cipher}_ietf_decrypt')
    if function(out, ctypes.byref(n), None, sealed, ctypes.c_ulonglong(len(sealed)), data,
                ctypes.c_ulonglong(len(data)), nonce, key) != 0:
        return None
    return out.raw[:n.value]


def signed_by(key, message, signature):
    return SODIUM.crypto_sign_verify_detached(signature, message, ctypes.c_ulonglong(len(message)), key) == 0


def check_signature(signature, public, message):
    """minisign's hashed form, envelope.md §3. Returns the trusted comment."""
    lines = signature.split('\n')
    head, second = base64.b64decode(lines[1]), base64.b64decode(lines[3])
    assert lines[0].startswith('untrusted comment: ') and lines[2].startswith('trusted comment: ')
    comment = lines[2].removeprefix('trusted comment: ').encode()
    public = base64.b64decode(public)
    assert drawn(b'ED', 2, public[2:10], 10, head[10:], 74) == head
    assert drawn(b'Ed', 2, public[2:10], 10, public[10:], 42) == public
    first = head[10:74]
    assert signed_by(public[10:], hashlib.blake2b(message, digest_size=64).digest(), first)
    assert signed_by(public[10:], drawn(first, 64, comment, 64 + len(comment)), second)
    return comment.decode()


@pytest.fixture(scope='module', params=['success_short', 'success_empty', 'success_two_chunks'])
def envelope(request):
    text = (VECTORS / f'envelope/{request.param}.txt').read_text()
    values = pairs(text.split('\n\n')[0])
    armored = text.split('-----BEGIN AGE ENCRYPTED FILE-----\n')[1].split('-----END')[0]
    values['age'] = base64.b64decode(armored)
    end = values['age'].index(b'\n---') + 4
    values['header'], values['mac line'] = values['age'][:end], values['age'][end:end + 45]
    values['rest'] = values['age'][end + 45:]
    return values


def test_an_envelopes_keys(envelope):
    """envelope.md §2.1, §2.3."""
    file_key, nonce = bytes.fromhex(envelope['file key']), bytes.fromhex(envelope['nonce'])
    prk = hmac256(bytes(32), drawn(file_key, 16))
    mac = hmac256(hmac256(prk, drawn(b'header', 6, b'\x01', 7)), envelope['header'])
    assert envelope['mac line'] == b' ' + base64.b64encode(mac).rstrip(b'=') + b'\n'

    assert envelope['rest'][:16] == nonce
    key = hmac256(hmac256(nonce, file_key), drawn(b'payload', 7, b'\x01', 8))
    letter, chunks = b'', envelope['rest'][16:]
    count = max(1, -(-len(chunks) // 65552))
    for i in range(count):
        last = i == count - 1
        chunk = decrypt('chacha20poly1305', key, drawn(i.to_bytes(11, 'big'), 11, bytes([last]), 12),
                        chunks[65552 * i:65552 * (i + 1)])
        assert chunk is not None
        letter += chunk
    assert sha256(letter).hex() == envelope['payload']


def test_an_envelopes_body_and_signatures(envelope):
    """envelope.md §2.1, §3."""
    lines = envelope['header'].decode().split('\n')
    body = base64.b64decode(''.join(lines[2:-1]))
    assert drawn(body[:96], 96, body[96:128], 128, body[128:1216], 1216, body[1216:1232], 1232, body[1232:], 1248)
    assert body[:1216].hex() == envelope['ciphertext']
    assert decrypt('chacha20poly1305', bytes.fromhex(envelope['kek']), bytes(12), body[1216:]).hex() == envelope['file key']
    identity = bytes.fromhex(envelope['identity'])
    comment = check_signature(base64.b64decode(envelope['signature']).decode(), envelope['signer'], envelope['age'])
    assert comment == (f'securemail-v1 district=mail.example serial=1 identity={sha256(identity).hex()} '
                       f'id={sha256(body).hex()} time={envelope["time"]} expires={envelope["expires"]}')


def test_parameters_signature_and_fingerprint():
    """params.md §1, and §2's offsets: district of d = 12 characters, serial of s = 1 byte, interval of i = 3."""
    text = (VECTORS / 'ibe_params/success').read_text()
    end = text.index('-----END SECUREMAIL PARAMETERS-----\n') + len('-----END SECUREMAIL PARAMETERS-----\n')
    comment = check_signature(text[end:], (VECTORS / 'ibe_params/authority.pub').read_text().split('\n')[1], text[:end].encode())
    der = base64.b64decode(''.join(text[:end].split('\n')[1:-2]))
    d, s, i = 12, 1, 3
    validity = 11 + d + s  # where it stands in the file's DER, 36 bytes long
    oid = bytes.fromhex('061469d2b2b0cab5dcb2a9d3a6c1a3bbb6e6f4c61b')
    fields = der[validity + 36:]
    assert der[validity:validity + 4] == bytes.fromhex('3022180f') and len(der) == 1359 + d + s + i + 36
    public, ek, interval = fields[40:136], fields[140:1324], fields[1326:1329]
    hashed = drawn(
        b'\x30\x82' + (1355 + d + s + i).to_bytes(2, 'big'), 4, b'\x02\x01\x02', 7,
        b'\x16' + bytes([d]) + b'mail.example', 9 + d, b'\x02' + bytes([s, 3]), 11 + d + s,
        b'\x30\x82' + (1322 + i).to_bytes(2, 'big'), 15 + d + s, b'\x30\x82' + (1318 + i).to_bytes(2, 'big'), 19 + d + s,
        oid + b'\x02', 41 + d + s, b'\x04\x82' + (1292 + i).to_bytes(2, 'big'), 45 + d + s,
        b'\x30\x82' + (1288 + i).to_bytes(2, 'big'), 49 + d + s, b'\x04\x60', 51 + d + s, public, 147 + d + s,
        b'\x04\x82\x04\xa0', 151 + d + s, ek, 1335 + d + s, b'\x02' + bytes([i]) + interval, 1337 + d + s + i,
        oid + b'\x01', 1359 + d + s + i)
    assert comment == f'securemail-params-v1 district=mail.example serial=3 fingerprint={sha256(hashed).hex()}'


def before(text, name):
    """All lines before the line of this name, with their line ends."""
    return text[:text.index(f'\n{name}: ') + 1].encode()


@pytest.mark.parametrize('path', sorted(VECTORS.glob('master/success_*')) + sorted(VECTORS.glob('share/success_*')),
                         ids=lambda path: path.name)
def test_the_check_of_masters_and_shares(path):
    """params.md §4, shares.md §2."""
    text = path.read_text()
    assert pairs(text)['check'] == sha256(before(text, 'check')).hex()


@pytest.mark.parametrize('name', ['success_argon2id', 'success_argon2id_three_passes'])
def test_a_masters_protection(name):
    """params.md §4."""
    text = (VECTORS / 'master' / name).read_text()
    values = pairs(text)
    found = re.fullmatch(r'argon2id memory=(\d+) passes=(\d+) salt=(\S+) nonce=(\S+)', values['protection'])
    passphrase, key = b'nine blue horses', ctypes.create_string_buffer(32)
    assert SODIUM.crypto_pwhash(key, ctypes.c_ulonglong(32), passphrase, ctypes.c_ulonglong(len(passphrase)),
                                base64.b64decode(found[3]), ctypes.c_ulonglong(int(found[2])),
                                ctypes.c_size_t(1024 * int(found[1])), 2) == 0
    seeds = decrypt('xchacha20poly1305', key.raw, base64.b64decode(found[4]), base64.b64decode(values['secrets']),
                    before(text, 'secrets'))
    drawn(seeds[:32], 32, seeds[32:96], 96, seeds[96:128], 128, seeds[128:], 136)
    public = base64.b64decode(values['authority'])
    assert seeds[128:] == public[2:10], 'the key id'
    half, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    SODIUM.crypto_sign_seed_keypair(half, secret, seeds[96:128])
    assert half.raw == public[10:]


def test_the_digests_of_shares():
    """shares.md §2: each share's digest, as every share of its set has it."""
    for path in sorted(VECTORS.glob('share/success_*')):
        values = pairs(path.read_text())
        number = int(values['share'])
        value = base64.b64decode(values['value'])
        hashed = drawn(b'SECUREMAIL-V01-SHARE', 20, bytes.fromhex(values['set']), 36, bytes([number]), 37, value, 173)
        assert values['digests'].split(' ')[number - 1] == sha256(hashed)[:16].hex(), path.name


def multiply(a, b):
    """In GF(2)[x]/(x⁸ + x⁴ + x³ + x + 1)."""
    product = 0
    for bit in range(8):
        product ^= (a << bit) * (b >> bit & 1)
    for bit in range(14, 7, -1):
        product ^= (0x11b << bit - 8) * (product >> bit & 1)
    return product


def test_joining_shares():
    """shares.md §3: what comes out is a secret whose authority key is the one the shares name."""
    for needed in (2, 3):
        shares = [pairs(path.read_text()) for path in sorted(VECTORS.glob(f'share/success_{needed}_of_*'))][-needed:]
        numbers = [int(share['share']) for share in shares]
        assert len(shares) == needed
        seeds = bytearray(136)
        for i, share in zip(numbers, shares):
            factor = 1
            for m in set(numbers) - {i}:
                inverse = next(x for x in range(256) if multiply(x, m ^ i) == 1)
                factor = multiply(factor, multiply(m, inverse))
            for j, byte in enumerate(base64.b64decode(share['value'])):
                seeds[j] ^= multiply(byte, factor)
        half, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_seed_keypair(half, secret, bytes(seeds[96:128]))
        assert base64.b64decode(shares[0]['authority']) == b'Ed' + bytes(seeds[128:]) + half.raw


def test_the_chain_of_the_key_log():
    """key-log.md, and its example."""
    lines = re.search(r'^securemail-key-log 1 mail\.example .*\n1 .*\n2 .*\n', (ROOT / 'docs/spec/key-log.md').read_text(), re.M)[0]
    chain = bytes(32)
    for whole in lines.splitlines():
        line, expected = whole.rsplit(' ', 1)
        chain = sha256(drawn(b'SECUREMAIL-V01-KEYLOG', 21, chain, 53, line.encode(), 53 + len(line)))
        assert chain.hex() == expected
    assert chain.hex() in (ROOT / 'keyserver/test_key_sample.h').read_text()


def audit_input(chain, number, time, event, address, source):
    e, a, o = (len(text.encode()) for text in (event, address, source))
    return drawn(u64(19), 8, b'securemail-audit-v1', 27, chain, 59, u64(number), 67, u64(time), 75,
                 u64(e), 83, event.encode(), 83 + e, u64(a), 91 + e, address.encode(), 91 + e + a,
                 u64(o), 99 + e + a, source.encode(), 99 + e + a + o)


def test_the_chain_of_account_events():
    """audit.md, and its example, which accounts/test_session.c holds the code to as well."""
    text = (ROOT / 'docs/spec/audit.md').read_text()
    rows = re.findall(r'^(\d+) +(\d+) +(\S+) +(\S+) +(\S+) +([0-9a-f]{64})$', text, re.M)
    assert len(rows) == 2
    chain = bytes(32)
    for number, time, event, address, source, expected in rows:
        chain = sha256(audit_input(chain, int(number), int(time), event, address, source))
        assert chain.hex() == expected
        assert expected in (ROOT / 'accounts/test_session.c').read_text()


@pytest.mark.parametrize('name', ['success_ascii', 'success_unicode'])
def test_the_hashes_of_the_encapsulation(name):
    """ibe.md §1 (tagged hashes), §3 to §5, §7."""
    values = {key: value if key in ('address', 'canonical', 'district', 'outcome') else value and bytes.fromhex(value)
              for key, value in pairs((VECTORS / f'ibe/{name}.txt').read_text()).items() if key not in ('serial', 'period')}
    r = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001
    identity, h, m, ciphertext = (values[key] for key in ('identity', 'binding', 'm', 'ciphertext'))
    u, v, c, n = ciphertext[:96], ciphertext[96:128], ciphertext[128:], len(identity)
    tag = b'SECUREMAIL-V01-BFKEM-'
    assert sha256(drawn(b'\x17', 1, tag + b'PK', 24, values['public_point'], 120, n.to_bytes(2, 'big'), 122, identity, 122 + n)) == h
    rho = hashlib.sha512(drawn(b'\x16', 1, tag + b'R', 23, m, 55, h, 87)).digest()
    assert int.from_bytes(rho, 'big') % r == int.from_bytes(values['rho'], 'big')
    mask = sha256(drawn(b'\x16', 1, tag + b'M', 23, values['gt'], 599, u, 695, h, 727))
    assert bytes(x ^ y for x, y in zip(m, mask)) == v
    k_bf = sha256(drawn(b'\x16', 1, tag + b'K', 23, m, 55, h, 87, u, 183, v, 215))
    assert k_bf == values['bf_key']
    s = hashlib.sha512(drawn(b'\x16', 1, tag + b'S', 23, values['seed'], 55)).digest()
    assert int.from_bytes(s, 'big') % r == int.from_bytes(values['s'], 'big')
    ek = drawn(values['mlkem_public'], 1184)
    info = sha256(drawn(u, 96, v, 128, c, 1216, h, 1248, sha256(ek), 1280))
    prk = hmac256(b'SECUREMAIL-V01-HYBRID', drawn(k_bf, 32, values['mlkem_key'], 64))
    assert hmac256(prk, drawn(info, 32, b'\x01', 33)) == values['key']


def hexadecimal(path, *names):
    values = pairs(path.read_text())
    return [bytes.fromhex(values[name]) for name in names]


@pytest.mark.parametrize('path', sorted(VECTORS.glob('ibe/rejected_*')), ids=lambda path: path.stem)
def test_the_hashes_of_the_rejection(path):
    """ibe.md §1: Z and J, §6, §7. Each has the parameters of success_ascii, and either its ML-KEM ciphertext or its U, V,
    identity and private key: that half's key is then the one there. The other is the rejected one, here from Z and J,
    and for ML-KEM from SHAKE256( z ‖ c ) (FIPS 203, algorithm 18)."""
    public, identity, d, mlkem_seed, ciphertext, key = hexadecimal(
        path, 'public_point', 'identity', 'private_key', 'mlkem_seed', 'ciphertext', 'key')
    good_ciphertext, bf_key, mlkem_key, ek = hexadecimal(
        VECTORS / 'ibe/success_ascii.txt', 'ciphertext', 'bf_key', 'mlkem_key', 'mlkem_public')
    u, v, c, n = ciphertext[:96], ciphertext[96:128], ciphertext[128:], len(identity)
    tag = b'SECUREMAIL-V01-BFKEM-'
    h = sha256(drawn(b'\x17', 1, tag + b'PK', 24, public, 120, n.to_bytes(2, 'big'), 122, identity, 122 + n))
    if c == good_ciphertext[128:]:
        z = sha256(drawn(b'\x16', 1, tag + b'Z', 23, d, 71, h, 103))
        bf_key = sha256(drawn(b'\x16', 1, tag + b'J', 23, z, 55, h, 87, u, 183, v, 215))
    else:
        assert ciphertext[:128] == good_ciphertext[:128]
        mlkem_key = hashlib.shake_256(mlkem_seed[32:] + c).digest(32)
    info = sha256(drawn(u, 96, v, 128, c, 1216, h, 1248, sha256(ek), 1280))
    assert hmac256(hmac256(b'SECUREMAIL-V01-HYBRID', drawn(bf_key, 32, mlkem_key, 64)), info + b'\x01') == key
