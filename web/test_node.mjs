// SPDX-License-Identifier: Apache-2.0
// web: the vectors under Node.
import { readdirSync, readFileSync } from 'node:fs';
import { checkVectors } from './check_vectors.js';

const root = new URL('../tests/vectors/', import.meta.url);
const files = {};
for (const folder of ['envelope', 'ibe', 'ibe_params'])
  for (const name of readdirSync(new URL(folder, root))) files[`${folder}/${name}`] = readFileSync(new URL(`${folder}/${name}`, root), 'utf8');
const { checked, wrong } = checkVectors(files);
console.log(`${checked} good`, ...wrong.map((line) => `\n${line}`));
process.exit(wrong.length > 0 || checked < 190 ? 1 : 0);
