// SPDX-License-Identifier: Apache-2.0
// The carrier in a real browser (Debian's Chromium), from disk.
//
//     node envelope_carrier.mjs ENVELOPE_TOOL [FOLDER FOR SCREENSHOTS]
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [, , tool, screenshots] = process.argv;
const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!fs.existsSync(browserPath)) {
  console.log('SKIP: chromium is not installed');
  process.exit(77);
}
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'carrier-'));

// A portal that keeps what is posted to it.
const posts = [], requests = [];
const portal = http.createServer((request, response) => {
  const parts = [];
  requests.push(`${request.method} ${request.url}`);
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    posts.push({ type: request.headers['content-type'] ?? '', body: Buffer.concat(parts), headers: request.headers });
    response.end('<title>portal</title>');
  });
});
await new Promise((ready) => portal.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${portal.address().port}`;

const fields = (post) => {
  const boundary = '--' + post.type.match(/boundary=(.*)/)[1];
  return Object.fromEntries(post.body.toString('latin1').split(boundary).slice(1, -1).map((part) => {
    const [head, ...rest] = part.split('\r\n\r\n');
    return [head.match(/name="(\w+)"/)[1], rest.join('\r\n\r\n').replace(/\r\n$/, '')];
  }));
};
const find = (html) => spawnSync(tool, ['find'], { input: html, maxBuffer: 1 << 28 });

let passed = 0;
async function check(name, test) {
  await test();
  passed++;
  console.log(`ok ${name}`);
}

const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
try {
  const letter = Buffer.alloc(100000, 'a letter ');
  execFileSync(tool, ['seal', work, url], { input: letter });
  const read = (name) => fs.readFileSync(path.join(work, name));
  const file = read('message.age'), signature = read('message.age.minisig').toString(), html = read('carrier.html');
  const open = async (settings, name = 'carrier.html') => {
    const context = await browser.newContext(settings);
    const page = await context.newPage();
    page.on('console', (message) => assert.fail(`console: ${message.text()}`));
    await page.goto(pathToFileURL(path.join(work, name)).href);
    return { context, page };
  };

  await check('without JavaScript, the button posts message and signature', async () => {
    const { context, page } = await open({ javaScriptEnabled: false });
    await page.getByRole('button', { name: 'Read message' }).click();
    await page.waitForURL(`${url}/open`);
    assert.deepEqual(requests.filter((r) => r.startsWith('POST')), ['POST /open']);
    const post = posts.find((p) => p.type.startsWith('multipart/form-data'));
    const got = fields(post);
    assert.deepEqual(Object.keys(got), ['message', 'signature']);
    assert.equal(got.signature.replaceAll('\r\n', '\n'), signature.trimEnd() + '\n');
    assert.deepEqual(find(`<input value="${got.message}"></form>`).stdout, file);
    assert.equal(post.headers.referer, undefined);
    await context.close();
  });

  await check('a page that the browser wrote anew still holds both', async () => {
    const { context, page } = await open({});
    const again = await page.evaluate(() => document.documentElement.outerHTML);
    assert.notEqual(again, html.toString());
    assert.deepEqual(find(again).stdout, file);
    const crlf = again.replace(/\n/g, '\r\n');
    assert.deepEqual(find(crlf).stdout, file);
    await context.close();
  });

  for (const colorScheme of ['light', 'dark'])
    for (const width of [320, 1280])
      await check(`${colorScheme}, ${width} px: accessible, nothing wider than the window`, async () => {
        const { context, page } = await open({ colorScheme, viewport: { width, height: 700 } });
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
        await page.evaluate(axe);
        const { violations, incomplete } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
        assert.deepEqual(violations.map((v) => `${v.id}: ${v.help}`), []);
        assert.deepEqual(incomplete.map((v) => `${v.id}: ${v.help}`), []);
        assert.equal(await page.locator('.cut').isVisible(), false);
        const button = await page.getByRole('button').boundingBox();
        assert.ok(button.height >= 44);
        if (screenshots) await page.screenshot({ path: path.join(screenshots, `carrier-${width}-${colorScheme}.png`), fullPage: true });
        await context.close();
      });

  await check('a page that was cut has no button, and says whom to ask', async () => {
    fs.writeFileSync(path.join(work, 'cut.html'), html.subarray(0, html.length / 2));
    const { context, page } = await open({ javaScriptEnabled: false }, 'cut.html');
    assert.equal(await page.getByRole('button').count(), 0);
    assert.ok(await page.locator('.cut').isVisible());
    assert.match(await page.locator('.cut').innerText(), /help@example\.com/);
    await context.close();
  });

  await check('nothing but the button asked for anything', () => {
    assert.deepEqual(requests.filter((r) => r !== 'GET /favicon.ico'), ['POST /open']);
  });
} finally {
  await browser.close();
  portal.close();
  fs.rmSync(work, { recursive: true });
}
console.log(`${passed} passed`);
