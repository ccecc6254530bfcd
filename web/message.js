// SPDX-License-Identifier: Apache-2.0
// web: a sealed message opened with its message key, and one sealed to an address. See README.md.
import { blake2b } from '@noble/hashes/blake2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { STANZA, checkPayloadSize, macFits, openPayload, readHeader, sealPayload, unarmor, unwrap, wrap, writeHeader } from './age.js';
import { hex, join, refuse, unbase64Unpadded } from './bytes.js';
import { identityBytes, isCanonical, readIdentity } from './identity.js';
import { ciphertextFault, encapsulate } from './kem.js';
import { check } from './signature.js';

const CIPHERTEXT = 1216;
const BODY = CIPHERTEXT + 32;
const TIME_MAX = 253402300799; // the end of the year 9999

/** What a file says before any key is known. `file`: its bytes, out of the armor. Refused: E-1 to E-13, and "other" for a good
 * age file without a stanza of ours. */
export function readMessage(file) {
  const header = readHeader(file);
  const ours = header.stanzas.filter((stanza) => stanza.words[0] === STANZA);
  if (ours.length > 1) refuse('E-9');
  if (ours.length === 0) refuse('other');
  const [{ words, body }] = ours;
  if (words.length !== 2) refuse('E-10');
  const identity = unbase64Unpadded(words[1]);
  const fields = identity && readIdentity(identity);
  if (!fields) refuse('E-11');
  if (body.length !== BODY) refuse('E-12');
  checkPayloadSize(file.length - header.size);
  return { ...fields, identity, id: sha256(body), ciphertext: body.subarray(0, CIPHERTEXT), wrapped: body.subarray(CIPHERTEXT),
    header, payload: file.subarray(header.size) };
}

const digits = (text) => (/^(?:0|[1-9]\d{0,11})$/.test(text) ? Number(text) : -1);

/** When it was sealed and until when it opens, from the signature by `signer` (minisign's public text). Refused: E-18 to E-21. */
export function checkSignature(message, file, signature, signer) {
  const { comment, failed } = check(signer, blake2b(file, { dkLen: 64 }), signature);
  if (failed) refuse(failed);
  const { district, serial, identity, id } = message;
  const beginning = `securemail-v1 district=${district} serial=${serial} identity=${hex(sha256(identity))} id=${hex(id)} time=`;
  const [time, expires, more] = comment.startsWith(beginning) ? comment.slice(beginning.length).split(' expires=').map(digits) : [];
  if (!(time >= 0 && time <= expires && expires <= TIME_MAX) || more !== undefined) refuse('E-21');
  return { time, expires };
}

/** The letter. E-15, E-16 and E-17 are one: "damaged", said after all of the work. */
export function decrypt(message, messageKey) {
  const found = unwrap(messageKey, message.wrapped);
  const fileKey = found ?? new Uint8Array(16);
  const genuine = macFits(fileKey, message.header);
  const letter = openPayload(fileKey, message.payload);
  return found && genuine && letter ? letter : refuse('damaged');
}

/** All of it: an armored message with its signature's text, opened with the 32 bytes that the keyserver gave for it. A ciphertext
 * that the KEM refuses (E-14) has no key, and is "damaged" as well. */
export function open({ armored, signature, signer, messageKey }) {
  const file = unarmor(armored);
  const message = readMessage(file);
  const { time, expires } = checkSignature(message, file, signature, signer);
  if (ciphertextFault(message.ciphertext)) refuse('damaged');
  return { letter: decrypt(message, messageKey), address: message.address, time, expires };
}

/** An age file from everything that it is made of; for `seal`, and for the vectors. */
export function write({ identity, ciphertext, key, fileKey, nonce }, letter) {
  return join(writeHeader(fileKey, identity, join(ciphertext, wrap(key, fileKey))), sealPayload(fileKey, nonce, letter));
}

/** Seal a letter to a canonical address at `time` (seconds since 1970). `parameters`: of readParameters. `random`: 96 bytes,
 * fresh for each message. Gives the age file, which nobody has signed. Throws Refused("A") for another address, ("P") if the
 * parameters don't hold at that time. */
export function seal({ parameters, address, letter, time, random = crypto.getRandomValues(new Uint8Array(96)) }) {
  if (!isCanonical(address)) refuse('A');
  if (time < parameters.notBefore || time > parameters.notAfter) refuse('P');
  const { district, serial, interval } = parameters;
  const identity = identityBytes({ district, serial, address, period: time - (time % interval) });
  const { ciphertext, key } = encapsulate(parameters, identity, random.subarray(0, 32), random.subarray(32, 64));
  return write({ identity, ciphertext, key, fileKey: random.subarray(64, 80), nonce: random.subarray(80, 96) }, letter);
}
