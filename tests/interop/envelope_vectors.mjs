// SPDX-License-Identifier: Apache-2.0
// Makes tests/vectors/envelope/: one file for each way to succeed and to fail.
//
//     node envelope_vectors.mjs FOLDER            write the vectors
//     node envelope_vectors.mjs --check FOLDER    make them again and compare
import fs from 'node:fs';
import path from 'node:path';
import * as f from './envelope_format.mjs';
import * as ibe from './ibe.mjs';
import { join, stanza, unpadded, TYPE } from './envelope_format.mjs';

// Everything that looks random is a hash of its name, so that the vectors are the same each time.
const random = (name, n) => {
  let bytes = Buffer.alloc(0);
  for (let i = 0; bytes.length < n; i++) bytes = join(bytes, f.sha256(f.ascii(`envelope vectors: ${name} ${i}`)));
  return bytes.subarray(0, n);
};

const fields = { district: 'mail.example', serial: 1, address: 'alice@example.org', period: 1795046400 };
const m = {
  fields,
  identity: f.identityBytes(fields),
  ciphertext: random('ciphertext', 1216),
  kek: random('kek', 32),
  fileKey: random('file key', 16),
  nonce: random('nonce', 16),
  time: 1795100000,
  expires: 1797519200,
  signer: { seed: random('signer', 32), id: random('key id', 8) },
};
const letter = Buffer.from('From: bob@example.com\r\nTo: alice@example.org\r\nSubject: canary\r\n\r\nHello, Alice.\r\n');
const stanzaBody = join(m.ciphertext, f.wrap(m.kek, m.fileKey));
const ours = stanza([TYPE, unpadded(m.identity)], stanzaBody);
const sealed = f.seal(m, letter);
const trusted = f.comment(m, stanzaBody);
const plainPayload = f.payload(m.fileKey, m.nonce, letter);
const withHeader = (text) => join(text, plainPayload);
const withStanzas = (...stanzas) => withHeader(f.header(m.fileKey, stanzas));
const goodHeader = f.header(m.fileKey, [ours]);
const withPayload = (payload) => join(goodHeader, payload);
const key = f.payloadKey(m.fileKey, m.nonce);

const vectors = {};
function vector(name, expect, keys, message) {
  if (vectors[name]) throw new Error(`two vectors ${name}`);
  vectors[name] = { expect, ...keys, message: typeof message === 'string' ? message : f.armor(message) };
}
const keysOf = (plain) => ({
  kek: f.hex(m.kek), 'file key': f.hex(m.fileKey), nonce: f.hex(m.nonce), ciphertext: f.hex(m.ciphertext),
  identity: f.hex(m.identity), payload: f.hex(f.sha256(plain)), time: m.time, expires: m.expires,
});
const signed = (file, text = f.sign(m.signer, file, trusted)) =>
  ({ signer: f.publicText(m.signer), 'signer seed': f.hex(m.signer.seed), signature: f.padded(f.ascii(text)) });
const success = (name, comment, file, plain, message) =>
  vector(`success_${name}`, 'success', { comment, ...keysOf(plain), ...signed(file) }, message ?? file);
const refuse = (expect) => (rule, name, comment, file, keys = {}) =>
  vector(`E-${String(rule).padStart(2, '0')}_${name}`, expect, { rule: `E-${rule}`, comment, ...keys }, file);

// --- success ---
const two = join(random('long letter', 64), Buffer.alloc(f.CHUNK - 63, 'x'));
success('short', 'an ordinary letter', sealed, letter);
success('empty', 'an empty letter is one empty chunk', f.seal(m, Buffer.alloc(0)), Buffer.alloc(0));
success('two_chunks', 'one byte more than a chunk', f.seal(m, two), two);
const grease = [stanza(['X25519', unpadded(random('x', 32))], random('y', 32)), stanza(['example/grease', '!', '~'], Buffer.alloc(0))];
const among = withStanzas(grease[0], ours, grease[1]);
vector('success_among_others', 'success', { comment: 'stanzas of other types are passed over', ...keysOf(letter), ...signed(among), 'written by': 'another' }, among);
success('crlf', 'a browser sends CRLF', sealed, letter, f.armor(sealed, '\r\n'));
success('blank_outside', 'blank space around the armor', sealed, letter, ' \r\n\t\n' + f.armor(sealed) + '\n \t\r\n');
success('blank_outside_most', 'as much blank space on both sides as may be', sealed, letter, ' '.repeat(1024) + f.armor(sealed) + '\n'.repeat(1024));
success('no_last_line_end', 'the END line without its end', sealed, letter, f.armor(sealed).trimEnd());

