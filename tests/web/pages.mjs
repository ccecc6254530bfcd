// SPDX-License-Identifier: Apache-2.0
// Every page that a reader can meet: no violation of WCAG 2.1 A or AA, in light and dark, and no sideways scrolling at 320 px.
import assert from 'node:assert/strict';
import { Reader, confirmationLink, play, task } from './reader.mjs';

await play({}, async (reader, done) => {
  const { page } = reader;
  const found = [];
  const look = async (name) => {
    found.push(...await reader.inspect(name));
    done(name);
  };
  const visit = async (path, name) => {
    await page.goto(task.portal + path);
    await look(name);
  };

  await page.goto(`file://${task.carrier}`);
  await look('the attachment');
  await visit('/', 'the start page');
  await visit('/help', 'help');
  await visit('/terms', 'terms of use');
  await visit('/upload', 'the page for a saved file');
  await visit('/nowhere', 'no such page');
  await visit('/signed-out', 'signed out');
  await visit('/confirm/' + 'A'.repeat(43), 'an old link');

  await visit('/sign-in', 'the sign-in page');
  await page.getByLabel('E-mail address').fill('no address@at all');
  await page.evaluate(() => document.querySelector('form[action="/sign-in"]').setAttribute('novalidate', ''));
  await reader.go(page.getByRole('button', { name: 'Password page' }));
  await look('a mistyped address');
  await page.getByLabel('E-mail address').fill(task.address);
  await reader.go(page.getByRole('button', { name: 'Password page' }));
  await look('the password page');
  await page.getByLabel('Password').fill('not the password');
  await reader.go(page.getByRole('button', { name: 'Sign in' }));
  await look('a wrong password');

  await page.goto(task.portal + '/upload');
  await page.getByLabel('The saved attachment').setInputFiles(task.broken);
  await page.getByRole('button', { name: 'Open the message' }).click();
  await page.getByRole('heading', { name: 'message is incomplete' }).waitFor();
  await look('a damaged message');

  await reader.open(task.carrier);
  await look('registration');
  await page.evaluate(() => document.querySelector('main form').setAttribute('novalidate', ''));
  await reader.go(page.getByRole('button', { name: 'Register' }));
  await page.getByRole('alert').waitFor();
  await look('registration with everything forgotten');
  await reader.register();
  await look('check your mail');

  const link = await confirmationLink(task.address);
  const stranger = await Reader.start();
  await stranger.page.goto(link);
  found.push(...await stranger.inspect('the link in another browser'));
  await stranger.end();
  await page.goto(link);
  await look('the link');
  await page.getByRole('button', { name: 'Confirm, and open my message' }).click();
  await page.getByRole('heading', { name: task.subject }).waitFor();
  await look('the message');
  await reader.go(page.getByRole('link', { name: 'Plain text' }));
  await look('the message as plain text');
  await visit('/', 'the start page, signed in');
  await reader.open(task.othersCarrier);
  await look('a message for another address');
  assert.deepEqual(found, []);
  reader.nothingStrange(/status of (403|404|410|422) /);

  // Control: a page that is neither accessible nor narrow is found to be so.
  await page.goto('about:blank');
  await page.setContent('<p style="color:#aaa;background:#fff;width:400px">pale</p><input><a href="/"></a><ul><li>a</ul><p>b<p>c');
  const control = (await reader.inspect('control')).join('\n');
  for (const rule of ['color-contrast', 'label', 'link-name', 'px wide']) assert.match(control, new RegExp(rule));
});
