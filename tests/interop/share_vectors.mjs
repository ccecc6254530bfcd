// SPDX-License-Identifier: Apache-2.0
// Shares of a master secret, made from docs/spec/shares.md by another implementation, and joined by a third: npm's shamir-secret-sharing, whose
// shares are `value ‖ number`.
//
//     node share_vectors.mjs [--check]         write tests/vectors/share, or compare with it
//     node share_vectors.mjs --join SHARE…     join share files, make the public keys again, compare their fingerprint
import { sha256 } from '@noble/hashes/sha2.js';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join as path } from 'node:path';
import { fileURLToPath } from 'node:url';
import { combine } from 'shamir-secret-sharing';
import * as ibe from './ibe.mjs';

const hex = (b) => Buffer.from(b).toString('hex');
const base64 = (b) => Buffer.from(b).toString('base64');
const bytes = (n, first) => Uint8Array.from({ length: n }, (_, i) => (first + i * 7) & 255);
const ascii = (text) => Uint8Array.from(Buffer.from(text, 'latin1'));
const time = (t) => new Date(t * 1000).toISOString().replace('.000', '');
const concat = (...parts) => Uint8Array.from(parts.flatMap((p) => [...p]));

// Multiplication by logarithms to the base x + 1: not how C does it.
const exp = [1], log = [];
for (let i = 0; i < 255; i++) {
  log[exp[i]] = i;
  const doubled = exp[i] << 1;
  exp.push(exp[i] ^ doubled ^ (doubled & 0x100 ? 0x11b : 0));
}
const times = (a, b) => (a && b ? exp[(log[a] + log[b]) % 255] : 0);
const power = (x, n) => (n === 0 ? 1 : exp[(log[x] * n) % 255]);

const seeds = concat(bytes(32, 11), bytes(64, 22), bytes(32, 33), bytes(8, 44));
const authority = { seed: seeds.subarray(96, 128), id: seeds.subarray(128) };
const made = ibe.setUp({ district: 'mail.example', serial: 2, seed: seeds.subarray(0, 32), mlkemSeed: seeds.subarray(32, 96) });
const params = { ...made, interval: 604800, notBefore: 1795046400, notAfter: 1826582400 };
const publicLines = `district: ${params.district}\nserial: ${params.serial}\nnot-before: ${time(params.notBefore)}\nnot-after: ${time(params.notAfter)}\n` +
  `interval: ${params.interval}\nfingerprint: ${hex(sha256(ibe.paramsDer(params, false)))}\nauthority: ${ibe.minisignPublic(authority.seed, authority.id)}\n`;

function split(needed, count, set, coefficients) {
  const values = Array.from({ length: count }, (_, at) => seeds.map((seed, j) =>
    coefficients.reduce((sum, row, degree) => sum ^ times(row[j], power(at + 1, degree + 1)), seed)));
  const digests = values.map((value, at) => hex(sha256(concat(ascii('SECUREMAIL-V01-SHARE'), set, [at + 1], value))).slice(0, 32));
  return values.map((value, at) => checked(`securemail-share: 1\nset: ${hex(set)}\nshare: ${at + 1}\nneeded: ${needed}\nshares: ${count}\n${publicLines}` +
    `digests: ${digests.join(' ')}\nvalue: ${base64(value)}\n`));
}
const checked = (lines) => `${lines}check: ${hex(sha256(ascii(lines)))}\n`;
const changed = (share, from, to) => {
  const lines = share.replace(/check: .*\n/, ''), text = lines.replace(from, to);
  if (text === lines) throw new Error(`nothing changed: ${from}`);
  return checked(text);
};

const set = bytes(16, 99);
const three = split(3, 5, set, [bytes(136, 1), bytes(136, 100)]);
const two = split(2, 2, bytes(16, 98), [bytes(136, 200)]);
const files = {};
three.forEach((text, at) => { files[`success_3_of_5_share_${at + 1}`] = text; });
two.forEach((text, at) => { files[`success_2_of_2_share_${at + 1}`] = text; });
const value = /value: (.*)/.exec(three[1])[1];
const other = base64(Uint8Array.from(Buffer.from(value, 'base64')).map((b, i) => (i === 77 ? b ^ 1 : b)));
Object.assign(files, {
  'refused_S-1_no_value': changed(three[0], /value: .*\n/, ''),
  'refused_S-1_number_zero': changed(three[0], 'share: 1\nneeded', 'share: 0\nneeded'),
  'refused_S-1_number_beyond': changed(three[0], 'share: 1\nneeded', 'share: 6\nneeded'),
  'refused_S-1_needed_one': changed(three[0], 'needed: 3', 'needed: 1'),
  'refused_S-1_needed_more_than_there_are': changed(three[0], 'needed: 3', 'needed: 6'),
  'refused_S-1_seventeen_shares': changed(three[0], 'shares: 5', 'shares: 17'),
  'refused_S-1_digest_missing': changed(three[0], /(digests: .*) \S+\n/, '$1\n'),
  'refused_S-1_value_short': changed(three[0], /value: .*\n/, `value: ${base64(bytes(135, 0))}\n`),
  'refused_S-1_long': changed(three[0], 'securemail-share: 1', 'securemail-share: 1' + ' '.repeat(4096)),
  'refused_S-2_value': three[1].replace(value, other),
  'refused_S-2_serial': three[1].replace('serial: 2', 'serial: 3'),
  'refused_S-3_value_with_a_right_check': changed(three[1], value, other),
  'refused_S-3_set_with_a_right_check': changed(three[1], hex(set), hex(bytes(16, 97))),
});

if (process.argv[2] === '--join') {
  const texts = process.argv.slice(3).map((name) => readFileSync(name, 'latin1'));
  const line = (text, name) => text.match(new RegExp(`^${name}: (.*)$`, 'm'))[1];
  const joined = await combine(texts.map((text) => concat(Buffer.from(line(text, 'value'), 'base64'), [Number(line(text, 'share'))])));
  const again = ibe.setUp({ district: line(texts[0], 'district'), serial: Number(line(texts[0], 'serial')), seed: joined.subarray(0, 32), mlkemSeed: joined.subarray(32, 96) });
  if (hex(sha256(ibe.paramsDer({ ...again, interval: Number(line(texts[0], 'interval')) }, false))) !== line(texts[0], 'fingerprint')) throw new Error('another master');
  console.log('joined');
} else {
  // The third implementation joins what this one split.
  for (const some of [[0, 1, 2], [0, 2, 4], [4, 3, 1]]) {
    const joined = await combine(some.map((at) => concat(Buffer.from(/value: (.*)/.exec(three[at])[1], 'base64'), [at + 1])));
    if (hex(joined) !== hex(seeds)) throw new Error('shamir-secret-sharing joins something else');
  }
  const folder = path(dirname(fileURLToPath(import.meta.url)), '../vectors/share');
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
