// SPDX-License-Identifier: Apache-2.0
// interop: writes tests/vectors/ibe, ibe_params and params_next, one file per outcome, from the second implementation in
// ibe.mjs; identity bytes are judged by the room web's reader, all else by ibe.mjs. `node ibe_vectors.mjs` writes the files;
// `--check` compares with those that are there and fails if any differs, is missing or is superfluous.
import { canonicalAddress } from './address.mjs';
import * as ibe from './ibe.mjs';
import { G1, G2, Fp, Fp2, Refused, equal, hex, join, unhex, utf8 } from './ibe.mjs';
import { settle } from './vector_files.mjs';
import { identityFault, readParameters, replacementFault } from '../../web/identity.js';

const WEEK = 604800;
const bytes = (n, from) => Uint8Array.from({ length: n }, (_, i) => (from + i) & 255);
const flip = (array, bit) => array.map((byte, i) => (i === bit >> 3 ? byte ^ (128 >> (bit & 7)) : byte));
const files = new Map();

// --- the KEM ------------------------------------------------------------------------------------------------

function scene({ district, serial, address, period, seedByte }) {
  const seed = bytes(32, seedByte);
  const mlkemSeed = bytes(64, seedByte + 32);
  const master = ibe.setUp({ district, serial, seed, mlkemSeed });
  const canonical = canonicalAddress(utf8(address));
  const identity = ibe.identityBytes({ district, serial, address: canonical, period });
  const m = bytes(32, seedByte + 96);
  const mu = bytes(32, seedByte + 128);
  const privateKey = ibe.extract(master, identity);
  return { district, serial, address, period, canonical, seed, mlkemSeed, master, identity, m, mu, privateKey,
    sealed: ibe.encapsulate(master, identity, m, mu) };
}

const write = (name, about, fields) => files.set(`ibe/${name}.txt`,
  `# ${about}\n` + Object.entries(fields).map(([key, value]) =>
    `${key}: ${value instanceof Uint8Array ? hex(value) : value}\n`).join(''));

function success(name, about, s) {
  const opened = ibe.decapsulate(s.master, s.identity, s.privateKey, s.master.dk, s.sealed.ciphertext);
  if (!opened.accepted || !equal(opened.key, s.sealed.key)) throw new Error(name);
  if (!ibe.keyValid(s.master, s.identity, s.privateKey)) throw new Error(name);
  write(name, about, {
    outcome: 'success', district: s.district, serial: s.serial, address: s.address, canonical: s.canonical,
    period: s.period, seed: s.seed, mlkem_seed: s.mlkemSeed, m: s.m, mu: s.mu,
    s: s.master.s.toString(16).padStart(64, '0'), public_point: s.master.point.toBytes(), mlkem_public: s.master.ek,
    identity: s.identity, binding: s.sealed.h, point: ibe.hashToG1(s.identity).toBytes(), private_key: s.privateKey,
    rho: s.sealed.rho.toString(16).padStart(64, '0'), gt: s.sealed.gt, bf_key: s.sealed.keyBf, mlkem_key: s.sealed.keyPq,
    ciphertext: s.sealed.ciphertext, key: s.sealed.key });
}

/** What both sides need to decapsulate, with something changed. `outcome` is found by decapsulating, and must be what the
 * name says. */
function changed(name, about, s, change) {
  const input = { identity: s.identity, private_key: s.privateKey, ciphertext: s.sealed.ciphertext, ...change };
  const fields = { district: s.district, serial: s.serial, seed: s.seed, mlkem_seed: s.mlkemSeed,
    public_point: s.master.point.toBytes(), ...input };
  let outcome;
  try {
    const fault = identityFault(input.identity, s);
    if (fault) throw new Refused(fault);
    if (name.startsWith('refused_I-4') && !ibe.keyValid(s.master, s.identity, input.private_key)) throw new Refused('I-4');
    const opened = ibe.decapsulate(s.master, input.identity, input.private_key, s.master.dk, input.ciphertext);
    const same = equal(opened.key, s.sealed.key);
    outcome = same ? 'success' : 'rejected';
    fields.key = opened.key;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    outcome = `refused ${error.rule}`;
  }
  if (!name.startsWith(outcome.replace(' ', '_'))) throw new Error(`${name}: ${outcome}`);
  write(name, about, { outcome, ...fields });
}

