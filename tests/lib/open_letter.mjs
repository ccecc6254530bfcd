// SPDX-License-Identifier: Apache-2.0
// Opens a carrier without any of our C: on the JavaScript reading of docs/spec/ibe.md and envelope.md.
//
//     node open_letter.mjs MASTER-FILE SIGNER < SecureMessage.html > letter
//
// Prints one line of JSON (address, time, expires) to standard error; exits 1 with a reason if anything is wrong.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { readFileSync, writeSync } from 'node:fs';
import * as age from '../interop/envelope_format.mjs';
import * as ibe from '../interop/ibe.mjs';

const [masterFile, signer] = process.argv.slice(2);
const insist = (true_, what) => { if (!true_) throw new Error(what); };
const html = readFileSync(0).toString('latin1').replaceAll('\r\n', '\n');
const input = (name) => html.match(new RegExp(`<input[^>]*name="${name}"[^>]*value="([^"]*)"`, 's'))[1]
  .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)).replaceAll('&#10;', '\n');

// The master secret's seeds, from the keyserver's file.
const master = Object.fromEntries(readFileSync(masterFile, 'utf8').split('\n').map((l) => l.split(': ')));
insist(master.protection === 'none', 'a passphrase protects the master secret');
const seeds = new Uint8Array(Buffer.from(master.secrets, 'base64'));
const params = ibe.setUp({ district: master.district, serial: Number(master.serial), seed: seeds.subarray(0, 32),
  mlkemSeed: seeds.subarray(32, 96) });

// Armor, signature.
const armored = input('message').trim().split('\n');
insist(armored[0] === age.BEGIN && armored.at(-1) === age.END, 'armor');
const file = Buffer.from(armored.slice(1, -1).join(''), 'base64');
insist(age.armor(file).trim() === armored.join('\n'), 'armor is not canonical');
const [, first, comment, second] = input('signature').trim().split('\n').map((l) => l.trim());
const key = Buffer.from(signer, 'base64').subarray(10);
const packet = Buffer.from(first, 'base64');
const trusted = comment.replace('trusted comment: ', '');
insist(packet.subarray(0, 2).toString() === 'ED', 'signature algorithm');
insist(packet.subarray(2, 10).equals(Buffer.from(signer, 'base64').subarray(2, 10)), 'another signer');
insist(ed25519.verify(packet.subarray(10), blake2b(file, { dkLen: 64 }), key), 'signature');
insist(ed25519.verify(Buffer.from(second, 'base64'), age.join(packet.subarray(10), trusted), key), 'trusted comment');

// Header: one stanza of ours.
const end = file.indexOf('\n--- ') + 1;
const covered = file.subarray(0, end + 3).toString('latin1');
const lines = covered.split('\n');
insist(lines[0] === 'age-encryption.org/v1', 'version');
const [arrow, type, argument] = lines[1].split(' ');
insist(arrow === '->' && type === age.TYPE, 'stanza');
const identity = new Uint8Array(Buffer.from(argument, 'base64'));
const body = new Uint8Array(Buffer.from(lines.slice(2, -1).join(''), 'base64'));
insist(body.length === 1248, 'stanza body');
const said = Object.fromEntries(trusted.split(' ').slice(1).map((pair) => pair.split('=')));
insist(said.id === age.hex(age.sha256(body)) && said.identity === age.hex(age.sha256(identity)), 'binding');

// Key: extract, decapsulate, unwrap, check the header, decrypt.
const opened = ibe.decapsulate(params, identity, ibe.extract(params, identity), params.dk, body.subarray(0, 1216));
insist(opened.accepted, 'ciphertext was rejected');
const fileKey = age.unwrap(opened.key, body.subarray(1216));
const macLine = file.subarray(end, file.indexOf(10, end)).toString('latin1');
insist(macLine === '--- ' + age.unpadded(age.mac(fileKey, covered)), 'header MAC');
const payload = file.subarray(end + macLine.length + 1);
const payloadKey = age.payloadKey(fileKey, payload.subarray(0, 16));
const out = [];
for (let at = 16, i = 0; at < payload.length; at += age.CHUNK + 16, i++) {
  const sealed = payload.subarray(at, at + age.CHUNK + 16);
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, i);
  nonce[11] = at + age.CHUNK + 16 >= payload.length ? 1 : 0;
  out.push(chacha20poly1305(payloadKey, nonce).decrypt(sealed));
}
const utf8 = Buffer.from(identity).toString('utf8');
console.error(JSON.stringify({ ...said, address: utf8.match(/[^\s\x00-\x1f]+@[A-Za-z0-9.-]+(?=\x18)/)?.[0] }));
const letter = Buffer.concat(out);
for (let at = 0; at < letter.length;) at += writeSync(1, letter, at);
