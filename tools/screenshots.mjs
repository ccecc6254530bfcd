// SPDX-License-Identifier: Apache-2.0
// Pictures of the pages of the story, each at three widths. Started by tools/screenshots, which runs the programs.
import path from 'node:path';
import { play, task } from '../tests/web/reader.mjs';

// A frame is drawn where it can be seen: so the window is tall, and the picture shows the window.
const WIDTHS = { 320: 1100, 768: 1000, 1280: 860 };

await play({}, async (reader, done) => {
  const { page } = reader;
  const shoot = async (name) => {
    for (const [width, height] of Object.entries(WIDTHS)) {
      await page.setViewportSize({ width: Number(width), height });
      await page.waitForTimeout(300); // until the frame is drawn again
      await page.screenshot({ path: path.join(task.out, `${name}-${width}.png`) });
    }
    done(name);
  };

  await page.goto(`file://${task.carrier}`);
  await shoot('attachment');
  await reader.open(task.carrier);
  await shoot('register');
  await page.evaluate(() => document.querySelector('main form').setAttribute('novalidate', ''));
  await page.getByLabel('Your name').fill('Alice Example');
  await page.getByRole('button', { name: 'Register' }).click();
  await shoot('register-mistakes');
  await reader.register();
  await shoot('check-your-mail');
  await page.goto(task.portal);
  await shoot('start');
  await reader.confirm(task.address);
  await page.getByRole('heading', { name: task.subject }).waitFor();
  await page.frameLocator('iframe').getByRole('img').waitFor();
  await page.mouse.move(0, 0);
  await shoot('reader');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot('reader-dark');
  await page.emulateMedia({ colorScheme: null });
  await page.getByRole('link', { name: 'Plain text' }).click();
  await shoot('reader-plain');
  await reader.signOut();
  await shoot('signed-out');
  await reader.open(task.carrier);
  await shoot('password');
  await page.goto(task.portal + '/upload');
  await page.getByLabel('The saved attachment').setInputFiles(task.broken);
  await page.getByRole('button', { name: 'Open the message' }).click();
  await shoot('error');
});
