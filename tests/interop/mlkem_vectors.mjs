// SPDX-License-Identifier: Apache-2.0
// Other people's vectors of ML-KEM-768 against noble's, on which the second implementation stands.
import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';

const folder = new URL('../vectors/mlkem/', import.meta.url);
const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const hash = (name, bytes) => createHash(name).update(bytes).digest('hex');
const concat = (...parts) => new Uint8Array(Buffer.concat(parts));

/** AES-256-CTR-DRBG without derivation function (SP 800-90A §10.2.1), as NIST's known answer tests use it. */
class Drbg {
  constructor(entropy) {
    this.key = Buffer.alloc(32);
    this.v = Buffer.alloc(16);
    this.update(entropy);
  }

  blocks(n) {
    const cipher = createCipheriv('aes-256-ecb', this.key, null).setAutoPadding(false);
    return Buffer.concat(Array.from({ length: n }, () => {
      for (let i = 15; i >= 0 && (this.v[i] = (this.v[i] + 1) & 255) === 0; i--);
      return cipher.update(this.v);
    }));
  }

  update(data = Buffer.alloc(48)) {
    const next = this.blocks(3).map((byte, i) => byte ^ data[i]);
    this.key = Buffer.from(next.subarray(0, 32));
    this.v = Buffer.from(next.subarray(32));
  }

  bytes(n) {
    const made = this.blocks(Math.ceil(n / 16)).subarray(0, n);
    this.update();
    return new Uint8Array(made);
  }
}

function kat() {
  const seed = new Drbg(Uint8Array.from({ length: 48 }, (_, i) => i)).bytes(48);
  const random = new Drbg(seed);
  const { publicKey, secretKey } = ml_kem768.keygen(random.bytes(64));
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, random.bytes(32));
  const line = (name, bytes) => `${name} = ${hex(bytes).toUpperCase()}\n`;
  return 'count = 0\n' + line('seed', seed) + line('pk', publicKey) + line('sk', secretKey) + line('ct', cipherText) + line('ss', sharedSecret);
}

function accumulated(tests) {
  const random = createHash('shake128', { outputLength: tests * (3 * 32 + 1088) }).digest();
  const all = createHash('shake128', { outputLength: 32 });
  let at = 0;
  const draw = (n) => new Uint8Array(random.subarray(at, (at += n)));
  for (let i = 0; i < tests; i++) {
    const { publicKey, secretKey } = ml_kem768.keygen(draw(64));
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, draw(32));
    assert.deepEqual(ml_kem768.decapsulate(cipherText, secretKey), sharedSecret);
    for (const part of [publicKey, cipherText, sharedSecret, ml_kem768.decapsulate(draw(1088), secretKey)]) all.update(part);
  }
  return all.digest('hex');
}

/** Lines of words in hexadecimal. */
function rows(text, count) {
  const found = text.split('\n').filter((line) => /^[0-9a-f]{64,} /.test(line)).map((line) => line.split(' '));
  assert.equal(found.length, count);
  return found;
}

function checkKeys(text, count) {
  for (const [seed, ek, dk] of rows(text, count)) {
    const { publicKey, secretKey } = ml_kem768.keygen(unhex(seed));
    assert.deepEqual([hash('sha256', publicKey), hash('sha256', secretKey)], [ek, dk]);
  }
}

const checks = {
  cctv_strcmp: (v) => assert.equal(hex(ml_kem768.decapsulate(unhex(v.c), unhex(v.dk))), v.K),
  wycheproof_keygen: (v, text) => checkKeys(text, 100),
  acvp_keygen: (v, text) => checkKeys(text, 25),
  acvp_encapsulation(v, text) {
    for (const [ek, m, c, K] of rows(text, 25)) {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(unhex(ek), unhex(m));
      assert.deepEqual([hash('sha256', cipherText), hex(sharedSecret)], [c, K]);
    }
  },
  acvp_decapsulation(v, text) {
    for (const [c, K] of rows(text, 10)) assert.equal(hex(ml_kem768.decapsulate(unhex(c), unhex(v.dk))), K);
  },
  nist_kat: (v) => assert.equal(hash('sha256', kat()), v.sha256),
  accumulated: (v) => assert.equal(accumulated(100), v.shake128_100), // ten thousand take noble too long: test_mlkem.c
};

for (const name of readdirSync(folder).filter((file) => file.endsWith('.txt'))) {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const v = Object.fromEntries(text.split('\n').filter((line) => /^\w+: /.test(line)).map((line) => line.split(': ')));
  checks[name.replace('.txt', '')](v, text);
  console.log(`ok ${name}`);
}
