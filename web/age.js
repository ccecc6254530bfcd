// SPDX-License-Identifier: Apache-2.0
// web: the age file: armor, header, payload (docs/spec/envelope.md §2 and §4, age-encryption.org/v1).
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base64, base64Unpadded, equal, join, latin1, refuse, unbase64, unbase64Unpadded, utf8 } from './bytes.js';

export const STANZA = 'securemail/ibe1';
const VERSION = 'age-encryption.org/v1';
const HEADER_MAX = 8192;
const CHUNK = 65536;
const TAG = 16;
const NONCE = 16;
const BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----';
const END = '-----END AGE ENCRYPTED FILE-----';
const BLANKS_MAX = 1024;

const rows = (text) => text.match(/.{1,64}/g) ?? [];

// --- armor ---

export const armor = (file) => [BEGIN, ...rows(base64(file)), END, ''].join('\n');

/** The bytes of an armored file. Refused: E-22 to E-26. */
export function unarmor(text) {
  const begin = /^[ \t\r\n]*/.exec(text)[0].length;
  const lines = text.slice(begin).split('\n').map((line, i, all) => (i < all.length - 1 ? line.replace(/\r$/, '') : line));
  if (begin > BLANKS_MAX || lines.length < 2 || lines[0] !== BEGIN) refuse('E-22');
  let end = lines.indexOf(END);
  const last = lines.length - 1; // not ended by LF
  if (end < 0 && lines[last].replace(/\r$/, '') === END) end = last;
  if (end < 0) refuse('E-25');
  const body = lines.slice(1, end);
  const parts = body.map((line, i) => {
    const bytes = line.length > 64 || line === '' ? null : unbase64(line);
    if (!bytes) refuse('E-23');
    if (bytes.length < 48 && i < body.length - 1) refuse('E-24');
    return bytes;
  });
  const behind = lines.slice(end + 1).join('\n');
  if (!/^[ \t\r\n]*$/.test(behind) || behind.length > BLANKS_MAX) refuse('E-26');
  return join(...parts);
}

// --- header ---

/** Lines of a header, from its first 8,192 bytes; nothing but LF ends one. */
class Lines {
  constructor(file) {
    this.text = latin1(file.subarray(0, HEADER_MAX));
    this.full = file.length >= HEADER_MAX;
    this.at = 0;
  }

  /** The text ends where more of the header would have to come. */
  stop() {
    refuse(this.full ? 'E-1' : 'cut');
  }

  starts(word) {
    const rest = this.text.slice(this.at, this.at + word.length);
    if (rest.length < word.length && word.startsWith(rest)) this.stop();
    return rest === word;
  }

  next() {
    const end = this.text.indexOf('\n', this.at);
    if (end < 0) this.stop();
    const line = this.text.slice(this.at, end);
    this.at = end + 1;
    return line;
  }
}

function readBody(lines) {
  const parts = [];
  for (;;) {
    const line = lines.next();
    const bytes = line.length > 64 ? null : unbase64Unpadded(line);
    parts.push(bytes ?? refuse('E-5'));
    if (line.length < 64) return join(...parts);
  }
}

/** The header of a file: { covered, mac, size, stanzas: [{ words, body }] }. Refused: E-1 to E-8, and "cut" for a file that ends
 * before its header does. */
export function readHeader(file) {
  const lines = new Lines(file);
  if (!lines.starts(VERSION + '\n')) refuse('E-2');
  lines.next();
  const stanzas = [];
  while (!lines.starts('---')) {
    if (!lines.starts('-> ')) refuse('E-3');
    const words = lines.next().slice(3).split(' ');
    if (!words.every((word) => /^[!-~]+$/.test(word))) refuse('E-4');
    stanzas.push({ words, body: readBody(lines) });
    if (stanzas.length > 1 && stanzas.some((stanza) => stanza.words[0] === 'scrypt')) refuse('E-8');
  }
  if (stanzas.length === 0) refuse('E-6');
  const covered = latin1(file.subarray(0, lines.at + 3));
  const line = lines.next();
  const mac = line.startsWith('--- ') ? unbase64Unpadded(line.slice(4)) : null;
  if (mac?.length !== 32) refuse('E-7');
  return { covered, mac, size: lines.at, stanzas };
}

const headerMac = (fileKey, covered) => hmac(sha256, hkdf(sha256, fileKey, undefined, utf8('header'), 32), utf8(covered));

export const macFits = (fileKey, header) => equal(headerMac(fileKey, header.covered), header.mac);

/** A header of one stanza of ours. */
export function writeHeader(fileKey, identity, body) {
  const lines = rows(base64Unpadded(body));
  if (lines.length === 0 || lines.at(-1).length === 64) lines.push('');
  const covered = `${VERSION}\n-> ${STANZA} ${base64Unpadded(identity)}\n${lines.join('\n')}\n---`;
  return utf8(`${covered} ${base64Unpadded(headerMac(fileKey, covered))}\n`);
}

// --- the file key, wrapped once under a key used once ---

const ZERO = new Uint8Array(12);
export const wrap = (key, fileKey) => chacha20poly1305(key, ZERO).encrypt(fileKey);

function decrypt(key, nonce, sealed) {
  try {
    return chacha20poly1305(key, nonce).decrypt(sealed);
  } catch {
    return null;
  }
}

/** The file key, or null if it does not authenticate. */
export const unwrap = (key, wrapped) => decrypt(key, ZERO, wrapped);

// --- payload ---

function chunkNonce(counter, last) {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, counter);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

const payloadKey = (fileKey, nonce) => hkdf(sha256, fileKey, nonce, utf8('payload'), 32);

/** A size that no letter has (E-13). */
export function checkPayloadSize(n) {
  const rest = n < NONCE ? 0 : (n - NONCE) % (CHUNK + TAG);
  const chunks = n < NONCE ? 0 : Math.ceil((n - NONCE) / (CHUNK + TAG));
  if (chunks === 0 || (rest > 0 && rest < TAG) || (rest === TAG && chunks > 1)) refuse('E-13');
}

/** The letter, or null: all chunks are gone through before that is said. */
export function openPayload(fileKey, payload) {
  const key = payloadKey(fileKey, payload.subarray(0, NONCE));
  const parts = [];
  let good = true;
  for (let at = NONCE, i = 0; at < payload.length; at += CHUNK + TAG, i++) {
    const last = at + CHUNK + TAG >= payload.length;
    const part = decrypt(key, chunkNonce(i, last), payload.subarray(at, at + CHUNK + TAG));
    good &&= part !== null;
    parts.push(part ?? new Uint8Array());
  }
  return good ? join(...parts) : null;
}

export function sealPayload(fileKey, nonce, letter) {
  const key = payloadKey(fileKey, nonce);
  const parts = [nonce];
  for (let at = 0, i = 0; at < letter.length || i === 0; at += CHUNK, i++)
    parts.push(chacha20poly1305(key, chunkNonce(i, at + CHUNK >= letter.length)).encrypt(letter.subarray(at, at + CHUNK)));
  return join(...parts);
}