vector('other_recipient', 'no match', { comment: 'an age file without a stanza of ours' }, withStanzas(...grease));
for (const n of [0, 10, 30, 1000, goodHeader.length - 1])
  vector(`cut_after_${n}`, 'cut', { comment: `the header's first ${n} bytes` }, f.ascii(goodHeader).subarray(0, n));

// --- the header ---
const header = refuse('header failure');
const long = Array.from({ length: 90 }, (_, i) => stanza(['example/grease'], random(`grease ${i}`, 60)));
header(1, 'header_too_long', 'the stanzas of others fill 8,192 bytes', withStanzas(...long, ours));
header(2, 'other_version', 'a version to come', withHeader(f.header(m.fileKey, [ours], 'age-encryption.org/v2\n')));
header(2, 'version_crlf', 'CRLF behind the version', withHeader(f.header(m.fileKey, [ours], 'age-encryption.org/v1\r\n')));
header(2, 'blank_before', 'a line end before the version', join('\n', sealed));
header(3, 'not_a_stanza', 'a line that begins neither a stanza nor the end', withStanzas(ours, 'hello\n'));
header(3, 'arrow_without_blank', 'an arrow without its blank', withStanzas(ours.replace('-> ', '->')));
header(4, 'no_argument', 'a stanza without arguments', withStanzas(ours, '-> \n\n'));
header(4, 'empty_argument', 'two blanks between arguments', withStanzas(ours, '-> a  b\n\n'));
header(4, 'blank_at_end', 'a blank behind the last argument', withStanzas(ours.replace('\n', ' \n')));
header(4, 'control_character', 'a DEL in an argument', withStanzas(ours, '-> a\x7f\n\n'));
header(4, 'argument_cr', 'CRLF behind the arguments', withStanzas(ours.replace('\n', '\r\n')));
header(5, 'padding', 'a body with padding', withStanzas(ours, '-> a\nAAA=\n'));
header(5, 'stray_bits', 'bits in the last character that mean nothing', withStanzas(ours, '-> a\nAAB\n'));
header(5, 'long_line', 'a body line of 68 characters', withStanzas(ours, `-> a\n${'A'.repeat(68)}\n\n`));
header(5, 'one_left_over', 'a body line of one character', withStanzas(ours, '-> a\nA\n'));
header(5, 'url_alphabet', 'the other alphabet of base64', withStanzas(ours, '-> a\nAA-_\n'));
header(5, 'no_short_line', 'full lines, and none that ends them', withStanzas(ours.replace(/\n\n$/, '\n')));
header(5, 'body_crlf', 'CRLF behind body lines', withStanzas(ours.split('\n').map((l, i) => (i === 1 ? l + '\r' : l)).join('\n')));
header(6, 'no_stanza', 'a header without stanzas', withStanzas());
const macText = goodHeader.slice(-44, -1);
header(7, 'mac_short', 'a MAC of 40 characters, 30 bytes', withHeader(goodHeader.replace(macText, macText.slice(0, 40))));
header(7, 'mac_long', 'a MAC of 44 characters', withHeader(goodHeader.replace(macText, macText + 'A')));
header(7, 'mac_stray_bits', 'bits in the last character that mean nothing', withHeader(goodHeader.replace(macText, macText.slice(0, 42) + 'B')));
header(7, 'mac_without_blank', 'no blank before the MAC', withHeader(goodHeader.replace('--- ', '---')));
header(7, 'mac_missing', 'dashes alone', withHeader(goodHeader.replace(' ' + macText, '')));
header(7, 'mac_crlf', 'CRLF behind the MAC', withHeader(goodHeader.replace(/\n$/, '\r\n')));
const scrypt = stanza(['scrypt', unpadded(random('salt', 16)), '10'], random('wrapped', 32));
header(8, 'scrypt_beside', 'a passphrase beside ours', withStanzas(ours, scrypt));
header(8, 'scrypt_first', 'a passphrase before ours', withStanzas(scrypt, ours));
header(9, 'two_of_ours', 'two stanzas of ours', withStanzas(ours, ours));
header(10, 'no_identity', 'our type alone', withStanzas(stanza([TYPE], stanzaBody)));
header(10, 'third_argument', 'one argument too many', withStanzas(stanza([TYPE, unpadded(m.identity), 'x'], stanzaBody)));
const identity = (bytes) => withStanzas(stanza([TYPE, unpadded(bytes)], stanzaBody));
header(11, 'identity_padded', 'padding', withStanzas(stanza([TYPE, f.padded(join(m.identity, 'x'))], stanzaBody)));
header(11, 'identity_cut', 'a byte is missing', identity(m.identity.subarray(0, -1)));
header(11, 'identity_extended', 'a byte behind', identity(join(m.identity, Buffer.from([0]))));
header(11, 'identity_other_type', 'an identity of another type', identity(f.identityBytes(fields, Buffer.from([0x2b, 1]))));
header(11, 'identity_capitals', 'an address that is not canonical', identity(f.identityBytes({ ...fields, address: 'Alice@example.org' })));
header(11, 'identity_long_length', 'a length in more bytes than it needs', identity(join(Buffer.from([0x30, 0x81]), m.identity.subarray(1))));
header(11, 'identity_too_long', 'more than 512 bytes', identity(random('identity', 513)));
header(12, 'body_short', 'a byte is missing', withStanzas(stanza([TYPE, unpadded(m.identity)], stanzaBody.subarray(1))));
header(12, 'body_long', 'a byte too many', withStanzas(stanza([TYPE, unpadded(m.identity)], join(stanzaBody, 'x'))));
header(12, 'body_empty', 'no body', withStanzas(stanza([TYPE, unpadded(m.identity)], Buffer.alloc(0))));

