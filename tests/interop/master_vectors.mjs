// SPDX-License-Identifier: Apache-2.0
// Master files, made from docs/spec/params.md §4 by another implementation of Argon2id, XChaCha20-Poly1305, curve and ML-KEM. Their passphrase
// is `nine blue horses`; the lock is the cheapest that a reader takes.
//
//     node master_vectors.mjs [--check]      write tests/vectors/master, or compare with it
//     node master_vectors.mjs --open FILE PASSPHRASE      open a file, make its public keys again, compare their fingerprint
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2id } from '@noble/hashes/argon2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join as path } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ibe from './ibe.mjs';

const PASSPHRASE = 'nine blue horses';
const hex = (b) => Buffer.from(b).toString('hex');
const base64 = (b) => Buffer.from(b).toString('base64');
const bytes = (n, first) => Uint8Array.from({ length: n }, (_, i) => (first + i) & 255);
const ascii = (text) => Uint8Array.from(Buffer.from(text, 'latin1'));
const cipher = (lock, lines) =>
  xchacha20poly1305(argon2id(ascii(lock.passphrase), lock.salt, { t: lock.passes, m: lock.kib, p: 1, dkLen: 32 }), lock.nonce, ascii(lines));

const seeds = Uint8Array.from([...bytes(32, 1), ...bytes(64, 60), ...bytes(32, 130), ...bytes(8, 5)]);
const authority = { seed: seeds.subarray(96, 128), id: seeds.subarray(128) };
const made = ibe.setUp({ district: 'mail.example', serial: 3, seed: seeds.subarray(0, 32), mlkemSeed: seeds.subarray(32, 96) });
const params = { ...made, interval: 604800, notBefore: 1795046400, notAfter: 1826582400 };
const time = (t) => new Date(t * 1000).toISOString().replace('.000', '');
const lock = { passphrase: PASSPHRASE, salt: bytes(16, 40), nonce: bytes(24, 90), kib: 8, passes: 1 };

function file(how) {
  const head = 'securemail-master: 1\n' + `district: ${params.district}\nserial: ${params.serial}\n` +
    `not-before: ${time(params.notBefore)}\nnot-after: ${time(params.notAfter)}\ninterval: ${params.interval}\n` +
    `fingerprint: ${hex(sha256(ibe.paramsDer(params, false)))}\nauthority: ${ibe.minisignPublic(authority.seed, authority.id)}\n`;
  const lines = head + (how === null ? 'protection: none\n'
    : `protection: argon2id memory=${how.kib} passes=${how.passes} salt=${base64(how.salt)} nonce=${base64(how.nonce)}\n`);
  const all = lines + `secrets: ${base64(how === null ? seeds : cipher(how, lines).encrypt(seeds))}\n`;
  return all + `check: ${hex(sha256(ascii(all)))}\n`;
}

const mended = (text) => text.replace(/check: .*\n/, '') + `check: ${hex(sha256(ascii(text.replace(/check: .*\n/, ''))))}\n`;
const locked = file(lock);
const files = {
  success_none: file(null),
  success_argon2id: locked,
  success_argon2id_three_passes: file({ ...lock, kib: 64, passes: 3 }),
  'refused_M-7_other_passphrase': file({ ...lock, passphrase: PASSPHRASE + ' ' }),
  'refused_M-7_other_salt': mended(locked.replace(base64(lock.salt), base64(bytes(16, 41)))),
  'refused_M-7_other_nonce': mended(locked.replace(base64(lock.nonce), base64(bytes(24, 91)))),
  'refused_M-7_life_extended': mended(locked.replace('not-after: 2027', 'not-after: 2037')),
  'refused_M-7_public_key_exchanged': mended(locked.replace(/authority: .*/, `authority: ${ibe.minisignPublic(bytes(32, 7), authority.id)}`)),
};

if (process.argv[2] === '--open') {
  const text = readFileSync(process.argv[3], 'latin1');
  const value = (name) => text.match(new RegExp(`^${name}: (.*)$`, 'm'))[1];
  const [, kib, passes, salt, nonce] = value('protection').match(/^argon2id memory=(\d+) passes=(\d+) salt=(\S+) nonce=(\S+)$/);
  const from = { passphrase: process.argv[4], kib: Number(kib), passes: Number(passes), salt: Buffer.from(salt, 'base64'), nonce: Buffer.from(nonce, 'base64') };
  const opened = cipher(from, text.slice(0, text.indexOf('secrets: '))).decrypt(Buffer.from(value('secrets'), 'base64'));
  const again = ibe.setUp({ district: value('district'), serial: Number(value('serial')), seed: opened.subarray(0, 32), mlkemSeed: opened.subarray(32, 96) });
  const fingerprint = hex(sha256(ibe.paramsDer({ ...again, interval: Number(value('interval')) }, false)));
  const key = ibe.minisignPublic(opened.subarray(96, 128), opened.subarray(128));
  if (fingerprint !== value('fingerprint') || key !== value('authority')) throw new Error('other keys');
  console.log('opened');
} else {
  const folder = path(dirname(fileURLToPath(import.meta.url)), '../vectors/master');
  let wrong = 0;
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!(name in files) && ++wrong) console.log(`${name}: nothing makes this file`);
  for (const [name, text] of Object.entries(files)) {
    if (process.argv[2] !== '--check') writeFileSync(path(folder, name), text);
    else if (!existsSync(path(folder, name)) || readFileSync(path(folder, name), 'latin1') !== text) { wrong++; console.log(`${name}: differs`); }
  }
  console.log(`${Object.keys(files).length} files, ${wrong} wrong`);
  process.exit(wrong ? 1 : 0);
}
