// SPDX-License-Identifier: Apache-2.0
// Lays the age project's vectors (npm: cctv-age) out as files, uncompressed, and has a program judge them.
//
//     node envelope_age_vectors.mjs PROGRAM
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import * as vectors from 'cctv-age';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'age-vectors-'));
let code = 1;
try {
  for (const [name, content] of Object.entries(vectors)) {
    if (!(content instanceof Uint8Array)) continue;
    const bytes = Buffer.from(content);
    const keys = bytes.subarray(0, bytes.indexOf('\n\n') + 2);
    let message = bytes.subarray(keys.length);
    if (keys.includes('compressed: zlib\n')) message = zlib.inflateSync(message);
    fs.writeFileSync(path.join(folder, name), Buffer.concat([keys, message]));
  }
  code = spawnSync(process.argv[2], [folder], { stdio: 'inherit' }).status ?? 1;
} finally {
  fs.rmSync(folder, { recursive: true });
}
process.exit(code);
