// SPDX-License-Identifier: Apache-2.0
// web: the vectors against this room. No input or output: who calls it brings the files, from a disk or over HTTP.
import { sha256 } from '@noble/hashes/sha2.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { unarmor } from './age.js';
import { Refused, equal, hex, latin1, unbase64, unhex, utf8 } from './bytes.js';
import { readCarrier } from './carrier.js';
import { identityFault, isCanonical, readIdentity, readParameters, readPoint, replacementFault } from './identity.js';
import { ciphertextFault, encapsulate } from './kem.js';
import { checkSignature, decrypt, open, readMessage, seal, write } from './message.js';

/** How many vectors of each folder are checked here: no more and no fewer. */
const CHECKED = { address: 82, carrier: 51, envelope: 128, ibe: 28, ibe_params: 33, params_next: 10 };
export const FOLDERS = Object.keys(CHECKED);
const NO_VECTORS = ['README.md', 'authority.pub'];

/** Vectors that this room can't judge. What an identity's private key decides is the keyserver's and never a browser's: the C and
 * tests/interop/ibe.mjs judge these. Whether an A-label is a valid one is for who converts domains: the C and tests/interop/address.mjs. */
const NOT_HERE = [/^ibe\/rejected_/, /^ibe\/refused_I-[34]_/, /^address\/refused_A-8_(false|snowman)_a_label/];

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

const ruleOf = (name) => /^refused_([A-Z]-\d+)_/.exec(name)?.[1] ?? null;

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
    const key = unhex(v.kek ?? expect('a key asked for', 'a refusal'));
    if (v['private key'] && ciphertextFault(message.ciphertext)) throw new Refused('E-14');
    letter = decrypt(message, key);
  });
  if (v['private key']) expect(outcome(() => open({ armored: text.slice(at + 2), signature, signer: v.signer, messageKey: unhex(v.kek) })),
    found === 'success' ? 'success' : 'damaged');
  if (v.expect === 'cut') return expect(found, 'cut');
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
  const identity = unhex(v.identity);
  expect(identityFault(identity, { district: v.district, serial: Number(v.serial) }) ?? ciphertextFault(unhex(v.ciphertext)), ruleOf(name));
  if (!name.startsWith('success')) return undefined;
  const found = readIdentity(identity);
  expect(found?.address, v.canonical);
  const publicPoint = unhex(v.public_point);
  const parameters = { publicPoint, ...readPoint(publicPoint), mlkemKey: unhex(v.mlkem_public), district: v.district,
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
  expect(outcome(() => readParameters(text, files['ibe_params/authority.pub'])), ruleOf(name) ?? 'success');
}

/** Good parameters all, and whether they may take the place of others. */
function next(name, text, files) {
  const [present, found] = [files['ibe_params/success'], text].map((file) => readParameters(file, files['ibe_params/authority.pub']));
  const pinned = ruleOf(name) === 'P-13';
  expect(replacementFault(present, found), pinned ? null : ruleOf(name));
  if (!pinned) return;
  expect(replacementFault(present, found, [present.fingerprint]), 'P-13');
  expect(replacementFault(present, found, [present.fingerprint, found.fingerprint]), null);
}

// --- addresses: this room takes the one text of a mailbox, and makes none ---

function address(name, text) {
  const v = fields(text);
  const asIdentity = (bytes) => {
    try {
      return isCanonical(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch {
      return false;
    }
  };
  expect(asIdentity(unhex(v.input)), v.input === v.canonical);
  if (name.startsWith('success')) expect(asIdentity(unhex(v.canonical)), true);
}

// --- pages ---

function carrier(name, html, files) {
  const vector = files['envelope/success_short.txt'];
  const at = vector.indexOf('\n\n');
  const plain = (text) => text.replaceAll('\r\n', '\n').trim();
  let read;
  const found = outcome(() => { read = readCarrier(html); });
  if (!/^(success|unsigned)_/.test(name)) return expect(found, name.split('_')[0]);
  expect(found, 'success');
  expect(plain(read.armored), vector.slice(at + 2).trim());
  return expect(plain(read.signature), name.startsWith('unsigned') ? '' : plain(latin1(unbase64(fields(vector.slice(0, at)).signature))));
}

/** `files`: texts by name ("envelope/success_short.txt"), of all FOLDERS. Gives how many of each folder were checked, the names of
 * those that are not for this room to judge, and what was wrong; a folder without all of its vectors is wrong too. */
export function checkVectors(files) {
  const kinds = { address, carrier, envelope, ibe, ibe_params: parameters, params_next: next };
  const wrong = [], notHere = [];
  const checked = Object.fromEntries(FOLDERS.map((folder) => [folder, 0]));
  for (const [path, text] of Object.entries(files)) {
    const [folder, name] = path.split('/');
    if (NO_VECTORS.includes(name)) continue;
    if (NOT_HERE.some((pattern) => pattern.test(path))) {
      notHere.push(path);
      continue;
    }
    try {
      kinds[folder](name, text, files);
      checked[folder]++;
    } catch (error) {
      wrong.push(`${path}: ${error.message}`);
    }
  }
  for (const folder of FOLDERS)
    if (checked[folder] !== CHECKED[folder]) wrong.push(`${folder}: ${checked[folder]} vectors good of ${CHECKED[folder]}`);
  return { checked, notHere, wrong };
}
