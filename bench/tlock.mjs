// SPDX-License-Identifier: Apache-2.0
// bench: tlock-js without drand's network: a chain of one round whose key and signature are made here.
import { createRequire } from 'node:module';
import { bls12_381 as bls } from '@noble/curves/bls12-381';
import { sha256 } from '@noble/hashes/sha256';

const require = createRequire(import.meta.url);
const { Buffer, timelockDecrypt, timelockEncrypt } = require('tlock-js');
const ibe = require('tlock-js/crypto/ibe.js');

const ROUND = 1;
const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'; // of the scheme bls-unchained-g1-rfc9380
const identity = sha256(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, ROUND));

/** An identity's key: the signature of a round, as a drand node makes it. */
function extract(secret) {
  return bls.G1.hashToCurve(identity, { DST }).multiply(secret);
}

/** A master key, a sender and an opener of its one round. */
export class Tlock {
  #secret = bls.G1.normPrivateKeyToScalar(bls.utils.randomPrivateKey());
  #publicKey = bls.G2.ProjectivePoint.BASE.multiply(this.#secret).toRawBytes(true);
  #signature = extract(this.#secret).toRawBytes(true);

  /** What tlock-js asks of drand's client, answered here. */
  #client() {
    const info = { schemeID: 'bls-unchained-g1-rfc9380', public_key: Buffer.from(this.#publicKey).toString('hex'), hash: '00',
      genesis_time: 1, period: 1 };
    const beacon = { round: ROUND, randomness: '', signature: Buffer.from(this.#signature).toString('hex') };
    return { options: { disableBeaconVerification: true, noCache: true }, chain: () => ({ info: async () => info }),
      get: async () => beacon, latest: async () => beacon };
  }

  encapsulate() { return ibe.encryptOnG2RFC9380(this.#publicKey, identity, new Uint8Array(16)); }
  decapsulate(ciphertext) { return ibe.decryptOnG2(this.#signature, ciphertext); }
  extract() { return extract(this.#secret).toRawBytes(true); }

  seal(plain) { return timelockEncrypt(ROUND, Buffer.from(plain), this.#client()); }
  open(sealed) { return timelockDecrypt(sealed, this.#client()); }
}
