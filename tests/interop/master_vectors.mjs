// SPDX-License-Identifier: Apache-2.0
// Master files, made from docs/spec/params.md §4 by another implementation of Argon2id, XChaCha20-Poly1305, curve and ML-KEM. Their passphrase
// is `nine blue horses`; the lock is the cheapest that a reader takes.
//
//     node master_vectors.mjs [--check]      write tests/vectors/master and master_set, or compare with them
//     node master_vectors.mjs --open FILE PASSPHRASE      open a file, make its public keys again, compare their fingerprint
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2id } from '@noble/hashes/argon2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { readFileSync } from 'node:fs';
import * as ibe from './ibe.mjs';
import { Refused } from './ibe.mjs';
import { settle } from './vector_files.mjs';

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

function publicLines(p, key) {
  return 'securemail-master: 1\n' + `district: ${p.district}\nserial: ${p.serial}\n` +
    `not-before: ${time(p.notBefore)}\nnot-after: ${time(p.notAfter)}\ninterval: ${p.interval}\n` +
    `fingerprint: ${hex(sha256(ibe.paramsDer(p, false)))}\nauthority: ${ibe.minisignPublic(key.seed, key.id)}\n`;
}

/** `how`: a lock, or null for none; `head`: the public lines. */
function file(how, head = publicLines(params, authority), secret = seeds) {
  const lines = head + (how === null ? 'protection: none\n'
    : `protection: argon2id memory=${how.kib} passes=${how.passes} salt=${base64(how.salt)} nonce=${base64(how.nonce)}\n`);
  const all = lines + `secrets: ${base64(how === null ? secret : cipher(how, lines).encrypt(secret))}\n`;
  return all + `check: ${hex(sha256(ascii(all)))}\n`;
}

// --- reading, from the text alone ---