function offSubgroup(Point, field, make) {
  const b = Point === G1 ? 4n : Fp2.fromBigTuple([4n, 4n]);
  for (let i = 1n; ; i++) {
    const x = make(i);
    try {
      const y = field.sqrt(field.add(field.mul(field.sqr(x), x), b));
      const point = Point.fromAffine({ x, y });
      if (!point.isTorsionFree()) return { point, x };
    } catch { /* no point has this x */ }
  }
}

function offCurve(Point, field, make) {
  const b = Point === G1 ? 4n : Fp2.fromBigTuple([4n, 4n]);
  for (let i = 1n; ; i++) {
    const x = make(i);
    try {
      field.sqrt(field.add(field.mul(field.sqr(x), x), b));
    } catch {
      return x;
    }
  }
}

/** The cofactor of G2 is 13² · 23² · …: a point times all the rest has order 13 (draft-irtf-cfrg-pairing-friendly-curves §4.2.1
 * gives the cofactor). Libraries that multiply by endomorphisms go wrong with such points. */
function pointOfOrder13() {
  const cofactor = BigInt('0x5d543a95414e7f1091d50792876a202cd91de4547085abaa68a205b2e5a7ddfa628f1cb4d9e82ef2' +
    '1537e293a6691ae1616ec6e786f0c70cf1c38e31c7238e5');
  const times = (point, factor) => [...factor.toString(2)].reduce((sum, bit) =>
    (bit === '1' ? sum.double().add(point) : sum.double()), G2.ZERO);
  const { point } = offSubgroup(G2, Fp2, fp2);
  const small = times(point, (cofactor / 169n) * ibe.Fr.ORDER);
  const order13 = times(small, 13n).is0() ? small : times(small, 13n);
  if (order13.is0() || !times(order13, 13n).is0()) throw new Error('no point of order 13');
  return order13.toAffine();
}

const fpBytes = (value) => unhex(value.toString(16).padStart(96, '0'));
const withFlags = (array, flags) => array.map((byte, i) => (i === 0 ? byte | flags : byte));
const g2Text = (x, flags = 0x80) => withFlags(join(fpBytes(x.c1), fpBytes(x.c0)), flags);
const g1Text = (x, flags = 0x80) => withFlags(fpBytes(x), flags);
const fp2 = (i) => Fp2.fromBigTuple([i, 0n]);

