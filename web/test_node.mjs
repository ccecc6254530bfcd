// SPDX-License-Identifier: Apache-2.0
// web: the vectors under Node.
import { readdirSync, readFileSync } from 'node:fs';
import { FOLDERS, checkVectors } from './check_vectors.js';
import { check } from './signature.js';

const root = new URL('../tests/vectors/', import.meta.url);
const files = {};
for (const folder of FOLDERS)
  for (const name of readdirSync(new URL(folder, root))) files[`${folder}/${name}`] = readFileSync(new URL(`${folder}/${name}`, root), 'utf8');
const { checked, notHere, wrong } = checkVectors(files);
console.log('checked', checked, `\nnot for this room: ${notHere.length}`, ...wrong.map((line) => `\n${line}`));

// A comment's characters (E-18): well formed, the signature of nobody's key is refused by another rule.
const zeros = (n) => Buffer.alloc(n).toString('base64');
const ed = (letters, n) => Buffer.concat([Buffer.from(letters), Buffer.alloc(n)]).toString('base64');
const signed = (comment) => `untrusted comment: x\n${ed('ED', 72)}\ntrusted comment: ${comment}\n${zeros(64)}\n`;
for (const [comment, rule] of [['plain', 'E-20'], ['a\tb', 'E-20'], ['\u00e9', 'E-20'], ['a\u0001', 'E-18'], ['a\u007f', 'E-18'], ['a\u0085', 'E-18'], ['a\u009f', 'E-18']]) {
  const { failed } = check(ed('Ed', 40), new Uint8Array(64), signed(comment));
  if (failed !== rule) wrong.push(`comment ${JSON.stringify(comment)}: ${failed}, not ${rule}`);
}
for (const line of wrong) console.log(line);
process.exit(wrong.length > 0 || notHere.length !== 18 ? 1 : 0);
