// SPDX-License-Identifier: Apache-2.0
// A letter that tries what letters can try. Its frame shows text, and nothing of what it tries happens.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Reader, play, task } from './reader.mjs';

await play({}, async (reader, done) => {
  const { page, context } = reader;
  await reader.open(task.carrier);
  await reader.register();
  await reader.confirm(task.address);
  await page.getByRole('heading', { name: 'a hostile letter' }).waitFor();
  const address = page.url();
  const cookies = JSON.stringify((await context.cookies()).map((cookie) => cookie.value).sort());

  const body = await (await page.locator('iframe').elementHandle()).contentFrame();
  await body.waitForURL(/\/body$/);
  await body.getByText('harmless words').waitFor();
  done('its words are shown');

  // Longer than any of its timers and redirections.
  await page.waitForTimeout(2500);
  assert.equal(page.url(), address, 'the page was not navigated');
  assert.match(body.url(), /\/body$/, 'nor the frame');
  assert.match(await body.innerText('body'), /harmless words/);
  assert.equal(context.pages().length, 1, 'no window was opened');
  assert.equal(await body.evaluate(() => document.querySelector('#made-by-script')), null, 'no script ran');
  assert.ok(await body.evaluate(() => {
    try {
      return !parent.document;
    } catch {
      return true;
    }
  }), 'the frame can’t see the page');
  done('nothing happened by itself');

  // Nobody was asked, not even the portal in the reader's name.
  reader.stayed();
  for (const request of reader.requests) assert.ok(!request.url().includes('/sign-out'), request.url());
  done('nothing was asked for');

  // Pressing its button, typing into it: no form is sent.
  const before = reader.requests.length;
  await body.locator('#trap').click({ force: true }).catch(() => {});
  await body.locator('#overlay').click({ force: true }).catch(() => {});
  await page.waitForTimeout(500);
  assert.equal(page.url(), address);
  assert.deepEqual(reader.requests.slice(before), []);
  done('its form is not sent');

  // Its style does not leave the frame.
  await page.evaluate(() => window.scrollTo(0, 0)); // clicking may have scrolled
  const box = await page.locator('iframe').boundingBox();
  assert.ok(await page.getByRole('button', { name: 'Sign out' }).isVisible());
  assert.ok(box.y > 100, 'our own head stays above it');
  done('it covers nothing of ours');

  // A clicked link opens in a window of its own that knows nothing of us. (Here it leads nowhere.)
  const [opened] = await Promise.all([context.waitForEvent('page'), body.locator('#link').click()]);
  assert.equal(await opened.evaluate(() => [window.opener, document.referrer].join()), ',');
  await opened.waitForTimeout(500);
  await opened.close();
  assert.ok(reader.trapped.includes('evil.example'), 'control: whoever does go there is seen');
  assert.equal(page.url(), address);
  done('a link opens elsewhere, without opener or referrer');

  // The frame by itself, as if its address had been opened: the same.
  await page.goto(address + '/body');
  await page.waitForTimeout(1500);
  assert.match(page.url(), /\/body$/);
  assert.equal(await page.evaluate(() => [document.querySelector('#made-by-script'), self.origin].join()), ',null');
  done('nor by itself');

  await page.goto(address);
  assert.equal(JSON.stringify((await context.cookies()).map((cookie) => cookie.value).sort()), cookies, 'no cookie changed');
  assert.ok(await page.getByRole('button', { name: 'Sign out' }).isVisible(), 'still signed in');
  assert.deepEqual([...new Set(reader.trapped)], ['evil.example'], 'nobody else');
  done('still signed in');

  // Once more, only looked at, while Chromium records what its network code is asked for. Not even a name is looked up.
  const network = path.join(task.folder, 'network.json');
  const other = await Reader.start({ network });
  await other.open(task.carrier);
  await other.signIn();
  await other.page.frameLocator('iframe').getByText('harmless words').waitFor();
  await other.page.waitForTimeout(2000);
  await other.end();
  const record = fs.readFileSync(network, 'utf8');
  assert.ok(record.includes(new URL(task.portal).host), 'control: it is a record of this visit');
  assert.deepEqual(record.match(/.{0,80}evil\.example.{0,80}/g), null);
  done('no name is looked up');
  assert.deepEqual(reader.dialogs, []);
});
