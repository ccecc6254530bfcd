// SPDX-License-Identifier: Apache-2.0
// An age plugin for the tests: gives Debian's `age` the file key of a sealed message whose KEM key is the identity.
// Speaks the identity-v1 side of the age plugin protocol (c2sp.org/age-plugin).
import { createInterface } from 'node:readline';
import { bech32 } from '@scure/base';
import * as f from './envelope_format.mjs';

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function readStanza() {
  const first = await input.next();
  if (first.done) return null;
  const rows = [];
  do rows.push((await input.next()).value); while (rows.at(-1).length === 64);
  return { args: first.value.split(' ').slice(1), body: Buffer.from(rows.join(''), 'base64') };
}

if (process.argv[2] !== '--age-plugin=identity-v1') process.exit(1);
let kek;
const found = [];
for (let s; (s = await readStanza()) && s.args[0] !== 'done'; ) {
  if (s.args[0] === 'add-identity') kek = bech32.decodeToBytes(s.args[1].toLowerCase()).bytes;
  if (s.args[0] === 'recipient-stanza' && s.args[2] === f.TYPE) found.push([s.args[1], s.body]);
}
for (const [index, body] of found) {
  process.stdout.write(f.stanza(['file-key', index], f.unwrap(kek, body.subarray(1216))));
  await readStanza();
}
process.stdout.write('-> done\n\n');
process.exit(0);
