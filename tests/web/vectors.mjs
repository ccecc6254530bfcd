// SPDX-License-Identifier: Apache-2.0
// Every vector by the room web, inside a real browser: no word of it needs Node.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { play } from './reader.mjs';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const TYPES = { '.js': 'text/javascript', '.html': 'text/html; charset=utf-8', '': 'text/plain; charset=utf-8', '.txt': 'text/plain; charset=utf-8', '.pub': 'text/plain' };
const PAGE = `<!doctype html><meta charset=utf-8><title>vectors</title><script type="importmap">{"imports": {${
  ['ciphers', 'curves', 'hashes', 'post-quantum'].map((name) => `"@noble/${name}/": "/node_modules/@noble/${name}/"`).join(', ')}}}</script>`;

const server = http.createServer((request, response) => {
  const name = decodeURIComponent(request.url);
  const file = path.join(root, name);
  if (name !== '/' && !(/^\/(web|tests\/vectors|node_modules\/@noble)\//.test(name) && !name.includes('..') && fs.existsSync(file)))
    return response.writeHead(404).end();
  if (name.endsWith('/') && name !== '/') // a folder: its files
    return response.end(JSON.stringify(fs.readdirSync(file).map((entry) => `${path.basename(file)}/${entry}`)));
  response.writeHead(200, { 'content-type': TYPES[name === '/' ? '.html' : path.extname(name)] ?? 'text/plain' });
  return response.end(name === '/' ? PAGE : fs.readFileSync(file));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

await play({}, async (reader, done) => {
  await reader.page.goto(`http://127.0.0.1:${server.address().port}/`);
  const { checked, notHere, wrong } = await reader.page.evaluate(async () => {
    const { FOLDERS, checkVectors } = await import('/web/check_vectors.js');
    const lists = await Promise.all(FOLDERS.map(async (folder) => (await fetch(`/tests/vectors/${folder}/`)).json()));
    const names = lists.flat();
    const texts = await Promise.all(names.map(async (name) => (await fetch(`/tests/vectors/${name}`)).text()));
    return checkVectors(Object.fromEntries(names.map((name, i) => [name, texts[i]])));
  });
  assert.deepEqual(wrong, []);
  done(`checked ${JSON.stringify(checked)}, not for this room: ${notHere.length}`);
});
server.close();
