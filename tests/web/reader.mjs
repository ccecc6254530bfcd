// SPDX-License-Identifier: Apache-2.0
// A reader with a real browser (Debian's Chromium), and a witness who writes down what the browser does.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const PASSWORD = 'seven green kettles whisper';
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const task = JSON.parse(process.argv[2] ?? '{}');

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

// What Chromium does on its own account, on any page.
const OWN_ERRANDS = /(^|\.)(google|googleapis|googleusercontent|gstatic|gvt1|gvt2)\.com$/;

// The host that a connection is meant for: the server name of a TLS greeting (RFC 6066 §3: type 0, length, name), or HTTP's Host.
function wantedHost(data) {
  for (let at = 0; at + 3 < data.length; at++) {
    const name = data.subarray(at + 3, at + 3 + data.readUInt16BE(at + 1)).toString('latin1');
    if (data[at] === 0 && /^([a-z0-9-]+\.)+[a-z]{2,}$/i.test(name)) return name;
  }
  return data.toString('latin1').match(/^host: *([^\s:]+)/im)?.[1] ?? 'unknown';
}

export class Reader {
  // scripts: whether JavaScript runs. More options are those of a Playwright context.
  // network: a file for Chromium's own record of everything that its network code was asked for.
  static async start({ scripts = true, network, ...options } = {}) {
    const reader = new Reader();
    await reader.setTrap();
    // A profile on disk, as people have one: in a private window Chromium does not reach out in advance.
    reader.profile = fs.mkdtempSync(path.join(task.folder, 'profile-'));
    reader.context = await chromium.launchPersistentContext(reader.profile, {
      executablePath: '/usr/bin/chromium', javaScriptEnabled: scripts, acceptDownloads: true,
      ignoreHTTPSErrors: task.certificate === 'own', args: [...ARGUMENTS, `--host-resolver-rules=MAP * 127.0.0.1:${reader.trap.address().port}, EXCLUDE 127.0.0.1`,
        ...(network ? [`--log-net-log=${network}`] : [])], ...options });
    reader.context.setDefaultTimeout(20000);
    reader.witness();
    reader.page = reader.context.pages()[0] ?? await reader.context.newPage();
    return reader;
  }

