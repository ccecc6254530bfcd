// SPDX-License-Identifier: Apache-2.0
// Identity strings for age-plugin-securemail, made from docs/spec/age-plugin.md §1 on other people's Bech32, curve and ML-KEM.
//
//     node age_keys.mjs MASTER-FILE message  < message.age      the key of that message
//     node age_keys.mjs MASTER-FILE identity < message.age      the key of its address and period
//     node age_keys.mjs stray                                   a string with a bit left over behind its last byte
//     node age_keys.mjs version                                 a string of version 2
import { bech32 } from '@scure/base';
import { readFileSync } from 'node:fs';
import * as age from './envelope_format.mjs';
import * as ibe from './ibe.mjs';

const string = (words) => bech32.encode('age-plugin-securemail-', words, false).toUpperCase();
const bytes = (...parts) => age.join(...parts.map((p) => Buffer.from(p)));

if (process.argv[2] === 'stray') {
  const words = bech32.toWords(bytes([1, 1], Buffer.alloc(64, 7)));
  words[words.length - 1] |= 1;
  console.log(string(words));
  process.exit(0);
}

if (process.argv[2] === 'version') {
  console.log(string(bech32.toWords(bytes([2, 1], Buffer.alloc(64, 7)))));
  process.exit(0);
}

const [masterFile, kind] = process.argv.slice(2);
const master = Object.fromEntries(readFileSync(masterFile, 'utf8').split('\n').map((l) => l.split(': ')));
const seeds = Buffer.from(master.secrets, 'base64');
const params = ibe.setUp({ district: master.district, serial: Number(master.serial), seed: seeds.subarray(0, 32), mlkemSeed: seeds.subarray(32, 96) });

const lines = readFileSync(0).toString('latin1').split('\n');
const identity = new Uint8Array(Buffer.from(lines[1].split(' ')[2], 'base64'));
const body = Buffer.from(lines.slice(2, lines.findIndex((l) => l.startsWith('---'))).join(''), 'base64');
const d = ibe.extract(params, identity);
const data = kind === 'message'
  ? bytes([1, 1], age.sha256(body), ibe.decapsulate(params, identity, d, params.dk, new Uint8Array(body.subarray(0, 1216))).key)
  : bytes([1, 2, identity.length >> 8, identity.length & 255], identity, params.point.toBytes(), d, params.dk);
console.log(string(bech32.toWords(data)));
