// SPDX-License-Identifier: Apache-2.0
// bench: other identity-based encryptions as contestants. Reads lines "operation bytes recipients repeats" and answers each with the
// seconds of one run, as contestant.c does.
import { createInterface } from 'node:readline';
import { PostGuard } from './postguard.mjs';
import { Tlock } from './tlock.mjs';

const tlock = new Tlock();
const postguard = new PostGuard();
console.log = () => {}; // tlock-js talks on standard output
const letter = new Uint8Array(10_000_000).fill(0x61);
let sealed; // what the last seal made

const operations = {
  'tlock-encapsulate': async () => { sealed = await tlock.encapsulate(); },
  'tlock-decapsulate': () => tlock.decapsulate(sealed),
  'tlock-extract': () => tlock.extract(),
  'tlock-seal': async plain => { sealed = await tlock.seal(plain); },
  'tlock-open': () => tlock.open(sealed),
  'postguard-seal': async (plain, recipients) => { sealed = await postguard.seal(plain, recipients); },
  'postguard-open': () => postguard.open(sealed),
};

/** Opens what it sealed, so that a contestant that only seems to work is found out. */
async function prove() {
  const plain = letter.subarray(0, 1000);
  for (const rival of [tlock, postguard]) {
    const opened = await rival.open(await rival.seal(plain, 1));
    if (Buffer.compare(Buffer.from(opened), Buffer.from(plain)) !== 0) throw new Error(`${rival.constructor.name} does not open`);
  }
}

await prove();
for await (const line of createInterface({ input: process.stdin })) {
  const [name, bytes, recipients, repeats] = line.split(' ');
  const plain = letter.subarray(0, Number(bytes));
  const begin = process.hrtime.bigint();
  for (let i = 0; i < Number(repeats); i++) await operations[name](plain, Number(recipients));
  process.stdout.write(`${Number(process.hrtime.bigint() - begin) / 1e9 / Number(repeats)}\n`);
}
