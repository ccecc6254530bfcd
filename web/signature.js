// SPDX-License-Identifier: Apache-2.0
// web: minisign signatures of the pre-hashed form (docs/spec/envelope.md §3).
import { ed25519 } from '@noble/curves/ed25519.js';
import { join, equal, unbase64, utf8 } from './bytes.js';

const TEXT_MAX = 2560;
const COMMENT_MAX = 1024;
const FORM = /^untrusted comment: ([^\n]*)\n([^\n]*)\ntrusted comment: ([^\n]*)\n([^\n]*)\n?$/;

// No control characters of ASCII, but for a tab, nor of Latin-1; no lone surrogates: they are no UTF-8.
const printable = (text) => !/[\0-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]/u.test(text) && utf8(text).length <= COMMENT_MAX;

function verifies(signature, message, key) {
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false; // no point at all
  }
}

/** The key in minisign's public text (bare base64, or a .pub file): { id, key }, or null. */
export function publicKey(text) {
  const bytes = unbase64(text.trim().split('\n').at(-1));
  return bytes?.length === 42 && bytes[0] === 0x45 && bytes[1] === 0x64 ? { id: bytes.subarray(2, 10), key: bytes.subarray(10) } : null;
}

/** Checks the `signature` (text) over a BLAKE2b-512 `hash` by the `signer` (public text). Gives { comment }, the trusted one,
 * or { failed }: the rule. */
export function check(signer, hash, signature) {
  const ours = publicKey(signer);
  const lines = signature.length <= TEXT_MAX ? FORM.exec(signature.replaceAll('\r\n', '\n')) : null;
  const first = lines && unbase64(lines[2]);
  const second = lines && unbase64(lines[4]);
  const formed = first?.length === 74 && second?.length === 64 && first[0] === 0x45 && first[1] === 0x44 &&
    printable(lines[1]) && printable(lines[3]);
  if (!formed) return { failed: 'E-18' };
  if (!ours || !equal(first.subarray(2, 10), ours.id)) return { failed: 'E-19' };
  const good = verifies(first.subarray(10), hash, ours.key) && verifies(second, join(first.subarray(10), utf8(lines[3])), ours.key);
  return good ? { comment: lines[3] } : { failed: 'E-20' };
}
