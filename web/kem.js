// SPDX-License-Identifier: Apache-2.0
// web: encapsulating a key to an identity (docs/spec/ibe.md §4, §5, §7). Decapsulating is the keyserver's alone.
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { hex, join, unhex, utf8 } from './bytes.js';
import { readPoint } from './identity.js';

const PREFIX = 'SECUREMAIL-V01-BFKEM';
const DST = PREFIX + '-with-BLS12381G1_XMD:SHA-256_SSWU_RO_';
const { Fr } = bls12_381.fields;

const tagged = (hash, tag, ...parts) => {
  const text = utf8(PREFIX + tag);
  return hash(join(Uint8Array.of(text.length), text, ...parts));
};
const H256 = (tag, ...parts) => tagged(sha256, tag, ...parts);
const H512 = (tag, ...parts) => tagged(sha512, tag, ...parts);

/** 576 bytes of an element of GT, in the order of §5. */
function gtBytes(g) {
  const word = (value) => unhex(value.toString(16).padStart(96, '0'));
  return join(...['c0', 'c1', 'c2'].flatMap((j) => [g.c0[j], g.c1[j]]).flatMap((c) => [word(c.c0), word(c.c1)]));
}

const CIPHERTEXT = 1216;
const FAULTS = { form: 'I-6', infinity: 'I-7', subgroup: 'I-8' };

/** The rule that refuses a ciphertext, by what anybody can see of it, or null (I-5 to I-8). */
export function ciphertextFault(ciphertext) {
  if (ciphertext.length !== CIPHERTEXT) return 'I-5';
  return FAULTS[readPoint(ciphertext.subarray(0, 96)).fault] ?? null;
}

/** { ciphertext [1216], key [32] } for identity bytes; m and mu are 32 random bytes each. */
export function encapsulate(parameters, identity, m, mu) {
  const h = H256('-PK', parameters.publicPoint, Uint8Array.of(identity.length >> 8, identity.length & 255), identity);
  const rho = Fr.create(BigInt('0x' + hex(H512('-R', m, h))));
  if (rho === 0n) throw new Error('no randomness');
  const u = bls12_381.G2.Point.BASE.multiply(rho).toBytes();
  const g = bls12_381.pairing(bls12_381.G1.hashToCurve(identity, { DST }).multiply(rho), parameters.point);
  const mask = H256('-M', gtBytes(g), u, h);
  const v = m.map((byte, i) => byte ^ mask[i]);
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(parameters.mlkemKey, mu);
  const ciphertext = join(u, v, cipherText);
  const info = sha256(join(ciphertext, h, sha256(parameters.mlkemKey)));
  const key = hkdf(sha256, join(H256('-K', m, h, u, v), sharedSecret), utf8('SECUREMAIL-V01-HYBRID'), info, 32);
  return { ciphertext, key };
}
