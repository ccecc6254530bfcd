// SPDX-License-Identifier: Apache-2.0
// interop: docs/spec/{ibe,params}.md a second time, written from the text, on noble's curves, hashes and
// ML-KEM. Slow and not constant time: it is here to agree with the C, bit for bit.
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';

export const { Fp, Fp2, Fp12, Fr } = bls12_381.fields;
export const G1 = bls12_381.G1.Point;
export const G2 = bls12_381.G2.Point;
const R = Fr.ORDER;

// --- bytes -------------------------------------------------------------------------------------------------

export const utf8 = (text) => new TextEncoder().encode(text);
export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'));
export const base64 = (bytes) => Buffer.from(bytes).toString('base64');
export const join = (...parts) => new Uint8Array(Buffer.concat(parts));
export const equal = (a, b) => Buffer.compare(a, b) === 0;
const xor = (a, b) => a.map((byte, i) => byte ^ b[i]);
const number = (bytes) => BigInt('0x' + hex(bytes));
const len16 = (bytes) => Uint8Array.of(bytes.length >> 8, bytes.length & 255);

/** An input that a numbered rule refuses. */
export class Refused extends Error {
  constructor(rule) {
    super(`refused by ${rule}`);
    this.rule = rule;
  }
}

// --- ibe.md §1: tagged hashes ----------------------------------------------------------------------------------

const PREFIX = 'SECUREMAIL-V01-BFKEM';
const DST = PREFIX + '-with-BLS12381G1_XMD:SHA-256_SSWU_RO_';
const tagged = (hash, tag, ...parts) => hash(join(Uint8Array.of(tag.length), utf8(tag), ...parts));
const H256 = (tag, ...parts) => tagged(sha256, PREFIX + tag, ...parts);
const H512 = (tag, ...parts) => tagged(sha512, PREFIX + tag, ...parts);

// --- ibe.md §2: identity bytes, and the DER they are made of ------------------------------------------------------

export function tlv(tag, ...contents) {
  const body = join(...contents);
  const n = body.length;
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
  return join(Uint8Array.of(tag, ...length), body);
}

export function integer(value) {
  let digits = BigInt(value).toString(16);
  if (digits.length % 2) digits = '0' + digits;
  if (parseInt(digits.slice(0, 2), 16) >= 0x80) digits = '00' + digits;
  return tlv(0x02, unhex(digits));
}

export function oid(arcs) {
  const base128 = (value) => {
    const bytes = [Number(value & 127n)];
    while ((value >>= 7n)) bytes.unshift(Number(value & 127n) | 128);
    return bytes;
  };
  const [first, second, ...rest] = arcs.split('.').map(BigInt);
  return tlv(0x06, Uint8Array.from([first * 40n + second, ...rest].flatMap(base128)));
}

const OUR_ARC = '2.25.54759933365975134882754140396691727131';
export const OID_IDENTITY = oid(OUR_ARC + '.1');
export const OID_KEM = oid(OUR_ARC + '.2');

export const generalizedTime = (time) =>
  tlv(0x18, utf8(new Date(time * 1000).toISOString().replace(/[-:T]|\.\d+/g, '')));

export function identityBytes({ district, serial, address, period }) {
  return tlv(0x30, tlv(0x16, utf8(district)), integer(serial), OID_IDENTITY,
    tlv(0x04, tlv(0x30, tlv(0x0c, utf8(address)), generalizedTime(period))));
}

// --- ibe.md §3: set-up ------------------------------------------------------------------------------------------

export function setUp({ district, serial, seed, mlkemSeed }) {
  const s = number(H512('-S', seed)) % R;
  const mlkem = ml_kem768.keygen(mlkemSeed);
  return { district, serial, s, point: G2.BASE.multiply(s), ek: mlkem.publicKey, dk: mlkem.secretKey };
}

// --- ibe.md §4: binding and extraction --------------------------------------------------------------------------

export const binding = (params, identity) =>
  H256('-PK', params.point.toBytes(), len16(identity), identity);
export const hashToG1 = (identity) => bls12_381.G1.hashToCurve(identity, { DST });
export const extract = (master, identity) => hashToG1(identity).multiply(master.s).toBytes();

/** A foreign point: I-3 for d, I-6 to I-8 for U. Flags and x by hand, so that the form is checked here. */
export function readPoint(bytes, Point, field, rules) {
  const flags = bytes[0] >> 5;
  const plain = Uint8Array.from(bytes);
  plain[0] &= 31;
  if (!(flags & 4)) throw new Refused(rules.form);
  if (flags & 2) throw new Refused(flags === 6 && plain.every((byte) => byte === 0) ? rules.infinity : rules.form);
  // A coordinate of Fp2 stands as its u part, then its real part.
  const parts = [];
  for (let i = 0; i < plain.length; i += 48) parts.unshift(number(plain.subarray(i, i + 48)));
  if (parts.some((part) => part >= Fp.ORDER)) throw new Refused(rules.form);
  const x = parts.length === 1 ? parts[0] : Fp2.fromBigTuple(parts);
  const b = Point === G1 ? 4n : Fp2.fromBigTuple([4n, 4n]);
  const square = field.add(field.mul(field.sqr(x), x), b);
  let y;
  try {
    y = field.sqrt(square);
  } catch {
    throw new Refused(rules.form);
  }
  // The sign flag says whether y is the greater of y and −y; the u part decides first.
  const order = (value) => (typeof value === 'bigint' ? [value] : [value.c1, value.c0]);
  const negative = order(field.neg(y));
  const own = order(y);
  const at = own.findIndex((part, i) => part !== negative[i]);
  const greater = at >= 0 && own[at] > negative[at];
  if (greater !== Boolean(flags & 1)) y = field.neg(y);
  const point = Point.fromAffine({ x, y });
  // In the subgroup: [r]P is infinity.
  if (!point.multiplyUnsafe(R - 1n).add(point).is0()) throw new Refused(rules.subgroup);
  return point;
}
export const readU = (bytes) => readPoint(bytes, G2, Fp2, { form: 'I-6', infinity: 'I-7', subgroup: 'I-8' });
export const readKey = (bytes) => readPoint(bytes, G1, Fp, { form: 'I-3', infinity: 'I-3', subgroup: 'I-3' });