  // Every other host is a trap on loopback, which writes down who was wanted.
  async setTrap() {
    this.trapped = [];
    this.trap = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        const host = wantedHost(data);
        if (!OWN_ERRANDS.test(host)) this.trapped.push(host);
        socket.destroy();
      });
    });
    await new Promise((ready) => this.trap.listen(0, '127.0.0.1', ready));
  }

  // Everything that should not happen is written down: an error on the console, a request that leaves, a dialog.
  witness() {
    this.errors = [];
    this.dialogs = [];
    this.requests = []; // those that the browser stopped, by the page's policy, are not among them
    this.context.on('request', (request) => this.requests.push(request));
    this.context.on('requestfailed', (request) => {
      if (!request.failure().errorText.startsWith('net::')) this.requests.splice(this.requests.indexOf(request), 1);
    });
    this.context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.errors.push(`${message.text()} (${message.location().url})`);
    });
    this.context.on('weberror', (error) => this.errors.push(String(error.error())));
    this.context.on('dialog', (dialog) => {
      this.dialogs.push(dialog.message());
      dialog.dismiss();
    });
  }

  // Errors that answer what the test did on purpose are given as `expected`.
  nothingStrange(expected = /^$/) {
    assert.deepEqual(this.errors.filter((error) => !expected.test(error)), [], 'errors on the console');
    this.stayed();
  }

  // Nothing was asked of anybody but the portal, and no dialog came up.
  stayed() {
    const strays = this.requests.map((request) => new URL(request.url()))
      .filter((url) => url.origin !== task.portal && !['file:', 'data:', 'about:', 'blob:'].includes(url.protocol));
    assert.deepEqual(strays.map(String), [], 'requests that leave the portal');
    assert.deepEqual(this.trapped, [], 'connections that leave the portal');
    assert.deepEqual(this.dialogs, [], 'dialogs');
  }

  // Click what leads to another page, and wait until that is there.
  async go(target) {
    await Promise.all([this.page.waitForEvent('load'), target.click()]);
  }

  // Open the saved attachment from disk and press its button.
  async open(carrier) {
    await this.page.goto(`file://${carrier}`);
    await this.go(this.page.getByRole('button', { name: 'Read message' }));
    assert.ok(this.page.url().startsWith(`${task.portal}/read/`), this.page.url());
  }

  async register() {
    const { page } = this;
    await page.getByLabel('Your name').fill('Alice Example');
    await page.getByLabel('Choose a password').fill(PASSWORD);
    await page.getByLabel('The same password again').fill(PASSWORD);
    await page.getByLabel('Security question').selectOption({ index: 3 });
    await page.getByLabel('Your answer').fill('Miss Harding');
    await page.getByLabel('I have read the terms of use').check();
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('heading', { name: 'check your mail' }).waitFor();
  }

  async confirm(address) {
    const { page } = this;
    await page.goto(await confirmationLink(address));
    await this.go(page.getByRole('button', { name: 'Confirm, and open my message' }));
  }

  async signIn() {
    await this.page.getByLabel('Password').fill(PASSWORD);
    await this.go(this.page.getByRole('button', { name: 'Sign in' }));
  }

  async signOut() {
    await this.page.getByRole('button', { name: 'Sign out' }).click();
    await this.page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  }

  // The bytes that a click on a link saves.
  async download(name) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.page.getByRole('link', { name }).click()]);
    return { name: download.suggestedFilename(), bytes: fs.readFileSync(await download.path()) };
  }

  // The violations of WCAG 2.1 A and AA that axe finds on the page, and whether it scrolls sideways when it is narrow.
  async inspect(name) {
    const found = [];
    for (const colorScheme of ['light', 'dark']) {
      await this.page.emulateMedia({ colorScheme });
      await this.page.evaluate(axe);
      const result = await this.page.evaluate(() => globalThis.axe.run(document, {
        iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }));
      assert.ok(result.passes.length > 5, `axe looked at ${name}`);
      for (const one of result.violations)
        found.push(`${name} (${colorScheme}): ${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
    }
    await this.page.emulateMedia({ colorScheme: null });
    const size = this.page.viewportSize();
    await this.page.setViewportSize({ width: 320, height: 640 });
    const width = await this.page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 320) found.push(`${name} is ${width} px wide on a screen of 320`);
    await this.page.setViewportSize(size);
    return found;
  }

  async end() {
    await this.context.close();
    this.trap.close();
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 20 });
  }
}

// Wait until something has come true.
export async function eventually(holds, tries = 200) {
  for (; tries > 0; tries--) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`never: ${holds}`);
}

// The link of the newest confirmation mail to an address, once it has come.
export async function confirmationLink(address) {
  const folder = path.join(task.mailboxes, 'new');
  for (let tries = 0; tries < 200; tries++) {
    const mails = fs.readdirSync(folder).map((name) => path.join(folder, name))
      .filter((file) => fs.readFileSync(file, 'utf8').includes(`Delivered-To: ${address}`))
      .sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs);
    for (const file of mails) {
      const link = fs.readFileSync(file, 'utf8').match(/^https?:\/\/\S+\/confirm\/\S+/m);
      if (link) return link[0];
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no confirmation mail for ${address}`);
}

// Run a test's steps; a failure keeps a picture of what was seen. The last line of output is the result, as JSON.
export async function play(options, steps) {
  const reader = await Reader.start(options);
  const done = [];
  try {
    await steps(reader, (text) => done.push(text));
    console.log(JSON.stringify({ done }));
  } catch (error) {
    const picture = path.join(task.folder, 'failure.png');
    await reader.page.screenshot({ path: picture, fullPage: true }).catch(() => {});
    console.error(error.stack, `\nafter: ${done.join('; ')}\nat: ${reader.page.url()}\nconsole: ${reader.errors.join('; ')}\npicture: ${picture}`);
    process.exitCode = 1;
  } finally {
    await reader.end();
  }
}