function kem() {
  const alice = scene({ district: 'mail.example', serial: 1, address: 'alice@example.org', period: 1795046400, seedByte: 7 });
  const other = scene({ district: 'https://district.example/a_much-longer~name', serial: 2147483647,
    address: 'Jose\u0301.Pe\u00f1a+x@B\u00fccher.Example', period: 1795046400 + 41 * WEEK, seedByte: 100 });
  const bob = scene({ ...alice, address: 'bob@example.org', seedByte: 7 });
  success('success_ascii', 'a plain address', alice);
  success('success_unicode', 'an address beyond ASCII, the greatest serial, a long district', other);

  // Altered, and nobody may see it.
  const { ciphertext } = alice.sealed;
  const withU = (u) => join(u, ciphertext.subarray(96));
  changed('rejected_v_first_bit', 'a bit of V changed', alice, { ciphertext: flip(ciphertext, 96 * 8) });
  changed('rejected_v_last_bit', 'the last bit of V changed', alice, { ciphertext: flip(ciphertext, 128 * 8 - 1) });
  changed('rejected_u_negated', 'the sign bit of U changed: another good point', alice, { ciphertext: flip(ciphertext, 2) });
  changed('rejected_u_other', 'U is another good point', alice, { ciphertext: withU(bob.sealed.u) });
  changed('rejected_mlkem_first_bit', 'a bit of the ML-KEM ciphertext changed', alice, { ciphertext: flip(ciphertext, 128 * 8) });
  changed('rejected_mlkem_last_bit', 'its last bit changed', alice, { ciphertext: flip(ciphertext, 1216 * 8 - 1) });
  changed('rejected_other_key', "Bob's private key", alice, { private_key: bob.privateKey });
  changed('rejected_other_identity', "Bob's identity, Alice's key", alice, { identity: bob.identity });
  changed('rejected_other_period', 'the week after', alice, { identity: ibe.identityBytes({ district: 'mail.example', serial: 1,
    address: alice.canonical, period: alice.period + WEEK }) });

  // Seen by all.
  const text = hex(alice.identity);
  const r1 = (name, about, from, to) => {
    if (text.split(from).length < 2) throw new Error(name);
    changed(`refused_I-1_${name}`, about, alice, { identity: unhex(text.replace(from, to)) });
  };
  r1('empty', 'no identity bytes', text, '');
  r1('trailing_byte', 'a byte behind', text, text + '00');
  r1('cut', 'the last byte is missing', text, text.slice(0, -2));
  r1('long_length', 'a length in two bytes where one does', /^304f/, '30814f');
  r1('indefinite_length', 'BER, not DER', /^304f/, '3080');
  r1('serial_leading_zero', 'a zero byte before the serial', '304f160c6d61696c2e6578616d706c65020101', '3050160c6d61696c2e6578616d706c6502020001');
  r1('serial_zero', 'serial 0', '020101', '020100');
  r1('serial_negative', 'serial −1', '020101', '0201ff');
  r1('other_identity_type', 'another object identifier', 'c61b01', 'c61b02');
  r1('address_upper_case', 'a spelling that is not canonical', '616c696365', '416c696365');
  r1('address_ia5', "RFC 5409's string type", '0c11616c', '1611616c');
  r1('no_such_date', 'a month 13', hex(utf8('20261119')), hex(utf8('20261319')));
  r1('time_without_z', 'no zone', '30305a', '303030');
  const r2 = (name, about, fields) => changed(`refused_I-2_${name}`, about, alice, {
    identity: ibe.identityBytes({ district: 'mail.example', serial: 1, address: alice.canonical, period: alice.period, ...fields }) });
  r2('serial', 'the serial of other parameters', { serial: 2 });
  r2('district', 'the district of other parameters', { district: 'mail.examplf' });

  const key = (name, about, privateKey) => changed(`refused_I-3_${name}`, about, alice, { private_key: privateKey });
  key('infinity', 'the private key is infinity', withFlags(new Uint8Array(48), 0xc0));
  key('not_on_curve', 'no point has this x', g1Text(offCurve(G1, Fp, (i) => i)));
  key('outside_g1', 'on the curve, outside the subgroup', g1Text(offSubgroup(G1, Fp, (i) => i).x));
  key('low_order', 'the point (0, 2), of order 3', g1Text(0n));
  key('no_compression_flag', 'the flag is missing', alice.privateKey.map((byte, i) => (i ? byte : byte & 0x7f)));
  key('x_not_reduced', 'x + p in place of x', g1Text(1n + Fp.ORDER));
  changed('refused_I-4_other_identity', "Bob's private key does not verify for Alice", alice, { private_key: bob.privateKey });

  changed('refused_I-5_short', '1215 bytes', alice, { ciphertext: ciphertext.subarray(0, 1215) });
  changed('refused_I-5_long', '1217 bytes', alice, { ciphertext: join(ciphertext, new Uint8Array(1)) });
  const u = (name, about, point) => changed(`refused_${name}`, about, alice, { ciphertext: withU(point) });
  u('I-6_no_compression_flag', 'the flag is missing', alice.sealed.u.map((byte, i) => (i ? byte : byte & 0x7f)));
  u('I-6_not_on_curve', 'no point has this x', g2Text(offCurve(G2, Fp2, fp2)));
  u('I-6_x_not_reduced', 'p in place of 0 in the first coordinate', g2Text({ c1: Fp.ORDER, c0: 2n }));
  u('I-6_infinity_with_sign', 'infinity, but for its sign flag', withFlags(new Uint8Array(96), 0xe0));
  u('I-6_infinity_with_x', 'infinity, but for a bit of x', flip(withFlags(new Uint8Array(96), 0xc0), 96 * 8 - 1));
  u('I-7_infinity', 'U is infinity', withFlags(new Uint8Array(96), 0xc0));
  u('I-8_outside_g2', 'on the curve, outside the subgroup', g2Text(offSubgroup(G2, Fp2, fp2).x));
  u('I-8_low_order', 'a point of order 13', g2Text(pointOfOrder13().x));
}