const refuse = (rule) => { throw new Refused(rule); };
const decoded = (text, n) => {
  const got = Buffer.from(text, 'base64');
  return got.length === n && base64(got) === text ? got : null;
};
const between = (text, least, most) => /^(?:0|[1-9]\d{0,9})$/.test(text) && Number(text) >= least && Number(text) <= most;
const date = (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && Date.parse(text) >= 0 && time(Date.parse(text) / 1000) === text;
const LINES = {
  'securemail-master': (text) => text === '1',
  district: (text) => /^[!-~]{1,120}$/.test(text),
  serial: (text) => between(text, 1, 2 ** 31 - 1),
  'not-before': date,
  'not-after': date,
  interval: (text) => between(text, 1, 31622400),
  fingerprint: (text) => /^[0-9a-f]{64}$/.test(text),
  authority: (text) => decoded(text, 42)?.subarray(0, 2).toString() === 'Ed',
  protection: () => true, // M-5
  secrets: () => true, // M-3
  check: () => true, // M-4
};

function readProtection(text) {
  if (text === 'none') return null;
  const found = /^argon2id memory=(\d+) passes=(\d+) salt=(\S+) nonce=(\S+)$/.exec(text) ?? refuse('M-5');
  const [, memory, passes, salt, nonce] = found;
  if (!between(memory, 8, 4194304) || !between(passes, 1, 100)) refuse('M-5');
  return { kib: Number(memory), passes: Number(passes), salt: decoded(salt, 16) ?? refuse('M-5'), nonce: decoded(nonce, 24) ?? refuse('M-5') };
}

function unlock(how, lines, secrets) {
  try {
    return cipher(how, lines).decrypt(secrets);
  } catch {
    return refuse('M-7');
  }
}

/** The lines of a master file whose seeds are good; `passphrase` is null for none. Refused by M-1 to M-8. */
function readMaster(text, passphrase) {
  if (text.length > 8192) refuse('M-1');
  const rows = text.split('\n'), names = Object.keys(LINES), values = {};
  if (rows.length !== names.length + 1 || rows.at(-1) !== '') refuse('M-2');
  names.forEach((name, at) => {
    if (!rows[at].startsWith(`${name}: `)) refuse('M-2');
    values[name] = rows[at].slice(name.length + 2);
    if (!LINES[name](values[name])) refuse('M-2');
  });
  const how = readProtection(values.protection);
  if (values.check !== hex(sha256(ascii(text.slice(0, text.lastIndexOf('check: ')))))) refuse('M-4');
  if ((how === null) !== (passphrase === null)) refuse('M-6');
  const secrets = decoded(values.secrets, how ? 152 : 136) ?? refuse('M-3');
  const got = how ? unlock({ ...how, passphrase }, text.slice(0, text.indexOf('secrets: ')), secrets) : secrets;
  const again = ibe.setUp({ district: values.district, serial: Number(values.serial), seed: got.subarray(0, 32), mlkemSeed: got.subarray(32, 96) });
  const fingerprint = hex(sha256(ibe.paramsDer({ ...again, interval: Number(values.interval) }, false)));
  if (fingerprint !== values.fingerprint || ibe.minisignPublic(got.subarray(96, 128), got.subarray(128)) !== values.authority) refuse('M-8');
  return values;
}

/** A directory: [name, text] of each file. Refused by M-9 to M-11, or by a file's own rule. */
function readDirectory(entries, passphrase) {
  const read = entries.map(([name, text]) => {
    if (!/^[1-9]\d*$/.test(name) || !between(name, 1, 2 ** 31 - 1)) refuse('M-9');
    const values = readMaster(text, passphrase);
    return values.serial === name ? values : refuse('M-10');
  });
  for (const name of ['district', 'interval', 'authority']) if (new Set(read.map((values) => values[name])).size > 1) refuse('M-11');
}

// --- the vectors ---

const mended = (text) => text.replace(/check: .*\n/, '') + `check: ${hex(sha256(ascii(text.replace(/check: .*\n/, ''))))}\n`;
const locked = file(lock);
const changed = (from, to, text = locked) => {
  const made = text.replace(from, to);
  if (made === text) throw new Error(`nothing changed: ${from}`);
  return made;
};
const edited = (from, to, text) => mended(changed(from, to, text));
const secrets = /secrets: (.*)\n/.exec(locked)[1];
const head = publicLines(params, authority);
const files = {
  success_none: file(null),
  success_argon2id: locked,
  success_argon2id_three_passes: file({ ...lock, kib: 64, passes: 3 }),
  'refused_M-1_long': edited('securemail-master: 1', 'securemail-master: 1' + ' '.repeat(8192)),
  'refused_M-2_empty': '',
  'refused_M-2_version': edited('securemail-master: 1', 'securemail-master: 2'),
  'refused_M-2_line_missing': edited(/district: .*\n/, ''),
  'refused_M-2_lines_exchanged': edited(/(district: .*\n)(serial: .*\n)/, '$2$1'),
  'refused_M-2_line_behind': changed(/$/, 'more\n'),
  'refused_M-2_last_line_end': changed(/\n$/, ''),
  'refused_M-2_crlf': edited('serial: 3\n', 'serial: 3\r\n'),
  'refused_M-2_two_blanks': edited('serial: 3', 'serial:  3'),
  'refused_M-2_district_empty': edited('district: mail.example', 'district: '),
  'refused_M-2_district_blank': edited('district: mail.example', 'district: mail example'),
  'refused_M-2_district_121': edited('district: mail.example', `district: ${'x'.repeat(121)}`),
  'refused_M-2_none_district_blank': edited('district: mail.example', 'district: mail example', file(null)),
  'refused_M-2_serial_leading_zero': edited('serial: 3', 'serial: 03'),
  'refused_M-2_serial_zero': edited('serial: 3', 'serial: 0'),
  'refused_M-2_serial_large': edited('serial: 3', 'serial: 2147483648'),
  'refused_M-2_interval_zero': edited('interval: 604800', 'interval: 0'),
  'refused_M-2_interval_large': edited('interval: 604800', 'interval: 31622401'),
  'refused_M-2_time_letter': edited('not-before: 2026', 'not-before: 2O26'),
  'refused_M-2_time_without_zone': edited(/(not-after: .*)Z\n/, '$1\n'),
  'refused_M-2_no_such_day': edited(/not-after: 2027-..-../, 'not-after: 2027-02-30'),
  'refused_M-2_fingerprint_capitals': edited(/fingerprint: .*/, (line) => 'fingerprint: ' + line.slice(13).toUpperCase()),
  'refused_M-2_fingerprint_short': edited(/(fingerprint: .*)..\n/, '$1\n'),
  'refused_M-2_authority_short': edited(/(authority: .*)....\n/, '$1\n'),
  'refused_M-2_none_authority_blank_behind': edited(/(authority: .*)\n/, '$1 \n', file(null)),
  'refused_M-2_none_authority_blank_before': edited('authority: ', 'authority:  ', file(null)),
  'refused_M-3_short': edited(secrets, base64(bytes(151, 0))),
  'refused_M-3_long': edited(secrets, base64(bytes(153, 0))),
  'refused_M-3_without_padding': edited(secrets, secrets.replace(/=+$/, '')),
  'refused_M-3_stray_bits': edited(secrets, secrets.replace(/.=$/, (end) => String.fromCharCode(end.charCodeAt(0) + 1) + '=')),
  'refused_M-3_blank': edited(secrets, secrets.replace(/^..../, (four) => four.slice(0, 3) + ' ')),
  'refused_M-3_none_long': edited(/secrets: .*/, `secrets: ${base64(bytes(137, 0))}`, file(null)),
  'refused_M-4_other_hash': changed(/check: (.)/, (line) => 'check: ' + (line.endsWith('0') ? '1' : '0')),
  'refused_M-4_line_changed': changed('serial: 3', 'serial: 4'),
  'refused_M-4_capitals': changed(/check: .*/, (line) => 'check: ' + line.slice(7).toUpperCase()),
  'refused_M-5_other_word': edited(/protection: .*/, 'protection: rot13'),
  'refused_M-5_nothing_behind': edited(/protection: .*/, 'protection: argon2id'),
  'refused_M-5_memory_small': edited('memory=8', 'memory=7'),
  'refused_M-5_memory_large': edited('memory=8', 'memory=4194305'),
  'refused_M-5_memory_leading_zero': edited('memory=8', 'memory=08'),
  'refused_M-5_passes_zero': edited('passes=1', 'passes=0'),
  'refused_M-5_passes_many': edited('passes=1', 'passes=101'),
  'refused_M-5_salt_short': edited(/ salt=\S+/, ` salt=${base64(bytes(15, 0))}`),
  'refused_M-5_nonce_long': edited(/ nonce=\S+/, ` nonce=${base64(bytes(25, 0))}`),
  'refused_M-5_two_blanks': edited(' nonce=', '  nonce='),
  'refused_M-6_none_given': locked,
  'refused_M-6_needless': file(null),
  'refused_M-7_other_passphrase': file({ ...lock, passphrase: PASSPHRASE + ' ' }),
  'refused_M-7_other_salt': mended(locked.replace(base64(lock.salt), base64(bytes(16, 41)))),
  'refused_M-7_other_nonce': mended(locked.replace(base64(lock.nonce), base64(bytes(24, 91)))),
  'refused_M-7_life_extended': mended(locked.replace('not-after: 2027', 'not-after: 2037')),
  'refused_M-7_public_key_exchanged': mended(locked.replace(/authority: .*/, `authority: ${ibe.minisignPublic(bytes(32, 7), authority.id)}`)),
  'refused_M-8_fingerprint': file(lock, changed(/fingerprint: .*/, `fingerprint: ${hex(bytes(32, 0))}`, head)),
  'refused_M-8_serial': file(lock, changed('serial: 3', 'serial: 4', head)),
  'refused_M-8_interval': file(lock, changed('interval: 604800', 'interval: 604801', head)),
  'refused_M-8_authority': file(lock, publicLines(params, { ...authority, seed: bytes(32, 7) })),
  'refused_M-8_authority_key_id': file(lock, publicLines(params, { ...authority, id: bytes(8, 6) })),
  'refused_M-8_none_serial': edited('serial: 3', 'serial: 4', file(null)),
};

// Directories: other serials, with seeds of their own and the authority's key.
function serial(n, change = {}, key = authority) {
  const own = Uint8Array.from([...bytes(32, n), ...bytes(64, n + 60), ...key.seed, ...key.id]);
  const of = { ...params, district: 'mail.example', serial: n, ...change };
  return file(null, publicLines({ ...of, ...ibe.setUp({ ...of, seed: own.subarray(0, 32), mlkemSeed: own.subarray(32, 96) }) }, key), own);
}
const three = ['3', file(null)];
const sets = {
  success_one: [three],
  success_two: [three, ['4', serial(4)]],
  success_ten_is_newer_than_nine: [['10', serial(10)], ['9', serial(9)]],
  'refused_M-9_leading_zero': [['03', file(null)]],
  'refused_M-9_copy_of_an_editor': [three, ['3~', file(null)]],
  'refused_M-9_word': [three, ['README', file(null)]],
  'refused_M-9_hidden': [three, ['.4', serial(4)]],
  'refused_M-9_large': [three, ['2147483648', serial(4)]],
  'refused_M-10_other_serial': [three, ['5', serial(4)]],
  'refused_M-11_district': [three, ['4', serial(4, { district: 'mail.examplf' })]],
  'refused_M-11_interval': [three, ['4', serial(4, { interval: 604801 })]],
  'refused_M-11_authority': [three, ['4', serial(4, {}, { ...authority, seed: bytes(32, 7) })]],
  'refused_M-11_authority_key_id': [three, ['4', serial(4, {}, { ...authority, id: bytes(8, 6) })]],
};

function judge(name, run) {
  let found = 'success_';
  try {
    run();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    found = `refused_${error.rule}_`;
  }
  if (!name.startsWith(found)) throw new Error(`${name}: ${found}`);
}

if (process.argv[2] === '--open') {
  readMaster(readFileSync(process.argv[3], 'latin1'), process.argv[4]);
  console.log('opened');
} else {
  const made = new Map();
  for (const [name, text] of Object.entries(files)) {
    judge(name, () => readMaster(text, name.includes('none') ? null : PASSPHRASE));
    made.set(`master/${name}`, text);
  }
  for (const [name, entries] of Object.entries(sets)) {
    judge(name, () => readDirectory(entries, null));
    made.set(`master_set/${name}`, entries.map(([serialName, text]) => `file: ${serialName}\n${text}`).join('\n'));
  }
  settle(['master', 'master_set'], made);
}