export const keyValid = (params, identity, d) =>
  Fp12.eql(bls12_381.pairing(readKey(d), G2.BASE), bls12_381.pairing(hashToG1(identity), params.point));

// --- ibe.md §5 to §7 ----------------------------------------------------------------------------------------------

export function gtBytes(g) {
  const word = (value) => unhex(value.toString(16).padStart(96, '0'));
  return join(...['c0', 'c1', 'c2'].flatMap((j) => [g.c0[j], g.c1[j]]).flatMap((c) => [word(c.c0), word(c.c1)]));
}

const mask = (g, u, h) => H256('-M', gtBytes(g), u, h);
const scalar = (m, h) => number(H512('-R', m, h)) % R;

export function combine(params, keyBf, keyPq, bf, c, h) {
  const info = sha256(join(bf, c, h, sha256(params.ek)));
  return hkdf(sha256, join(keyBf, keyPq), utf8('SECUREMAIL-V01-HYBRID'), info, 32);
}

export function encapsulate(params, identity, m, mu) {
  const h = binding(params, identity);
  const rho = scalar(m, h);
  const u = G2.BASE.multiply(rho).toBytes();
  const g = bls12_381.pairing(hashToG1(identity).multiply(rho), params.point);
  const v = xor(m, mask(g, u, h));
  const keyBf = H256('-K', m, h, u, v);
  const { cipherText: c, sharedSecret: keyPq } = ml_kem768.encapsulate(params.ek, mu);
  return { h, rho, u, gt: gtBytes(g), v, keyBf, c, keyPq, ciphertext: join(u, v, c),
    key: combine(params, keyBf, keyPq, join(u, v), c, h) };
}

export function decapsulate(params, identity, d, dk, ciphertext) {
  if (ciphertext.length !== 1216) throw new Refused('I-5');
  const u = ciphertext.subarray(0, 96);
  const v = ciphertext.subarray(96, 128);
  const c = ciphertext.subarray(128);
  const U = readU(u);
  const D = readKey(d);
  const h = binding(params, identity);
  const z = H256('-Z', d, h);
  const m = xor(v, mask(bls12_381.pairing(D, U), u, h));
  const rho = scalar(m, h);
  const accepted = equal(G2.BASE.multiply(rho).toBytes(), u);
  const keyBf = accepted ? H256('-K', m, h, u, v) : H256('-J', z, h, u, v);
  const keyPq = ml_kem768.decapsulate(c, dk);
  return { accepted, key: combine(params, keyBf, keyPq, join(u, v), c, h) };
}

// --- params.md ------------------------------------------------------------------------------------------------------

export function paramsDer(p, withValidity = true) {
  const hybrid = tlv(0x30, tlv(0x04, p.pointBytes ?? p.point.toBytes()), tlv(0x04, p.ek), integer(p.interval));
  return tlv(0x30, integer(2), tlv(0x16, utf8(p.district)), integer(p.serial),
    withValidity ? tlv(0x30, generalizedTime(p.notBefore), generalizedTime(p.notAfter)) : new Uint8Array(0),
    tlv(0x30, tlv(0x30, OID_KEM, tlv(0x04, hybrid))), OID_IDENTITY);
}

export function minisign(secretKey, keyId, file, untrusted, trusted) {
  const signature = ed25519.sign(blake2b(file, { dkLen: 64 }), secretKey);
  const second = ed25519.sign(join(signature, utf8(trusted)), secretKey);
  return `untrusted comment: ${untrusted}\n${base64(join(utf8('ED'), keyId, signature))}\n` +
    `trusted comment: ${trusted}\n${base64(second)}\n`;
}

export const minisignPublic = (secretKey, keyId) =>
  base64(join(utf8('Ed'), keyId, ed25519.getPublicKey(secretKey)));

export function paramsFile(p, authority, der = paramsDer(p), comment = null) {
  const body = '-----BEGIN SECUREMAIL PARAMETERS-----\n' + base64(der).replace(/(.{1,64})/g, '$1\n') +
    '-----END SECUREMAIL PARAMETERS-----\n';
  const trusted = comment ??
    `securemail-params-v1 district=${p.district} serial=${p.serial} fingerprint=${hex(sha256(paramsDer(p, false)))}`;
  return body + minisign(authority.seed, authority.id, utf8(body), "signature of the district's authority", trusted);
}
