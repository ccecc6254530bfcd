// SPDX-License-Identifier: Apache-2.0
// Sealed messages between ours and other people's programs, both ways.
//
//     node envelope_interop.mjs ENVELOPE_TOOL
//
// Ours → the npm package age-encryption; Debian's age with a plugin; minisign; the second implementation.
// The second implementation, and age-encryption, → ours.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as age from 'age-encryption';
import { bech32 } from '@scure/base';
import * as f from './envelope_format.mjs';

// age-encryption draws its keys from the global `crypto`, which Node has by itself only since version 19.
globalThis.crypto ??= webcrypto;

const tool = process.argv[2];
const here = path.dirname(fileURLToPath(import.meta.url));
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'envelope-'));
const run = (program, args, input, env) => spawnSync(program, args, { input, env: { ...process.env, ...env }, maxBuffer: 1 << 28 });
const installed = (program) => run(program, ['--version']).error === undefined;

const letters = [0, 1, 100, 65536, 65537, 300000].map((n) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 31 + (i >> 8)) & 255)));
let passed = 0;
async function check(name, test) {
  await test();
  passed++;
  console.log(`ok ${name}`);
}

function sealed(letter) {
  const folder = fs.mkdtempSync(path.join(work, 'sealed-'));
  execFileSync(tool, ['seal', folder], { input: letter });
  const read = (name) => fs.readFileSync(path.join(folder, name));
  return { folder, file: read('message.age'), html: read('carrier.html'), kek: Buffer.from(read('kek').toString(), 'hex'), public: read('public').toString() };
}

// age-encryption, with our stanza as an identity or a recipient of its own.
const identity = (kek) => ({
  unwrapFileKey: (stanzas) => {
    const ours = stanzas.find((s) => s.args[0] === f.TYPE);
    return ours ? f.unwrap(kek, ours.body.subarray(1216)) : null;
  },
});
const recipient = (kek, identityText, ciphertext) => ({
  wrapFileKey: (fileKey) => [new age.Stanza([f.TYPE, identityText], f.join(ciphertext, f.wrap(kek, fileKey)))],
});

function debianAge({ kek, folder }) {
  const plugin = path.join(work, 'age-plugin-securemailtest');
  fs.writeFileSync(plugin, `#!/bin/sh\nexec '${process.execPath}' '${path.join(here, 'envelope_plugin.mjs')}' "$@"\n`, { mode: 0o755 });
  const key = path.join(folder, 'identity');
  fs.writeFileSync(key, bech32.encode('age-plugin-securemailtest-', bech32.toWords(kek), false).toUpperCase() + '\n');
  return run('age', ['-d', '-i', key, path.join(folder, 'message.age')], '', { PATH: `${work}:${process.env.PATH}` });
}

const page = (message, signature) =>
  `<form><input name=message value="${message}"><input name=signature value="${signature}"></form>`;
const opens = (kek, html) => run(tool, ['open', f.hex(kek)], html);

// The gateway key of test_district.c: its seed is made as district_random makes it.
const districtRandom = (number, n) => f.join(...Array.from({ length: Math.ceil(n / 32) }, (_, i) => f.sha256(Buffer.from([number, i, 0x72])))).subarray(0, n);
const signer = { seed: districtRandom(1, 32), id: f.ascii('gateway1') };

function signedPage(file, fields, body) {
  const m = { fields, identity: f.identityBytes(fields), time: 1795100000, expires: 1797519200 };
  return page(f.armor(file), f.sign(signer, file, f.comment(m, body)));
}

try {
  const fields = { district: 'mail.example', serial: 1, address: 'alice@example.org', period: 1794528000 };
  for (const letter of letters) {
    const n = `${letter.length} bytes`;
    const s = sealed(letter);
    await check(`${n}: age-encryption opens ours`, async () => {
      const decrypter = new age.Decrypter();
      decrypter.addIdentity(identity(s.kek));
      assert.deepEqual(Buffer.from(await decrypter.decrypt(s.file)), letter);
      const armored = s.html.toString().match(/-----BEGIN[^"]*/)[0];
      assert.deepEqual(Buffer.from(age.armor.decode(armored)), s.file);
    });
    if (installed('age'))
      await check(`${n}: age opens ours`, () => {
        const done = debianAge(s);
        assert.equal(done.stderr.toString(), '');
        assert.deepEqual(done.stdout, letter);
      });
    if (installed('minisign'))
      await check(`${n}: minisign accepts our signature, and not over another file`, () => {
        const args = ['-Vm', path.join(s.folder, 'message.age'), '-P', s.public];
        const done = run('minisign', args);
        assert.equal(done.status, 0, done.stderr.toString());
        assert.match(done.stdout.toString(), /^Trusted comment: securemail-v1 district=mail\.example serial=1 identity=[0-9a-f]{64} id=[0-9a-f]{64} time=1795100000 expires=1797519200$/m);
        fs.appendFileSync(path.join(s.folder, 'message.age'), 'x');
        assert.notEqual(run('minisign', args).status, 0);
      });
    await check(`${n}: ours opens what age-encryption seals`, async () => {
      const kek = f.sha256(`kek ${letter.length}`), ciphertext = Buffer.alloc(1216, 7);
      const encrypter = new age.Encrypter();
      encrypter.addRecipient(recipient(kek, f.unpadded(f.identityBytes(fields)), ciphertext));
      const file = Buffer.from(await encrypter.encrypt(letter));
      const rows = file.toString('latin1').split('\n');
      const body = Buffer.from(rows.slice(2, rows.indexOf('', 2)).join(''), 'base64');
      const html = signedPage(file, fields, body);
      const done = opens(kek, html);
      assert.equal(done.stderr.toString(), '');
      assert.deepEqual(done.stdout, letter);
      // It must be able to fail: the same under another key, and with a byte of the letter changed.
      assert.notEqual(opens(f.sha256('another'), html).status, 0);
      file[file.length - 1] ^= 1;
      assert.match(opens(kek, signedPage(file, fields, body)).stderr.toString(), /decrypt/);
    });
  }
} finally {
  fs.rmSync(work, { recursive: true });
}
for (const program of ['age', 'minisign']) {
  if (installed(program)) continue;
  console.log(`SKIP: ${program} is not installed`);
  process.exit(77);
}
console.log(`${passed} passed`);
