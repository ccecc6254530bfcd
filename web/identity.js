// SPDX-License-Identifier: Apache-2.0
// web: identity bytes and public parameters: the DER of docs/spec/ibe.md §2 and params.md. What is read is written again and
// compared: so there is one text for each value, and no rule of DER is forgotten.
import { blake2b } from '@noble/hashes/blake2.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { equal, hex, join, latin1, refuse, unbase64, unhex, utf8 } from './bytes.js';
import { check } from './signature.js';

const IDENTITY_MAX = 512;
const PARAMETERS_MAX = 16384;
const SERIAL_MAX = 2 ** 31 - 1;
const INTERVAL_MAX = 31622400;
const EMAIL_IDENTITY = unhex('69d2b2b0cab5dcb2a9d3a6c1a3bbb6e6f4c61b01');
const ALGORITHM = unhex('69d2b2b0cab5dcb2a9d3a6c1a3bbb6e6f4c61b02');

// --- writing DER ---

function tlv(tag, ...contents) {
  const content = join(...contents);
  const n = content.length;
  return join(Uint8Array.from(n < 128 ? [tag, n] : n < 256 ? [tag, 0x81, n] : [tag, 0x82, n >> 8, n & 255]), content);
}

function integer(value) {
  const digits = value.toString(16);
  const even = digits.length % 2 ? '0' + digits : digits;
  return tlv(0x02, unhex(parseInt(even.slice(0, 2), 16) > 127 ? '00' + even : even));
}

const time = (seconds) => tlv(0x18, utf8(new Date(seconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, '')));

/** Identity bytes of canonical fields. `period`: its start, in seconds since 1970. */
export function identityBytes({ district, serial, address, period }) {
  return tlv(0x30, tlv(0x16, utf8(district)), integer(serial), tlv(0x06, EMAIL_IDENTITY),
    tlv(0x04, tlv(0x30, tlv(0x0c, utf8(address)), time(period))));
}

function parametersDer(p, withValidity) {
  const hybrid = tlv(0x30, tlv(0x04, p.publicPoint), tlv(0x04, p.mlkemKey), integer(p.interval));
  const validity = withValidity ? tlv(0x30, time(p.notBefore), time(p.notAfter)) : new Uint8Array();
  return tlv(0x30, integer(2), tlv(0x16, utf8(p.district)), integer(p.serial), validity,
    tlv(0x30, tlv(0x30, tlv(0x06, ALGORITHM), tlv(0x04, hybrid))), tlv(0x06, EMAIL_IDENTITY));
}

// --- reading it ---

/** Takes elements off `bytes`, one after the other; throws where there is none of the tag. */
class Reader {
  constructor(bytes) {
    this.rest = bytes;
  }

  take(tag) {
    const [found, first] = this.rest;
    const more = first > 127 ? first & 127 : 0;
    const n = more ? this.rest.subarray(2, 2 + more).reduce((value, byte) => value * 256 + byte, 0) : first;
    const from = 2 + more;
    if (found !== tag || more > 2 || !(from + n <= this.rest.length)) throw new RangeError('no such element');
    const content = this.rest.subarray(from, from + n);
    this.rest = this.rest.subarray(from + n);
    return content;
  }

  inside(tag) {
    return new Reader(this.take(tag));
  }

  number() {
    const bytes = this.take(0x02);
    if (bytes.length > 5) throw new RangeError('too large');
    return bytes.reduce((value, byte) => value * 256 + byte, 0);
  }

  time() {
    const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(latin1(this.take(0x18)));
    const [, year, month, day, hour, minute, second] = parts;
    return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Is this the one text of a mailbox? Rules A-1 to A-13 of docs/spec/address.md, as far as the *result* shows them: whether an
 * A-label is a valid one (A-8) is for who converts domains, and nothing here does. */
export function isCanonical(address) {
  const [local, domain, more] = address.split('@');
  if (domain === undefined || more !== undefined || utf8(address).length > 254) return false;
  const labels = domain.split('.');
  return local === local.normalize('NFC') && utf8(local).length <= 64 && domain.length <= 253 &&
    /^(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]|[^\0-\x7f\p{C}\p{Z}])+(?:\.(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]|[^\0-\x7f\p{C}\p{Z}])+)*$/u.test(local) &&
    labels.length >= 2 && !/^\d+$/.test(labels.at(-1)) && labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
}

const districtGood = (district) => /^[!-~]{1,120}$/.test(district);
const serialGood = (serial) => serial >= 1 && serial <= SERIAL_MAX;

/** The fields of identity bytes, or null (I-1). */
export function readIdentity(bytes) {
  try {
    if (bytes.length > IDENTITY_MAX) return null;
    const outer = new Reader(bytes).inside(0x30);
    const fields = { district: latin1(outer.take(0x16)), serial: outer.number() };
    outer.take(0x06);
    const data = outer.inside(0x04).inside(0x30);
    fields.address = strict.decode(data.take(0x0c));
    fields.period = data.time();
    const good = districtGood(fields.district) && serialGood(fields.serial) && isCanonical(fields.address) &&
      equal(identityBytes(fields), bytes);
    return good ? fields : null;
  } catch {
    return null;
  }
}

