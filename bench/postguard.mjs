// SPDX-License-Identifier: Apache-2.0
// bench: PostGuard's client (@e4a/pg-wasm) without PostGuard's server: its master keys, a user's key and a signing key, made here.
//
// The schemes and encodings are those of the crates `ibe` 0.3 (CGW-KV over BLS12-381), `pg-curve` 0.2 and `ibs` 0.4
// (Galindo–Garcia over ristretto255). A message that the client seals and opens again shows that the keys are right.
import { readFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import { bls12_381 as bls } from '@noble/curves/bls12-381';
import { RistrettoPoint } from '@noble/curves/ed25519';
import { bytesToNumberLE, numberToBytesBE, numberToBytesLE } from '@noble/curves/abstract/utils';
import { sha3_256, sha3_512 } from '@noble/hashes/sha3';
import { concatBytes as concat, randomBytes } from '@noble/hashes/utils';
import { initSync, seal, Unsealer } from '@e4a/pg-wasm/web';

globalThis.crypto ??= webcrypto; // Node 18
initSync({ module: readFileSync(new URL('node_modules/@e4a/pg-wasm/web/index_bg.wasm', import.meta.url)) });

const { Fr, Fp, Fp12 } = bls.fields;
const L = 2n ** 252n + 27742317777372353535851937790883648493n; // order of ristretto255
const text = string => new TextEncoder().encode(string);
const base64 = bytes => Buffer.from(bytes).toString('base64');
const scalar = () => Fr.create(bytesToNumberLE(randomBytes(64)));
const pair = () => [scalar(), scalar()];
const dot = (a, b) => Fr.add(Fr.mul(a[0], b[0]), Fr.mul(a[1], b[1]));
const g1 = k => bls.G1.ProjectivePoint.BASE.multiply(k).toRawBytes(true);
const g2 = k => bls.G2.ProjectivePoint.BASE.multiply(k).toRawBytes(true);

// --- identities ---

const length = n => numberToBytesBE(n, 8);

/** The 64 bytes of a policy of one attribute (pg-core, `Policy::derive`). */
function identityOf({ ts, con: [{ t, v }] }) {
  const type = sha3_512(concat(length(1), length(t.length), text(t)));
  const value = sha3_512(concat(length(2), length(v.length), text(v)));
  return sha3_512(concat(Uint8Array.of(0), type, value, length(ts)));
}

// --- CGW-KV ---

/** c1, with the flags “compressed” and “c0 is the larger of its two values” (pg-curve, `Gt::to_compressed`). */
function compress({ c0, c1 }) {
  const larger = [c0.c2, c0.c1, c0.c0].flatMap(x => [x.c1, x.c0]).find(x => x !== 0n) > (Fp.ORDER - 1n) / 2n;
  const bytes = concat(...[c1.c0, c1.c1, c1.c2].flatMap(x => [x.c0, x.c1]).map(x => numberToBytesBE(x, 48)));
  bytes[0] |= 0x80 | (larger ? 0x40 : 0);
  return bytes;
}

function newMaster() {
  const a = pair();
  const secret = { b: pair(), k: pair(), w0: [pair(), pair()], w1: [pair(), pair()], w: [pair(), pair()] };
  const byA = m => [0, 1].map(j => dot([m[0][j], m[1][j]], a));
  const points = [...a, ...byA(secret.w0), ...byA(secret.w1), ...byA(secret.w)].map(g1);
  const gt = Fp12.pow(bls.pairing(bls.G1.ProjectivePoint.BASE, bls.G2.ProjectivePoint.BASE), dot(secret.k, a));
  return { secret, publicKey: base64(concat(...points, compress(gt))) };
}

function userKey({ b, k, w0, w1, w }, policy) {
  const r = scalar();
  const id = Fr.create(bytesToNumberLE(sha3_512(identityOf(policy))));
  const br = b.map(x => Fr.mul(x, r));
  const d1 = [0, 1].map(i => Fr.sub(k[i], Fr.add(dot(br, w0[i]), Fr.mul(id, dot(br, w1[i])))));
  const d2 = [0, 1].map(i => Fr.neg(dot(br, w[i])));
  return base64(concat(...[...br, ...d1, ...d2].map(g2)));
}

// --- Galindo–Garcia ---

function signer(policy) {
  const mod = x => ((x % L) + L) % L;
  const point = k => RistrettoPoint.BASE.multiply(k).toRawBytes();
  const [z, r] = [0, 0].map(() => mod(bytesToNumberLE(randomBytes(64))));
  const id = sha3_256(identityOf(policy));
  const y = mod(r + z * mod(bytesToNumberLE(sha3_512(concat(point(r), id)))));
  return { verifyingKey: base64(point(z)), key: { key: base64(concat(numberToBytesLE(y, 32), point(r), id)), policy } };
}

// --- the client ---

const policyOf = address => ({ ts: 1795100000, con: [{ t: 'pbdf.sidn-pbdf.email.email', v: address }] });

/** One district: seals to n recipients, opens for the first. */
export class PostGuard {
  #master = newMaster();
  #sender = signer(policyOf('gateway@example.com'));
  #opener = userKey(this.#master.secret, policyOf('user0@example.org'));

  seal(plain, recipients) {
    const addresses = Array.from({ length: recipients }, (_, i) => `user${i}@example.org`);
    const policy = Object.fromEntries(addresses.map(address => [address, policyOf(address)]));
    return seal(this.#master.publicKey, { policy, pubSignKey: this.#sender.key }, plain);
  }

  async open(sealed) {
    const unsealer = await Unsealer.new(sealed, this.#sender.verifyingKey);
    return (await unsealer.unseal('user0@example.org', this.#opener))[0];
  }
}
