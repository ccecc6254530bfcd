// SPDX-License-Identifier: Apache-2.0
// The sealed message a second time, written from docs/spec/envelope.md and the age specification. It shares nothing
// with the C sources; vectors and the tests of both directions stand on it. Without the KEM: its key is given.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as sha2 } from '@noble/hashes/sha2.js';

export const CHUNK = 65536;
export const TYPE = 'securemail/ibe1';

export const ascii = (text) => Buffer.from(text, 'latin1');
export const join = (...parts) => Buffer.concat(parts.map((p) => (typeof p === 'string' ? ascii(p) : Buffer.from(p))));
export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const padded = (bytes) => Buffer.from(bytes).toString('base64');
export const unpadded = (bytes) => padded(bytes).replace(/=+$/, '');
export const sha256 = (bytes) => sha2(join(bytes));

// --- identity bytes (docs/spec/ibe.md §2) ---

export function der(tag, content) {
  const n = content.length;
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
  return join(Buffer.from([tag, ...length]), content);
}

function unsigned(value) {
  let text = value.toString(16);
  if (text.length % 2) text = '0' + text;
  if (parseInt(text.slice(0, 2), 16) > 127) text = '00' + text;
  return Buffer.from(text, 'hex');
}

function arc(value) {
  const septets = [];
  for (let v = BigInt(value); ; v >>= 7n) {
    septets.unshift(Number(v & 127n) | (septets.length ? 128 : 0));
    if (v < 128n) return septets;
  }
}

export const EMAIL_IDENTITY = Buffer.from([...arc(2 * 40 + 25), ...arc('54759933365975134882754140396691727131'), 1]);

export function identityBytes({ district, serial, address, period }, oid = EMAIL_IDENTITY) {
  const time = new Date(period * 1000).toISOString().replace(/[-:T]|\.\d+/g, '');
  const data = der(0x30, join(der(0x0c, Buffer.from(address, 'utf8')), der(0x18, ascii(time))));
  return der(0x30, join(der(0x16, ascii(district)), der(0x02, unsigned(serial)), der(0x06, oid), der(0x04, data)));
}

// --- the age file ---

export const lines = (text) => text.match(/.{1,64}/g) ?? [];

export function body(bytes) {
  const rows = lines(unpadded(bytes));
  if (rows.length === 0 || rows.at(-1).length === 64) rows.push('');
  return rows.join('\n') + '\n';
}

export const stanza = (args, bytes) => `-> ${args.join(' ')}\n${body(bytes)}`;
export const wrap = (kek, fileKey) => chacha20poly1305(kek, new Uint8Array(12)).encrypt(fileKey);
export const unwrap = (kek, wrapped) => chacha20poly1305(kek, new Uint8Array(12)).decrypt(wrapped);
export const mac = (fileKey, covered) => hmac(sha2, hkdf(sha2, fileKey, undefined, ascii('header'), 32), ascii(covered));
export const macUnderived = (fileKey, covered) => hmac(sha2, fileKey, ascii(covered));

export function header(fileKey, stanzas, version = 'age-encryption.org/v1\n') {
  const covered = version + stanzas.join('') + '---';
  return covered + ' ' + unpadded(mac(fileKey, covered)) + '\n';
}

export function chunk(key, counter, last, plain) {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, counter);
  nonce[11] = last ? 1 : 0;
  return chacha20poly1305(key, nonce).encrypt(plain);
}

export const payloadKey = (fileKey, nonce) => hkdf(sha2, fileKey, nonce, ascii('payload'), 32);

export function payload(fileKey, nonce, plain) {
  const key = payloadKey(fileKey, nonce);
  const chunks = [];
  for (let at = 0, i = 0; at < plain.length || i === 0; at += CHUNK, i++)
    chunks.push(chunk(key, i, at + CHUNK >= plain.length, plain.subarray(at, at + CHUNK)));
  return join(nonce, ...chunks);
}

export const seal = (m, plain) =>
  join(header(m.fileKey, [stanza([TYPE, unpadded(m.identity)], join(m.ciphertext, wrap(m.kek, m.fileKey)))]),
    payload(m.fileKey, m.nonce, plain));

// --- signature and armor ---

export function comment(m, stanzaBody) {
  const { district, serial } = m.fields;
  return `securemail-v1 district=${district} serial=${serial} identity=${hex(sha256(m.identity))} ` +
    `id=${hex(sha256(stanzaBody))} time=${m.time} expires=${m.expires}`;
}

export function sign(signer, file, trusted, algorithm = 'ED') {
  const first = ed25519.sign(algorithm === 'ED' ? blake2b(file, { dkLen: 64 }) : file, signer.seed);
  const second = ed25519.sign(join(first, trusted), signer.seed);
  return `untrusted comment: a test\n${padded(join(algorithm, signer.id, first))}\n` +
    `trusted comment: ${trusted}\n${padded(second)}\n`;
}

export const publicText = (signer) => padded(join('Ed', signer.id, ed25519.getPublicKey(signer.seed)));

export const BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----';
export const END = '-----END AGE ENCRYPTED FILE-----';
export const armor = (file, end = '\n') => [BEGIN, ...lines(padded(file)), END].map((l) => l + end).join('');
