// SPDX-License-Identifier: Apache-2.0
// web: bytes and their texts, strictly: one text for each value.

/** An input that a rule of the specifications refuses: `rule` is its name ("E-7"), or "damaged" where no reason may be told. */
export class Refused extends Error {
  constructor(rule) {
    super(`refused: ${rule}`);
    this.rule = rule;
  }
}

export function refuse(rule) {
  throw new Refused(rule);
}

export const utf8 = (text) => new TextEncoder().encode(text);

export function join(...parts) {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Equal, looking at every byte whatever the others are. */
export function equal(a, b) {
  let different = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) different |= a[i] ^ b[i];
  return different === 0;
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
export const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** One character for each byte. Every text of the formats is ASCII: other bytes then match nothing. */
export function latin1(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

export const base64 = (bytes) => btoa(latin1(bytes));
export const base64Unpadded = (bytes) => base64(bytes).replace(/=+$/, '');

/** RFC 4648 §4, and null for all but the one text that encoding gives: no blanks, no stray bits. */
export function unbase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return base64(bytes) === text ? bytes : null;
}

export function unbase64Unpadded(text) {
  if (text.includes('=') || text.length % 4 === 1) return null;
  return unbase64(text + '='.repeat((4 - (text.length % 4)) % 4));
}