// --- parameter files ----------------------------------------------------------------------------------------

function parameters() {
  const master = ibe.setUp({ district: 'mail.example', serial: 3, seed: bytes(32, 40), mlkemSeed: bytes(64, 80) });
  const p = { ...master, interval: WEEK, notBefore: 1795046400, notAfter: 1795046400 + 52 * WEEK };
  const authority = { seed: bytes(32, 200), id: bytes(8, 1) };
  const good = ibe.paramsFile(p, authority);
  const der = ibe.paramsDer(p);
  const put = (name, content) => files.set(`ibe_params/${name}`, content);
  const signed = (name, change, comment = null) => put(name, ibe.paramsFile({ ...p, ...change }, authority, undefined, comment));
  const signedDer = (name, from, to) => {
    const changedDer = unhex(hex(der).replace(from, to));
    if (equal(changedDer, der)) throw new Error(name);
    put(name, ibe.paramsFile(p, authority, changedDer));
  };
  put('authority.pub', `untrusted comment: minisign public key\n${ibe.minisignPublic(authority.seed, authority.id)}\n`);
  put('success', good);
  put('success_no_last_line_end', good.slice(0, -1));
  signed('success_one_second', { notAfter: p.notBefore, interval: 1 });
  put('refused_P-1_long', good.replace('untrusted comment: ', 'untrusted comment: ' + 'x'.repeat(16384)));
  put('refused_P-2_empty', '');
  put('refused_P-2_no_begin', good.replace('BEGIN', 'BEGUN'));
  put('refused_P-2_no_end', good.replace('-----END', '-----FIN'));
  put('refused_P-2_crlf', good.replaceAll('\n', '\r\n'));
  put('refused_P-3_no_signature', good.slice(0, good.indexOf('untrusted')));
  put('refused_P-3_other_authority', ibe.paramsFile(p, { ...authority, seed: bytes(32, 201) }));
  put('refused_P-3_other_key_id', ibe.paramsFile(p, { ...authority, id: bytes(8, 2) }));
  put('refused_P-3_other_body', ibe.paramsFile({ ...p, serial: 4 }, authority).split('untrusted')[0] + 'untrusted' + good.split('untrusted')[1]);
  put('refused_P-3_comment_changed', good.replace('serial=3', 'serial=4'));
  put('refused_P-3_trailing_line', good + '\n');
  const resigned = (name, body) => put(name, body +
    ibe.minisign(authority.seed, authority.id, utf8(body), 'x', good.match(/trusted comment: (securemail.*)/)[1]));
  const body = good.split('untrusted')[0];
  resigned('refused_P-4_base64_blank', body.replace('-----\nM', '-----\n M'));
  resigned('refused_P-4_short_line', body.replace(/\n(.{64})\n/, (_, line) => `\n${line.slice(0, 60)}\n${line.slice(60)}\n`));
  resigned('refused_P-4_empty_line', body.replace('\n-----END', '\n\n-----END'));
  signedDer('refused_P-4_trailing_byte', /$/, '00');
  signedDer('refused_P-4_version_3', '020102', '020103');
  signedDer('refused_P-4_serial_leading_zero', /^3082(....)(.*)020103/, (_, n, between) =>
    `3082${(parseInt(n, 16) + 1).toString(16).padStart(4, '0')}${between}02020003`);
  signedDer('refused_P-4_other_algorithm', 'c61b02', 'c61b03');
  signedDer('refused_P-4_other_identity_type', 'c61b01', 'c61b02');
  signedDer('refused_P-4_interval_zero', '02030' + WEEK.toString(16), '0203000000');
  signedDer('refused_P-4_district_blank', hex(utf8('mail')), hex(utf8('ma l')));
  signed('refused_P-5_backwards', { notAfter: p.notBefore - 1 });
  signed('refused_P-6_infinity', { pointBytes: withFlags(new Uint8Array(96), 0xc0) });
  signed('refused_P-6_outside_g2', { pointBytes: g2Text(offSubgroup(G2, Fp2, fp2).x) });
  signed('refused_P-6_not_on_curve', { pointBytes: g2Text(offCurve(G2, Fp2, fp2)) });
  const ek = (at, text) => join(p.ek.subarray(0, at), unhex(text), p.ek.subarray(at + text.length / 2));
  signed('refused_P-7_first_coefficient', { ek: ek(0, '010d' + (p.ek[2] & 255).toString(16).padStart(2, '0')) });
  signed('refused_P-7_last_coefficient', { ek: ek(1149, '00f0ff') });
  signed('refused_P-8_other_comment', {}, 'another comment');
  signed('refused_P-8_other_district', {}, good.match(/trusted comment: (securemail.*)/)[1].replace('=mail', '=nail'));
  signed('refused_P-8_longer', {}, good.match(/trusted comment: (securemail.*)/)[1] + ' ');
}

