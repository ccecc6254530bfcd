// SPDX-License-Identifier: Apache-2.0
// web: every vector against this room. No input or output: who calls it brings the files, from a disk or over HTTP.
import { sha256 } from '@noble/hashes/sha2.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { unarmor } from './age.js';
import { Refused, equal, hex, latin1, unbase64, unhex, utf8 } from './bytes.js';
import { isCanonical, readIdentity, readParameters, readPoint } from './identity.js';
import { encapsulate } from './kem.js';
import { checkSignature, decrypt, readMessage, seal, write } from './message.js';

/** The rule that `run` is refused by, or "success". Any other error is one of ours. */
function outcome(run) {
  try {
    run();
    return 'success';
  } catch (error) {
    if (error instanceof Refused) return error.rule;
    throw error;
  }
}

function expect(found, wanted) {
  if (found !== wanted) throw new Error(`${found} instead of ${wanted}`);
}

function fields(text) {
  return Object.fromEntries(text.split('\n').filter((line) => line.includes(': ')).map((line) => {
    const at = line.indexOf(': ');
    return [line.slice(0, at), line.slice(at + 2)];
  }));
}

// --- envelope ---

function envelope(name, text) {
  const at = text.indexOf('\n\n');
  const v = fields(text.slice(0, at));
  const signature = v.signature === undefined ? '' : latin1(unbase64(v.signature));
  let file, letter;
  const found = outcome(() => {
    file = unarmor(text.slice(at + 2));
    const message = readMessage(file);
    if (v.signer) expect(JSON.stringify(checkSignature(message, file, signature, v.signer)),
      JSON.stringify({ time: Number(v.time), expires: Number(v.expires) }));
    letter = decrypt(message, unhex(v.kek));
  });
  if (v.expect === 'cut') return expect(found === 'E-1' || found === 'E-2' || found === 'E-3' || found === 'E-13', true);
  const secret = ['E-15', 'E-16', 'E-17'].includes(v.rule);
  expect(found, v.expect === 'success' ? 'success' : v.expect === 'no match' ? 'other' : secret ? 'damaged' : v.rule);
  if (found !== 'success') return expect(letter, undefined);
  expect(hex(sha256(letter)), v.payload);
  if (v['written by']) return undefined;
  const parts = { identity: unhex(v.identity), ciphertext: unhex(v.ciphertext), key: unhex(v.kek), fileKey: unhex(v['file key']), nonce: unhex(v.nonce) };
  return expect(equal(write(parts, letter), file), true);
}

// --- ibe: what a sender does, and what anybody can read ---

function ibe(name, text) {
  const v = fields(text);
  if (name.startsWith('rfc9380')) return hashToCurve(text);
  const found = readIdentity(unhex(v.identity));
  if (name.startsWith('refused_I-1')) return expect(found, null);
  if (!name.startsWith('success')) return undefined; // a matter of private keys and ciphertexts: the keyserver's
  expect(found?.address, v.canonical);
  const publicPoint = unhex(v.public_point);
  const parameters = { publicPoint, point: readPoint(publicPoint), mlkemKey: unhex(v.mlkem_public), district: v.district,
    serial: Number(v.serial), interval: 604800, notBefore: 0, notAfter: 4e9 };
  const { ciphertext, key } = encapsulate(parameters, unhex(v.identity), unhex(v.m), unhex(v.mu));
  expect(hex(ciphertext), v.ciphertext);
  expect(hex(key), v.key);
  return sealsTo(parameters, v);
}

/** And the whole way: a letter sealed to that address says what was asked for, and opens. */
function sealsTo(parameters, v) {
  const random = Uint8Array.from([...unhex(v.m), ...unhex(v.mu), ...new Uint8Array(32).fill(9)]);
  const letter = utf8('a letter');
  const message = readMessage(seal({ parameters, address: v.canonical, letter, time: Number(v.period) + 5, random }));
  expect(hex(message.identity), v.identity);
  expect(hex(message.ciphertext), v.ciphertext);
  expect(equal(decrypt(message, unhex(v.key)), letter), true);
  expect(outcome(() => decrypt(message, new Uint8Array(32))), 'damaged');
}

function hashToCurve(text) {
  const DST = /^dst: (.*)$/m.exec(text)[1];
  const cases = [...text.matchAll(/^msg: ?(.*)\nx: (.*)\ny: (.*)$/gm)];
  expect(cases.length >= 5, true);
  for (const [, message, x, y] of cases) {
    const point = bls12_381.G1.hashToCurve(unhex(message), { DST }).toAffine();
    expect(point.x, BigInt('0x' + x));
    expect(point.y, BigInt('0x' + y));
  }
}

// --- parameters ---

function parameters(name, text, files) {
  if (name === 'authority.pub') return undefined;
  const found = outcome(() => readParameters(text, files['ibe_params/authority.pub']));
  return expect(found, name.startsWith('success') ? 'success' : /^refused_(P-\d+)_/.exec(name)[1]);
}

// --- addresses that are, and are not, the one text of a mailbox (docs/spec/address.md) ---

const CANONICAL = ['alice@example.org', 'o\u2019neil@example.org', 'jos\u00e9@example.org', "a!#$%&'*+/=?^_`{|}~-@x-1.example", 'a@xn--bcher-kva.example'];
const OTHERS = ['', '@example.org', 'alice', 'Alice@example.org', 'alice@Example.org', 'a@b@example.org', '.a@example.org', 'a..b@example.org',
  'a b@example.org', '"a"@example.org', 'jose\u0301@example.org', 'a\u200b@example.org', 'a\u00a0@example.org', 'a@example', 'a@192.0.2.1', 'a@-x.example',
  'a@x-.example', 'a@example.org.', 'a@b\u00fccher.example', 'a@[192.0.2.1]', 'a\n@example.org', 'a@example.org\n', 'a@x_y.example',
  'x'.repeat(65) + '@example.org', 'a@' + 'x'.repeat(64) + '.org', 'a@' + 'x1.'.repeat(84) + 'org'];

function addresses() {
  for (const text of CANONICAL) expect(isCanonical(text) || text, true);
  for (const text of OTHERS) expect(isCanonical(text) && text, false);
}

/** `files`: texts by name ("envelope/success_short.txt"). Gives the number that were checked, and what was wrong. */
export function checkVectors(files) {
  const kinds = { envelope, ibe, ibe_params: parameters };
  const wrong = [];
  let checked = 0;
  const run = (name, test) => {
    try {
      test();
      checked++;
    } catch (error) {
      wrong.push(`${name}: ${error.message}`);
    }
  };
  run('addresses', addresses);
  for (const [path, text] of Object.entries(files)) {
    const [folder, name] = path.split('/');
    if (name !== 'README.md') run(path, () => kinds[folder](name, text, files));
  }
  return { checked, wrong };
}
