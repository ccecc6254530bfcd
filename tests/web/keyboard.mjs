// SPDX-License-Identifier: Apache-2.0
// A reader without a mouse: from the attachment to the message by the keyboard alone.
import assert from 'node:assert/strict';
import { PASSWORD, confirmationLink, play, task } from './reader.mjs';

await play({ scripts: task.scripts }, async (reader, done) => {
  const { page } = reader;
  const { keyboard } = page;

  // What has the focus: its label or text, and whether one can see that it has it.
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    return { name: (element.labels?.[0] ?? element).textContent.trim(), tag: element.localName, shown };
  });
  // Press Tab until something has the focus; nothing on the way is a trap or invisible.
  const tabTo = async (name) => {
    for (let presses = 0; presses < 25; presses++) {
      await keyboard.press('Tab');
      const at = await focused();
      if (at.tag !== 'body' && at.tag !== 'iframe') assert.ok(at.shown, `the focus is seen on “${at.name}”`);
      if (at.name.includes(name)) return;
    }
    throw new Error(`Tab never comes to “${name}”; it is at “${(await focused()).name}”`);
  };

  await page.goto(`file://${task.carrier}`);
  await tabTo('Read message');
  await Promise.all([page.waitForEvent('load'), keyboard.press('Enter')]);
  done('pressed the button');

  // The first Tab stop skips what is the same on every page.
  await keyboard.press('Tab');
  assert.equal((await focused()).name, 'Skip to the content');
  await keyboard.press('Enter');
  done('skipped the head of the page');

  // Sent too early: the browser, or the page, leads back to what is missing.
  await tabTo('Your name');
  await keyboard.type('Alice Example');
  await tabTo('Choose a password');
  await keyboard.type(PASSWORD);
  await tabTo('The same password again');
  await keyboard.type(PASSWORD);
  await tabTo('Security question');
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  await tabTo('Your answer');
  await keyboard.type('Miss Harding');
  await tabTo('I have read the terms of use');
  await keyboard.press('Space');
  await tabTo('Register');
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'check your mail' }).waitFor();
  done('registered');

  await page.goto(await confirmationLink(task.address));
  await tabTo('Confirm, and open my message');
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: task.subject }).waitFor();
  await tabTo('Download');
  await tabTo('Save the whole message');
  const [download] = await Promise.all([page.waitForEvent('download'), keyboard.press('Enter')]);
  assert.match(download.suggestedFilename(), /\.eml$/);
  done('read and saved the message');

  await page.reload();
  await tabTo('Sign out');
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  reader.nothingStrange();
  done('signed out');
});
