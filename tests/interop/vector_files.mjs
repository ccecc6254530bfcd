// SPDX-License-Identifier: Apache-2.0
// interop: files of vectors, written or compared: what the makers of tests/vectors have in common.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join as path } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path(dirname(fileURLToPath(import.meta.url)), '../vectors');

/** Write `files` ("folder/name" → text), or with `--check` compare with those that are there; a file of these folders that nothing makes is
 * wrong. `kept` are others' files. Ends the program. */
export function settle(folders, files, kept = []) {
  const check = process.argv[2] === '--check';
  let wrong = 0;
  for (const folder of folders) {
    if (!check) mkdirSync(path(root, folder), { recursive: true });
    for (const name of existsSync(path(root, folder)) ? readdirSync(path(root, folder)) : []) {
      if (files.has(`${folder}/${name}`) || name === 'README.md' || kept.includes(`${folder}/${name}`)) continue;
      if (!check) rmSync(path(root, folder, name));
      else if (++wrong) console.log(`${folder}/${name}: nothing makes this file`);
    }
  }
  for (const [name, content] of files) {
    const place = path(root, name);
    if (!check) writeFileSync(place, content);
    else if ((!existsSync(place) || readFileSync(place, 'utf8') !== content) && ++wrong) console.log(`${name}: not what the specification says`);
  }
  console.log(`${files.size} files ${check ? 'compared' : 'written'}, ${wrong} wrong`);
  process.exit(wrong || files.size === 0 ? 1 : 0);
}