// --- the payload's size; the keys; the chunks ---
const size = refuse('size failure'); // before any key is asked for: these have none
const payload = refuse('payload failure');
const empty = f.chunk(key, 0, true, Buffer.alloc(0));
size(13, 'no_nonce', 'nothing behind the header', withPayload(Buffer.alloc(0)));
size(13, 'no_chunk', 'a nonce alone', withPayload(m.nonce));
size(13, 'tag_cut', 'a tag of 15 bytes', withPayload(join(m.nonce, empty.subarray(1))));
size(13, 'empty_last_chunk', 'a full chunk, then an empty last one',
  withPayload(join(m.nonce, f.chunk(key, 0, false, Buffer.alloc(f.CHUNK)), f.chunk(key, 1, true, Buffer.alloc(0)))));

// --- the KEM: with an identity's private key, from which a reader must find the key or refuse ---
const mlkemSeed = random('ML-KEM', 64);
const master = ibe.setUp({ ...fields, seed: random('master', 32), mlkemSeed });
const kem = { 'public point': f.hex(master.point.toBytes()), 'mlkem seed': f.hex(mlkemSeed), 'private key': f.hex(ibe.extract(master, m.identity)) };
const real = ibe.encapsulate(master, m.identity, random('m', 32), random('mu', 32));
function encapsulated(ciphertext) {
  const message = { ...m, ciphertext, kek: real.key };
  const file = f.seal(message, letter);
  const keys = { ...keysOf(letter), kek: f.hex(real.key), ciphertext: f.hex(ciphertext), ...kem,
    ...signed(file, f.sign(m.signer, file, f.comment(message, join(ciphertext, f.wrap(real.key, m.fileKey))))) };
  return { keys, file };
}
const vectorsOfKem = new URL('../vectors/ibe/', import.meta.url);
const ciphertextOf = (name) => Buffer.from(/^ciphertext: (.*)$/m.exec(fs.readFileSync(new URL(name, vectorsOfKem), 'utf8'))[1], 'hex');
header(12, 'ciphertext_short', 'a KEM ciphertext of 1,215 bytes (I-5)', encapsulated(ciphertextOf('refused_I-5_short.txt')).file);
header(12, 'ciphertext_long', 'one of 1,217 (I-5)', encapsulated(ciphertextOf('refused_I-5_long.txt')).file);
const whole = encapsulated(real.ciphertext);
vector('success_encapsulated', 'success', { comment: 'a key that the KEM made, opened with the private key', ...whole.keys }, whole.file);
const unusable = refuse('ciphertext failure');
for (const name of fs.readdirSync(vectorsOfKem)) {
  const [, rule, what] = /^refused_(I-[678])_(.*)\.txt$/.exec(name) ?? [];
  if (!rule) continue;
  const about = /^# (.*)$/m.exec(fs.readFileSync(new URL(name, vectorsOfKem), 'utf8'))[1];
  const ciphertext = join(ciphertextOf(name).subarray(0, 96), real.ciphertext.subarray(96));
  const { keys, file } = encapsulated(ciphertext);
  unusable(14, what, `${about} (${rule})`, file, keys);
  try {
    ibe.readU(ciphertext.subarray(0, 96));
    throw new Error(`${name}: a good point`);
  } catch (error) {
    if (error.rule !== rule) throw error;
  }
}

