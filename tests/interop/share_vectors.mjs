// SPDX-License-Identifier: Apache-2.0
// Shares of a master secret, made from docs/spec/shares.md by another implementation, and joined by a third: npm's shamir-secret-sharing, whose
// shares are `value ‖ number`.
//
//     node share_vectors.mjs [--check]         write tests/vectors/share and share_set, or compare with them
//     node share_vectors.mjs --join SHARE…     join share files, make the public keys again, compare their fingerprint
import { sha256 } from '@noble/hashes/sha2.js';
import { readFileSync } from 'node:fs';
import { combine } from 'shamir-secret-sharing';
import * as ibe from './ibe.mjs';
import { Refused } from './ibe.mjs';
import { settle } from './vector_files.mjs';

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

function split(needed, count, set, coefficients, from = seeds) {
  const values = Array.from({ length: count }, (_, at) => from.map((seed, j) =>
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

// --- reading, from the text alone ---

const refuse = (rule, odd = []) => { throw Object.assign(new Refused(rule), { odd }); };
const digestOf = (set, number, value) => hex(sha256(concat(ascii('SECUREMAIL-V01-SHARE'), set, [number], value))).slice(0, 32);
const FORM = new RegExp('^securemail-share: 1\nset: ([0-9a-f]{32})\nshare: ([1-9]\\d?)\nneeded: ([1-9]\\d?)\nshares: ([1-9]\\d?)\n' +
  'district: ([!-~]{1,120})\nserial: ([1-9]\\d{0,9})\nnot-before: (\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ)\nnot-after: (\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ)\n' +
  'interval: ([1-9]\\d{0,7})\nfingerprint: ([0-9a-f]{64})\nauthority: ([A-Za-z0-9+/]{56})\ndigests: ([0-9a-f]{32}(?: [0-9a-f]{32})*)\nvalue: ([A-Za-z0-9+/]{182}==)\n' +
  'check: ([0-9a-f]{64})\n$');

/** A share's fields; `common` are the lines that all of a set have. Refused by S-1 to S-3. */
function readShare(text) {
  const lines = text.length <= 4096 ? FORM.exec(text) : null;
  if (!lines) refuse('S-1');
  const [, set, share, needed, count, district, serial, , , interval, fingerprint, authority, digests, value, check] = lines;
  const [number, k, n] = [share, needed, count].map(Number), each = digests.split(' '), y = Buffer.from(value, 'base64');
  if (number > n || k < 2 || k > n || n > 16 || each.length !== n || base64(y) !== value) refuse('S-1');
  if (check !== hex(sha256(ascii(text.slice(0, text.indexOf('check: ')))))) refuse('S-2');
  if (digestOf(Buffer.from(set, 'hex'), number, y) !== each[number - 1]) refuse('S-3');
  return { number, needed: k, district, serial: Number(serial), interval: Number(interval), fingerprint, authority, value: y,
    common: text.replace(/^(share|value|check): .*\n/gm, '') };
}

const inverse = (a) => exp[(255 - log[a]) % 255];

/** seeds[j] = Σ y_i[j] · Π m / (m + i) */
function interpolate(shares) {
  const weights = shares.map(({ number: i }) => shares.filter(({ number: m }) => m !== i)
    .reduce((product, { number: m }) => times(product, times(m, inverse(m ^ i))), 1));
  return Uint8Array.from({ length: 136 }, (_, j) => shares.reduce((sum, { value }, at) => sum ^ times(value[j], weights[at]), 0));
}

/** The seeds of texts of shares. Refused by S-1 to S-8; S-4 and S-7 say which, by their places from 1. */
function joinShares(texts) {
  const shares = texts.map(readShare);
  const groups = shares.map(({ common }) => shares.filter((share) => share.common === common).length);
  const most = Math.max(...groups);
  if (most < shares.length) {
    const half = 2 * most <= shares.length;
    refuse(half ? 'S-7' : 'S-4', groups.flatMap((size, at) => (half || size < most ? [at + 1] : [])));
  }
  if (new Set(shares.map(({ number }) => number)).size < shares.length) refuse('S-5');
  const [{ needed, district, serial, interval, fingerprint, authority: key }] = shares;
  if (shares.length < needed) refuse('S-6');
  const joined = interpolate(shares.slice(0, needed));
  const again = ibe.setUp({ district, serial, seed: joined.subarray(0, 32), mlkemSeed: joined.subarray(32, 96) });
  if (hex(sha256(ibe.paramsDer({ ...again, interval }, false))) !== fingerprint) refuse('S-8');
  return ibe.minisignPublic(joined.subarray(96, 128), joined.subarray(128)) === key ? joined : refuse('S-8');
}

// --- the vectors ---

const set = bytes(16, 99);
const three = split(3, 5, set, [bytes(136, 1), bytes(136, 100)]);
const two = split(2, 2, bytes(16, 98), [bytes(136, 200)]);
const files = {};
three.forEach((text, at) => { files[`success_3_of_5_share_${at + 1}`] = text; });
two.forEach((text, at) => { files[`success_2_of_2_share_${at + 1}`] = text; });
const value = /value: (.*)/.exec(three[1])[1];
const other = base64(Uint8Array.from(Buffer.from(value, 'base64')).map((b, i) => (i === 77 ? b ^ 1 : b)));
Object.assign(files, {
  'refused_S-1_version': changed(three[0], 'securemail-share: 1', 'securemail-share: 2'),
  'refused_S-1_no_value': changed(three[0], /value: .*\n/, ''),
  'refused_S-1_number_zero': changed(three[0], 'share: 1\nneeded', 'share: 0\nneeded'),
  'refused_S-1_number_beyond': changed(three[0], 'share: 1\nneeded', 'share: 6\nneeded'),
  'refused_S-1_needed_one': changed(three[0], 'needed: 3', 'needed: 1'),
  'refused_S-1_needed_more_than_there_are': changed(three[0], 'needed: 3', 'needed: 6'),
  'refused_S-1_seventeen_shares': changed(three[0], 'shares: 5', 'shares: 17'),
  'refused_S-1_district_blank': changed(three[0], 'district: mail.example', 'district: mail example'),
  'refused_S-1_authority_blank_behind': changed(three[0], /(authority: .*)\n/, '$1 \n'),
  'refused_S-1_authority_blank_before': changed(three[0], 'authority: ', 'authority:  '),
  'refused_S-1_digest_missing': changed(three[0], /(digests: .*) \S+\n/, '$1\n'),
  'refused_S-1_digest_capitals': changed(three[0], /digests: \S+/, (line) => 'digests: ' + line.slice(9).toUpperCase()),
  'refused_S-1_set_capitals': changed(three[0], /set: .*/, (line) => 'set: ' + line.slice(5).toUpperCase()),
  'refused_S-1_value_short': changed(three[0], /value: .*\n/, `value: ${base64(bytes(135, 0))}\n`),
  'refused_S-1_long': changed(three[0], 'securemail-share: 1', 'securemail-share: 1' + ' '.repeat(4096)),
  'refused_S-2_value': three[1].replace(value, other),
  'refused_S-2_serial': three[1].replace('serial: 2', 'serial: 3'),
  'refused_S-3_value_with_a_right_check': changed(three[1], value, other),
  'refused_S-3_set_with_a_right_check': changed(three[1], hex(set), hex(bytes(16, 97))),
});

// --- sets of shares: the places of those that a reader names, and the shares, an empty line before each ---

const coefficients = [bytes(136, 1), bytes(136, 100)];
const strangers = Uint8Array.from(seeds, (byte) => byte ^ 0x5a);
const again = split(3, 5, bytes(16, 97), coefficients); // another backup of the same master
const foreign = split(3, 5, set, coefficients, strangers); // another's, under the same name
const third = split(3, 5, bytes(16, 96), coefficients);
// The value of somebody else in a share, its digest and check made right.
const altered = (share, at, from) => {
  const line = (text, name) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)[1];
  const digest = (text) => line(text, 'digests').split(' ')[at];
  return changed(changed(share, line(share, 'value'), line(from, 'value')), digest(share), digest(from));
};
const careful = altered(three[1], 1, foreign[1]);
const otherKey = Uint8Array.from(seeds, (byte, i) => (i >= 96 && i < 128 ? byte ^ 1 : byte));
const [a, b, c, d, e] = three;
const sets = {
  'success_3_of_5': [[], [a, b, c]],
  'success_3_of_5_others': [[], [e, a, d]],
  'success_3_of_5_all': [[], three],
  'success_2_of_2': [[], two],
  'refused_S-4_other_set': [[2], [a, again[1], e]],
  'refused_S-4_other_master': [[2], [a, foreign[1], e]],
  'refused_S-4_altered_with_care': [[1], [careful, c, d]],
  'refused_S-4_needed_lowered': [[2], [a, changed(b, 'needed: 3', 'needed: 2'), c]],
  'refused_S-4_two_of_five': [[1, 5], [foreign[0], b, c, d, again[4]]],
  'refused_S-4_too_many': [[4], [a, b, c, foreign[3]]],
  'refused_S-5_twice': [[], [d, a, d]],
  'refused_S-5_twice_beside_enough': [[], [a, b, c, a]],
  'refused_S-6_two_of_three': [[], [d, a]],
  'refused_S-6_one': [[], [two[0]]],
  'refused_S-7_two': [[1, 2], [careful, c]],
  'refused_S-7_half': [[1, 2, 3, 4], [a, b, foreign[2], foreign[3]]],
  'refused_S-7_each_another': [[1, 2, 3], [a, again[1], third[2]]],
  'refused_S-8_other_seeds': [[], foreign.slice(0, 3)],
  'refused_S-8_other_authority': [[], split(3, 5, set, coefficients, otherKey).slice(0, 3)],
};

/** "success", or "refused S-4", and the places. */
function outcome(run) {
  try {
    run();
    return { found: 'success', odd: [] };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { found: `refused_${error.rule}`, odd: error.odd };
  }
}

function expect(name, { found, odd }) {
  if (!name.startsWith(`${found}_`)) throw new Error(`${name}: ${found}`);
  return odd;
}

if (process.argv[2] === '--join') {
  joinShares(process.argv.slice(3).map((name) => readFileSync(name, 'latin1')));
  console.log('joined');
} else {
  // The third implementation joins what this one split, and to the same.
  for (const some of [[0, 1, 2], [0, 2, 4], [4, 3, 1]]) {
    const joined = await combine(some.map((at) => concat(Buffer.from(/value: (.*)/.exec(three[at])[1], 'base64'), [at + 1])));
    if (hex(joined) !== hex(seeds) || hex(joinShares(some.map((at) => three[at]))) !== hex(seeds)) throw new Error('joined to something else');
  }
  const made = new Map();
  for (const [name, text] of Object.entries(files)) {
    expect(name, outcome(() => readShare(text)));
    made.set(`share/${name}`, text);
  }
  for (const [name, [named, texts]] of Object.entries(sets)) {
    const odd = expect(name, outcome(() => joinShares(texts)));
    if (odd.join() !== named.join()) throw new Error(`${name}: ${odd}`);
    made.set(`share_set/${name}`, `named: ${named.join(' ') || 'none'}\n` + texts.map((text) => '\n' + text).join(''));
  }
  settle(['share', 'share_set'], made);
}
