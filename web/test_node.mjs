// SPDX-License-Identifier: Apache-2.0
// web: the vectors under Node.
import { readdirSync, readFileSync } from 'node:fs';
import { FOLDERS, checkVectors } from './check_vectors.js';

const root = new URL('../tests/vectors/', import.meta.url);
const files = {};
for (const folder of FOLDERS)
  for (const name of readdirSync(new URL(folder, root))) files[`${folder}/${name}`] = readFileSync(new URL(`${folder}/${name}`, root), 'utf8');
const { checked, notHere, wrong } = checkVectors(files);
console.log('checked', checked, `\nnot for this room: ${notHere.length}`, ...wrong.map((line) => `\n${line}`));
process.exit(wrong.length > 0 || notHere.length !== 18 ? 1 : 0);