const unwrap = refuse('unwrap failure');
unwrap(15, 'other_key', 'the KEM gave another key', sealed, { ...keysOf(letter), kek: f.hex(random('another kek', 32)) });
const flip = (bytes, at) => { const b = Buffer.from(bytes); b[at < 0 ? b.length + at : at] ^= 1; return b; };
unwrap(15, 'wrapped_altered', 'a bit of the wrapped key', withStanzas(stanza([TYPE, unpadded(m.identity)], flip(stanzaBody, -20))), keysOf(letter));
unwrap(16, 'mac_altered', 'another MAC', withHeader(goodHeader.replace(macText, unpadded(random('mac', 32)))), keysOf(letter));
unwrap(16, 'stanza_added', 'a stanza that the MAC does not cover', withHeader(goodHeader.replace('---', '-> added\n\n---')), keysOf(letter));
unwrap(16, 'identity_exchanged', 'the identity of somebody else',
  withHeader(goodHeader.replace(unpadded(m.identity), unpadded(f.identityBytes({ ...fields, address: 'mallory@example.org' })))), keysOf(letter));
unwrap(16, 'mac_without_derivation', 'a MAC under the file key itself, not under the key made of it',
  withHeader(goodHeader.replace(macText, unpadded(f.macUnderived(m.fileKey, goodHeader.slice(0, -45))))), keysOf(letter));

const only = (...chunks) => withPayload(join(m.nonce, ...chunks));
payload(17, 'altered', 'a bit of the letter', flip(sealed, goodHeader.length + 20), keysOf(letter));
payload(17, 'tag_altered', 'a bit of the tag', flip(sealed, -1), keysOf(letter));
payload(17, 'cut', 'the last byte is missing', sealed.subarray(0, -1), keysOf(letter));
payload(17, 'extended', 'a byte behind', join(sealed, 'x'), keysOf(letter));
payload(17, 'not_marked_last', 'the only chunk is not marked as the last', only(f.chunk(key, 0, false, letter)), keysOf(letter));
payload(17, 'wrong_number', 'the first chunk has number 1', only(f.chunk(key, 1, true, letter)), keysOf(letter));
payload(17, 'two_last', 'two chunks marked as the last', only(f.chunk(key, 0, true, letter), f.chunk(key, 1, true, letter)), keysOf(letter));
payload(17, 'nonce_altered', 'another nonce', flip(sealed, goodHeader.length), keysOf(letter));
payload(17, 'file_key_alone', 'a payload key made without the nonce', only(f.chunk(f.payloadKey(m.fileKey, undefined), 0, true, letter)), keysOf(letter));

// --- the signature ---
const signature = refuse('signature failure');
const good = f.sign(m.signer, sealed, trusted);
const bySignature = (rule, name, comment, text) => signature(rule, name, comment, sealed, { ...keysOf(letter), ...signed(sealed, text) });
bySignature(18, 'missing', 'no signature', '');
bySignature(18, 'not_hashed', 'the older form of minisign, over the file itself', f.sign(m.signer, sealed, trusted, 'Ed'));
bySignature(18, 'line_missing', 'without its last line', good.split('\n').slice(0, 3).join('\n') + '\n');
bySignature(18, 'line_added', 'a fifth line', good + 'x\n');
bySignature(18, 'not_base64', 'a character outside base64', good.replace(/\n(...)./, '\n$1*'));
const stranger = { seed: random('stranger', 32), id: random('stranger id', 8) };
refuse('other key')(19, 'other_key', 'a key that is not the gateway\'s', sealed, { ...keysOf(letter), ...signed(sealed, f.sign(stranger, sealed, trusted)) });
bySignature(20, 'stolen_key_id', 'another key under the gateway\'s key id', f.sign({ ...stranger, id: m.signer.id }, sealed, trusted));
bySignature(20, 'other_file', 'the signature of another file', f.sign(m.signer, f.seal(m, Buffer.from('x')), trusted));
bySignature(20, 'comment_altered', 'a later expiry than was signed', good.replace(`expires=${m.expires}`, `expires=${m.expires + 1}`));
const lines = good.split('\n');
bySignature(20, 'comment_exchanged', 'comment and second signature of another message',
  [...lines.slice(0, 2), ...f.sign(m.signer, f.seal(m, Buffer.from('x')), trusted).split('\n').slice(2)].join('\n'));