/** What a sender that has ibe_params/success makes of these: all are good files of the same authority. */
function successors() {
  const present = readParameters(files.get('ibe_params/success'), files.get('ibe_params/authority.pub'));
  const master = ibe.setUp({ district: 'mail.example', serial: 3, seed: bytes(32, 40), mlkemSeed: bytes(64, 80) });
  const other = ibe.setUp({ district: 'mail.example', serial: 3, seed: bytes(32, 41), mlkemSeed: bytes(64, 81) });
  const { interval, notBefore, notAfter } = present;
  const next = (name, change, pinned = []) => {
    const file = ibe.paramsFile({ ...master, interval, notBefore, notAfter, ...change }, { seed: bytes(32, 200), id: bytes(8, 1) });
    const fault = replacementFault(present, readParameters(file, files.get('ibe_params/authority.pub')), pinned);
    if (!name.startsWith(fault ? `refused_${fault}_` : 'success_')) throw new Error(`${name}: ${fault}`);
    files.set(`params_next/${name}`, file);
  };
  next('success_same', {});
  next('success_longer', { notBefore: notBefore + WEEK, notAfter: notAfter + WEEK });
  next('success_next_serial_ends_earlier', { ...other, serial: 4, notAfter: notAfter - WEEK });
  next('refused_P-9_district', { ...other, serial: 4, district: 'mail.examplf' });
  next('refused_P-10_serial', { serial: 2, notAfter: notAfter + WEEK });
  next('refused_P-11_public_point', { point: other.point, notAfter: notAfter + WEEK });
  next('refused_P-11_mlkem_key', { ek: other.ek, notAfter: notAfter + WEEK });
  next('refused_P-11_interval', { interval: 2 * WEEK, notAfter: notAfter + WEEK });
  next('refused_P-12_one_second', { notAfter: notAfter - 1 });
  next('refused_P-13_not_pinned', { ...other, serial: 5 }, [present.fingerprint]);
}


kem();
parameters();
successors();
settle(['ibe', 'ibe_params', 'params_next'], files, ['ibe/rfc9380_g1.txt']);
