// SPDX-License-Identifier: Apache-2.0
// The whole story of two letters in a real browser, from the saved attachment to the page after signing out.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { eventually, play, task } from './reader.mjs';

const letter = fs.readFileSync(task.letter), second = fs.readFileSync(task.second);

await play({ scripts: task.scripts }, async (reader, done) => {
  const { page, context } = reader;

  await page.goto(`file://${task.carrier}`);
  const day = (await page.getByText(/^\d+ [A-Z][a-z]+ 20\d\d$/).innerText()).trim();
  await reader.open(task.carrier);
  assert.match(page.url(), /\/read\/[0-9a-f]+\/register$/);
  done('the button leads to registration');
  await reader.register();
  done('registered');
  await reader.confirm(task.address);
  await page.getByRole('heading', { name: task.subject }).waitFor();
  done('mailbox proved');

  // The message: its head, its text in the frame with the picture in it.
  for (const text of ['Dana Whitfield', task.address, 'Its signature is genuine', `You can open it until ${day}.`]) await page.getByText(text).first().waitFor();
  const frame = page.frameLocator('iframe');
  await frame.getByText('your statement for November is attached').waitFor();
  const picture = frame.getByRole('img', { name: 'Department of Examples' });
  await eventually(() => picture.evaluate((image) => image.complete && image.naturalWidth === 240));
  done('the frame shows text and picture');

  await reader.go(page.getByRole('link', { name: 'Plain text' }));
  await page.locator('.text').getByText('your statement for November is attached').waitFor();
  await reader.go(page.getByRole('link', { name: 'Formatted' }));
  done('plain text, too');

  // Attachments: seen in a window of their own, and saved.
  for (const name of ['photo.png', 'notes.txt']) {
    const [view] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: `View ${name}` }).click()]);
    await view.waitForLoadState();
    if (name === 'photo.png') await eventually(() => view.locator('img').evaluate((image) => image.naturalWidth === 60));
    else assert.match(await view.locator('body').innerText(), /only a note/);
    await view.close();
    done(`${name} is shown`);
  }
  for (const [name, file] of Object.entries(task.attachments)) {
    const saved = await reader.download(`Download ${name}`);
    assert.equal(saved.name, name);
    assert.ok(saved.bytes.equals(fs.readFileSync(file)), `${name} is what was attached`);
    done(`${name} is saved`);
  }

  const whole = await reader.download('Save the whole message');
  assert.ok(whole.bytes.equals(letter), 'the saved message is byte for byte what went in');
  assert.match(whole.name, /\.eml$/);
  done('the whole message is saved');

  // Signing out, and going back.
  const address = page.url();
  await reader.signOut();
  done('signed out');
  for (let steps = 0; steps < 4; steps++) {
    await page.goBack().catch(() => {});
    const seen = await page.content();
    assert.ok(!seen.includes(task.subject) && !seen.includes('Save the whole message'), `nothing is shown at ${page.url()}`);
    for (const frame of page.frames()) assert.ok(!(await frame.content()).includes('statement'), 'nor in a frame');
  }
  await page.goto(address);
  assert.match(page.url(), /sign-in$/);
  done('going back shows nothing');

  // The second letter: the address is known.
  await reader.open(task.secondCarrier);
  assert.match(page.url(), /\/read\/[0-9a-f]+\/sign-in$/);
  assert.equal(await page.getByLabel('E-mail address').inputValue(), task.address);
  await reader.signIn();
  await page.getByText('bring your identity card').waitFor();
  assert.ok((await reader.download('Save the whole message')).bytes.equals(second));
  await reader.signOut();
  done('the second letter needs the password alone');

  const cookies = await context.cookies();
  assert.ok(cookies.every((cookie) => cookie.httpOnly && cookie.sameSite !== 'None' && !cookie.name.includes('session')), JSON.stringify(cookies));
  reader.nothingStrange(/status of 410 .*\/confirm\//); // going back led to the used link, too
  done('no error on the console, no request left the portal, no dialog');
});