const says = (name, comment, text) => bySignature(21, name, comment, f.sign(m.signer, sealed, text));
says('version', 'a version to come', trusted.replace('-v1', '-v2'));
says('district', 'another district', trusted.replace('mail.example', 'mail.example2'));
says('serial', 'another serial', trusted.replace('serial=1', 'serial=2'));
says('serial_zero', 'a leading zero', trusted.replace('serial=1', 'serial=01'));
says('identity', 'the identity of somebody else', trusted.replace(/identity=.{64}/, `identity=${f.hex(f.sha256('x'))}`));
says('id', 'the id of another copy', trusted.replace(/ id=.{64}/, ` id=${f.hex(f.sha256('x'))}`));
says('capitals', 'capital hexadecimal digits', trusted.replace(/ id=.{64}/, (t) => ' id=' + t.slice(4).toUpperCase()));
says('order', 'the times exchanged in place', trusted.replace(/time=(\d+) expires=(\d+)/, 'expires=$2 time=$1'));
says('no_expires', 'no expiry', trusted.replace(/ expires=.*/, ''));
says('time_zero', 'a leading zero', trusted.replace(' time=', ' time=0'));
says('time_signed', 'a sign', trusted.replace(' time=', ' time=-'));
says('expires_before', 'it expires before it was sealed', trusted.replace(/expires=\d+/, `expires=${m.time - 1}`));
says('expires_late', 'after the year 9999', trusted.replace(/expires=\d+/, 'expires=253402300800'));
says('more', 'something behind', trusted + ' x');
says('blank', 'two blanks', trusted.replace(' time', '  time'));
says('empty', 'an empty comment', '');

// --- the armor ---
const armored = refuse('armor failure');
const text = f.armor(sealed);
const rows = text.split('\n').slice(1, -2);
const rebuilt = (list) => [f.BEGIN, ...list, f.END, ''].join('\n');
armored(22, 'text_before', 'a word before the armor', 'hello\n' + text);
armored(22, 'label', 'another label', text.replaceAll('AGE ENCRYPTED FILE', 'AGE FILE'));
armored(22, 'lower_case', 'a label in small letters', text.replaceAll('AGE ENCRYPTED', 'age encrypted'));
armored(22, 'blanks_before', '1,025 blanks before', ' '.repeat(1025) + text);
armored(22, 'nothing', 'nothing at all', '');
armored(23, 'long_line', 'a line of 68 characters', rebuilt([rows[0] + rows[1].slice(0, 4), rows[1].slice(4), ...rows.slice(2)]));
armored(23, 'empty_line', 'an empty line', rebuilt([rows[0], '', ...rows.slice(1)]));
armored(23, 'headers', 'a PEM header', rebuilt(['Comment: hello', '', ...rows]));
armored(23, 'blank_at_end', 'a blank at a line\'s end', rebuilt([rows[0] + ' ', ...rows.slice(1)]));
armored(23, 'stray_bits', 'bits in the last character that mean nothing', f.armor(Buffer.from([0])).replace('AA==', 'AB=='));
armored(23, 'no_padding', 'without padding', f.armor(Buffer.from([0])).replace('AA==', 'AA'));
armored(24, 'short_line', 'a short line in the middle', rebuilt([rows[0].slice(0, 60), ...rows.slice(1)]));
armored(24, 'padding_inside', 'padding before the last line', rebuilt([f.padded(random('p', 47)), ...rows]));
armored(25, 'no_end', 'no END line', text.replace(f.END + '\n', ''));
armored(25, 'end_blank', 'a blank in the END line', text.replace(f.END, f.END + ' '));
armored(26, 'text_behind', 'a word behind', text + 'hello\n');
armored(26, 'twice', 'two of them', text + text);
armored(26, 'blanks_behind', '1,025 blanks behind', text + ' '.repeat(1025));

// --- out ---
const check = process.argv[2] === '--check';
const folder = process.argv[check ? 3 : 2];
const names = Object.keys(vectors).map((name) => `${name}.txt`);
let wrong = 0;
for (const [name, { message, ...keys }] of Object.entries(vectors)) {
  const content = Object.entries(keys).map(([k, v]) => `${k}: ${v}\n`).join('') + '\n' + message;
  const file = path.join(folder, `${name}.txt`);
  if (!check) fs.writeFileSync(file, content, 'latin1');
  else if (!fs.existsSync(file) || fs.readFileSync(file, 'latin1') !== content) wrong = (console.log(`differs: ${name}`), wrong + 1);
}
for (const file of fs.readdirSync(folder))
  if (file.endsWith('.txt') && !names.includes(file)) wrong = (console.log(`not made: ${file}`), wrong + 1);
console.log(`${names.length} vectors, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);
