// SPDX-License-Identifier: Apache-2.0
// A reader who makes mistakes: each is told beside its field, the list of them is announced and leads there, and what was typed stays.
import assert from 'node:assert/strict';
import { play, task } from './reader.mjs';

await play({ scripts: false }, async (reader, done) => {
  const { page } = reader;
  const register = page.getByRole('button', { name: 'Register' });
  const withoutBrowsersHelp = () => page.evaluate(() => document.querySelector('main form').setAttribute('novalidate', ''));

  await reader.open(task.carrier);
  await withoutBrowsersHelp();
  await page.getByLabel('Your name').fill('Alice <Example> & "Co"');
  await page.getByLabel('Choose a password').fill('short');
  await page.getByLabel('The same password again').fill('short too');
  await reader.go(register);
  const list = page.getByRole('alert');
  await list.waitFor();
  assert.equal(await page.getByLabel('Your name').inputValue(), 'Alice <Example> & "Co"');
  assert.equal(await page.getByLabel('Choose a password').inputValue(), '', 'a password is not shown again');
  assert.match(await page.title(), /^Please check/);
  done('what was typed stays, but passwords');

  // Every field that the list names is marked, and says itself what is wrong.
  const links = await list.getByRole('link').all();
  assert.ok(links.length >= 4, `${links.length} mistakes`);
  for (const link of links) {
    const field = page.locator(await link.getAttribute('href'));
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    const described = (await field.getAttribute('aria-describedby')).split(' ').at(-1);
    assert.equal(await page.locator(`#${described}`).innerText(), await link.innerText());
  }
  await links[0].click();
  assert.equal(await page.evaluate(() => document.activeElement.id || location.hash.slice(1)), (await links[0].getAttribute('href')).slice(1));
  done('each mistake is told where it is');

  for (const [password, again, told] of [['seven green kettles', 'seven green kettle', 'The two passwords differ'],
    ['password1', 'password1', 'easy to guess'], ['Alice Example', 'Alice Example', 'easy to guess']]) {
    await withoutBrowsersHelp();
    await page.getByLabel('Your name').fill('Alice Example');
    await page.getByLabel('Choose a password').fill(password);
    await page.getByLabel('The same password again').fill(again);
    await page.getByLabel('Security question').selectOption({ index: 1 });
    await page.getByLabel('Your answer').fill('Rex');
    await page.getByLabel('I have read the terms of use').check();
    await reader.go(register);
    assert.match(await page.getByRole('alert').innerText(), new RegExp(told));
    assert.ok(await page.getByLabel('I have read the terms of use').isChecked());
    done(`told: ${told}`);
  }
  await reader.register();
  done('registered at last');
  reader.nothingStrange(/(422|403) /);
});
