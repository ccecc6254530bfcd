// SPDX-License-Identifier: Apache-2.0
// interop: docs/spec/address.md a second time, written from the text, on the Unicode data and the UTS #46 of this JavaScript.
import { domainToASCII, domainToUnicode } from 'node:url';
import { Refused } from './ibe.mjs';

const octets = (text) => Buffer.byteLength(text);
const lower = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const refuse = (rule) => { throw new Refused(rule); };

function decoded(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('A-2');
  }
}

function localPart(text) {
  const local = lower(text.normalize('NFC')).normalize('NFC');
  if (local === '' || octets(local) > 64) refuse('A-4');
  for (const character of local) {
    if (character < '\x80' && !/[a-z0-9!#$%&'*+/=?^_`{|}~.-]/.test(character)) refuse('A-5');
    if (character >= '\x80' && /[\p{C}\p{Z}]/u.test(character)) refuse('A-7');
  }
  if (/^\.|\.$|\.\./.test(local)) refuse('A-6');
  return local;
}

/** RFC 5891 §5.4 with RFC 5892 §2: letters, marks and digits; no hyphens in the third and fourth place, or at the ends. */
const idnaLabel = (label) => /^[\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}\u00b7-]*$/u.test(label) && !/^..--|^-|-$/u.test(label);

/** To A-labels. The converter here is a browser's: it decodes percent signs and reads numbers as IPv4, so it is given nothing of either. */
function aLabels(text) {
  if (/^[\0-\x7f]*$/.test(text) && !/(^|\.)xn--/i.test(text)) return lower(text);
  const plain = [...text].filter((character) => character < '\x80').join('');
  if (!/^[A-Za-z0-9.-]*$/.test(plain)) throw new Error('characters beyond ASCII and signs: not judged here');
  const ascii = domainToASCII(text);
  const labels = ascii.split('.').map((label) => (label.startsWith('xn--') ? domainToUnicode(label) : label));
  return ascii !== '' && labels.every(idnaLabel) ? ascii : refuse('A-8');
}

function domainPart(text) {
  const domain = aLabels(text);
  const labels = domain.split('.');
  for (const label of labels) {
    if (label === '' || label.length > 63) refuse('A-9');
    if (!/^[a-z0-9-]*$/.test(label)) refuse('A-10');
    if (/^-|-$/.test(label)) refuse('A-11');
  }
  if (labels.length < 2 || /^\d+$/.test(labels.at(-1)) || domain.length > 253) refuse('A-12');
  return domain;
}

/** The canonical address of an input, given as bytes. Throws Refused with the rule. */
export function canonicalAddress(bytes) {
  if (bytes.length === 0 || bytes.length > 512) refuse('A-1');
  const text = decoded(bytes);
  if (text.includes('\0')) refuse('A-2');
  const parts = text.split('@');
  if (parts.length !== 2) refuse('A-3');
  const address = localPart(parts[0]) + '@' + domainPart(parts[1]);
  return octets(address) > 254 ? refuse('A-13') : address;
}
