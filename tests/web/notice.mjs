// SPDX-License-Identifier: Apache-2.0
// The HTML part of a sealed mail, as a mail program would show it: on a phone and on a desk, whoever it says it is from.
import assert from 'node:assert/strict';
import path from 'node:path';
import { play, task } from './reader.mjs';

const SCREENS = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 900 } };

await play({ scripts: true }, async (reader, done) => {
  const { page } = reader;
  for (const notice of task.notices) {
    await page.goto(`file://${notice.html}`);
    assert.deepEqual(await reader.inspect(notice.name), []);
    for (const [screen, size] of Object.entries(SCREENS)) {
      const where = `${notice.name} (${screen})`;
      await page.setViewportSize(size);
      await page.screenshot({ path: path.join(task.folder, `${notice.name}-${screen}.png`), fullPage: true });
      const seen = await page.evaluate(() => ({
        width: document.documentElement.scrollWidth,
        text: document.body.innerText,
        smallest: Math.min(...[...document.querySelectorAll('p, li, h1, h2, b')].map((part) => parseFloat(getComputedStyle(part).fontSize))),
        // Words that are cut off: a part is wider than the box that it is in.
        cut: [...document.querySelectorAll('p, li, h1, h2')].filter((part) => part.scrollWidth > part.clientWidth).length,
        steps: document.querySelectorAll('ol > li').length,
        alive: document.querySelectorAll('script, img, a, form, iframe, [onclick], [onerror]').length,
      }));
      assert.ok(seen.width <= size.width, `${where}: ${seen.width} px wide`);
      assert.ok(seen.smallest >= 16, `${where}: letters of ${seen.smallest} px`);
      assert.deepEqual([seen.cut, seen.steps, seen.alive], [0, 3, 0], where);
      for (const words of notice.words) assert.ok(seen.text.replace(/\s+/g, ' ').includes(words), `${where}: “${words}” is not in ${seen.text}`);
      done(where);
    }
  }
  reader.nothingStrange();

  // Control: what is cut, small or too wide is found to be so.
  await page.setContent('<p style="width:2000px;font-size:9px">wide</p>');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) > SCREENS.desk.width);
});