/** The rule that refuses identity bytes for a holder of these parameters, or null. */
export function identityFault(bytes, { district, serial }) {
  const fields = readIdentity(bytes);
  if (!fields) return 'I-1';
  return fields.district === district && fields.serial === serial ? null : 'I-2';
}

function readDer(bytes) {
  try {
    const outer = new Reader(bytes).inside(0x30);
    outer.number();
    const p = { district: latin1(outer.take(0x16)), serial: outer.number() };
    const validity = outer.inside(0x30);
    p.notBefore = validity.time();
    p.notAfter = validity.time();
    const algorithm = outer.inside(0x30).inside(0x30);
    algorithm.take(0x06);
    const hybrid = algorithm.inside(0x04).inside(0x30);
    p.publicPoint = hybrid.take(0x04);
    p.mlkemKey = hybrid.take(0x04);
    p.interval = hybrid.number();
    const good = districtGood(p.district) && serialGood(p.serial) && p.publicPoint.length === 96 && p.mlkemKey.length === 1184 &&
      p.interval >= 1 && p.interval <= INTERVAL_MAX && equal(parametersDer(p, true), bytes);
    return good ? p : null;
  } catch {
    return null;
  }
}

const { Fp, Fp2 } = bls12_381.fields;

/** Some point of the curve with the x of a compressed form (96 bytes: flags, then both coordinates), or null. */
function anyPoint(bytes) {
  const plain = bytes.map((byte, i) => (i ? byte : byte & 0x1f));
  const parts = [plain.subarray(48), plain.subarray(0, 48)].map((part) => BigInt('0x' + hex(part)));
  if (bytes[0] >> 6 !== 2 || parts.some((part) => part >= Fp.ORDER)) return null;
  const x = Fp2.fromBigTuple(parts);
  try {
    return bls12_381.G2.Point.fromAffine({ x, y: Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.fromBigTuple([4n, 4n]))) });
  } catch {
    return null; // no point has this x
  }
}

/** A point of G2 from its canonical compressed form: { point }, or { fault }: "form", "infinity" or "subgroup". */
export function readPoint(bytes) {
  if (bytes.length !== 96) return { fault: 'form' };
  if (bytes.every((byte, i) => byte === (i ? 0 : 0xc0))) return { fault: 'infinity' };
  const any = anyPoint(bytes);
  if (!any) return { fault: 'form' };
  return any.isTorsionFree() ? { point: bls12_381.G2.Point.fromBytes(bytes) } : { fault: 'subgroup' };
}

/** FIPS 203 §7.2: every coefficient, of 12 bits, is below 3329. */
function coefficientsGood(key) {
  for (let at = 0; at < 1152; at += 3) {
    const [a, b, c] = key.subarray(at, at + 3);
    if ((a | ((b & 15) << 8)) >= 3329 || ((b >> 4) | (c << 4)) >= 3329) return false;
  }
  return true;
}

const FORM = /^(-----BEGIN SECUREMAIL PARAMETERS-----\n((?:[^\n]*\n)+?)-----END SECUREMAIL PARAMETERS-----\n)((?:[^\n]*\n){3}[^\n]*\n?)$/;

/** Public parameters from their file, signed by `authority` (minisign's public text). Refused: P-1 to P-8. */
export function readParameters(file, authority) {
  const bytes = utf8(file);
  if (bytes.length > PARAMETERS_MAX) refuse('P-1');
  const form = FORM.exec(file.endsWith('\n') ? file : file + '\n');
  if (!form) refuse(/^-----BEGIN SECUREMAIL PARAMETERS-----\n([^\n]*\n)*?-----END SECUREMAIL PARAMETERS-----\n/.test(file) ? 'P-3' : 'P-2');
  const [, body, lines, signature] = form;
  const { comment, failed } = check(authority, blake2b(utf8(body), { dkLen: 64 }), signature);
  if (failed) refuse('P-3');
  const rows = lines.split('\n').slice(0, -1);
  const whole = rows.slice(0, -1).every((row) => row.length === 64) && rows.at(-1).length >= 1 && rows.at(-1).length <= 64;
  const der = whole ? unbase64(rows.join('')) : null;
  const p = der && readDer(der);
  if (!p) refuse('P-4');
  if (p.notAfter < p.notBefore) refuse('P-5');
  p.point = readPoint(p.publicPoint).point ?? refuse('P-6');
  if (!coefficientsGood(p.mlkemKey)) refuse('P-7');
  p.fingerprint = hex(sha256(parametersDer(p, false)));
  if (comment !== `securemail-params-v1 district=${p.district} serial=${p.serial} fingerprint=${p.fingerprint}`) refuse('P-8');
  return p;
}

/** The rule by which a sender that has `present` keeps it rather than take `next` (both of readParameters), or null. `pinned`: fingerprints. */
export function replacementFault(present, next, pinned = []) {
  if (next.district !== present.district) return 'P-9';
  if (next.serial < present.serial) return 'P-10';
  if (next.serial === present.serial && next.fingerprint !== present.fingerprint) return 'P-11';
  if (next.serial === present.serial && next.notAfter < present.notAfter) return 'P-12';
  return pinned.length > 0 && !pinned.includes(next.fingerprint) ? 'P-13' : null;
}
