// SPDX-License-Identifier: Apache-2.0
// interop: what one implementation seals the other opens, both ways, with fresh randomness in each run.
// `node ibe_exchange.mjs IBE_TOOL ROUNDS`
import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { canonicalAddress } from './address.mjs';
import * as ibe from './ibe.mjs';
import { equal, hex, unhex, utf8 } from './ibe.mjs';

const [tool, rounds] = process.argv.slice(2);
const folder = mkdtempSync(path(tmpdir(), 'ibe-exchange-'));
const fresh = (n) => new Uint8Array(randomBytes(n));
const field = (output, name) => unhex(output.match(new RegExp(`^${name}: ([0-9a-f]*)$`, 'm'))[1]);

function round(number) {
  const district = `district-${number}.example`;
  const serial = randomInt(1, 2 ** 31);
  const seeds = { seed: fresh(32), mlkemSeed: fresh(64) };
  const master = ibe.setUp({ district, serial, ...seeds });
  const authority = { seed: fresh(32), id: fresh(8) };
  const file = path(folder, `params-${number}`);
  writeFileSync(file, ibe.paramsFile({ ...master, interval: 604800, notBefore: 0, notAfter: 253402300799 }, authority));
  const address = canonicalAddress(utf8(`Reader-${hex(fresh(number % 20))}@example.org`));
  const identity = ibe.identityBytes({ district, serial, address, period: randomInt(2 ** 33) });
  const privateKey = ibe.extract(master, identity);
  const run = (command, ...values) => execFileSync(tool, [command, file,
    ibe.minisignPublic(authority.seed, authority.id), ...values.map(hex)], { encoding: 'utf8' });

  // C seals, JavaScript opens; and had it sealed with the same randomness, it would have made the same bytes.
  const m = fresh(32);
  const mu = fresh(32);
  const output = run('encapsulate', identity, ibe.join(m, mu));
  const ciphertext = field(output, 'ciphertext');
  const opened = ibe.decapsulate(master, identity, privateKey, master.dk, ciphertext);
  if (!opened.accepted || !equal(opened.key, field(output, 'key'))) throw new Error('C sealed, JavaScript did not open');
  if (!equal(ibe.encapsulate(master, identity, m, mu).ciphertext, ciphertext)) throw new Error('different ciphertexts');

  // JavaScript seals, C opens; and of a damaged ciphertext both make the same key.
  const sealed = ibe.encapsulate(master, identity, fresh(32), fresh(32));
  const open = (text) => field(run('decapsulate', identity, privateKey, master.dk, text), 'key');
  if (!equal(open(sealed.ciphertext), sealed.key)) throw new Error('JavaScript sealed, C did not open');
  const damaged = Uint8Array.from(sealed.ciphertext);
  damaged[randomInt(96, 1216)] ^= 1 << randomInt(8);
  const rejected = ibe.decapsulate(master, identity, privateKey, master.dk, damaged).key;
  if (equal(rejected, sealed.key) || !equal(open(damaged), rejected)) throw new Error('different keys of a damaged ciphertext');
}

try {
  for (let number = 1; number <= Number(rounds); number++) round(number);
  console.log(`${rounds} rounds agree`);
} finally {
  rmSync(folder, { recursive: true });
}
