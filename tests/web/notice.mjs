// SPDX-License-Identifier: Apache-2.0
// A sealed mail as a mail program would show it, and its attachment's page: on a phone and on a desk, in every language, whoever it says it is from.
import assert from 'node:assert/strict';
import path from 'node:path';
import { play, task } from './reader.mjs';

const SCREENS = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 900 } };
const LOCALES = { en: 'en-GB', es: 'es', pt: 'pt' };

// The coming days as another implementation writes them in this language.
function days(language) {
  const form = new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'long', timeZone: 'UTC' });
  return Array.from({ length: 100 }, (_, day) => form.format(Date.now() + day * 86400000));
}

// Letters that no font has: they look like a character that does not exist. To be run in a page.
function withoutGlyph(text) {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const looks = (letter) => {
    canvas.canvas.width = canvas.canvas.height = 60;
    canvas.font = getComputedStyle(document.body).font;
    canvas.fillText(letter, 20, 40);
    return canvas.getImageData(0, 0, 60, 60).data.toString();
  };
  const missing = looks('\u0378');
  return [...new Set(text)].filter((letter) => letter.trim() !== '' && looks(letter) === missing);
}

// What a person sees, or would stumble over. To be run in a page.
function look() {
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    language: document.documentElement.lang,
    width: document.documentElement.scrollWidth,
    text: document.body.innerText.replace(/\s+/g, ' '),
    title: document.title,
    smallest: Math.min(...all('p, li, h1, h2, b, dt, dd, button').map((part) => parseFloat(getComputedStyle(part).fontSize))),
    // Words that are cut off: a part is wider than the box that it is in.
    cut: all('p, li, h1, h2, dt, dd, button').filter((part) => part.scrollWidth > part.clientWidth).length,
    steps: all('ol > li').length,
    alive: all('script, img, a, form, iframe, [onclick], [onerror]').length,
  };
}

async function check(reader, notice, kind, expected) {
  const { page } = reader;
  await page.goto(`file://${expected.file}`);
  assert.deepEqual(await reader.inspect(`${notice.name} ${kind}`), []);
  const seen = [];
  for (const [screen, size] of Object.entries(SCREENS)) {
    const where = `${notice.name} ${kind} (${screen})`;
    await page.setViewportSize(size);
    await page.screenshot({ path: path.join(task.folder, `${notice.name}-${kind}-${screen}.png`), fullPage: true });
    const now = await page.evaluate(look);
    assert.ok(now.width <= size.width, `${where}: ${now.width} px wide`);
    assert.ok(now.smallest >= expected.smallest, `${where}: letters of ${now.smallest} px`);
    assert.deepEqual([now.language, now.cut, now.steps, now.alive], [notice.language, 0, 3, expected.alive], where);
    for (const words of expected.words) assert.ok(now.text.includes(words), `${where}: “${words}” is not in ${now.text}`);
    assert.deepEqual(await page.evaluate(withoutGlyph, now.text.replace(/[\u0590-\u05ff]/g, '') + now.title), [], `${where}: letters without a shape`);
    assert.ok(!/[{}\ufffd]/.test(now.text + now.title), where);
    seen.push([now.title, ...days(notice.language).filter((day) => new RegExp(`(?<!\\d)${day}`).test(now.text))]);
  }
  assert.deepEqual(seen[0], seen[1]);
  assert.equal(seen[0].length, 2, `${notice.name} ${kind}: one day, as people write it: ${seen[0]}`);
  return seen[0][1];
}

await play({ scripts: true }, async (reader, done) => {
  const { page } = reader;
  const titles = new Set();
  for (const notice of task.notices) {
    const day = await check(reader, notice, 'mail', { file: notice.html, words: notice.words, smallest: 16, alive: 0 });
    titles.add(await page.title());
    Object.keys(SCREENS).forEach((screen) => done(`${notice.name} (${screen})`));
    const sameDay = await check(reader, notice, 'page', { file: notice.page, words: notice.pageWords, smallest: 15, alive: 1 });
    assert.equal(day, sameDay);
    await page.goto(`file://${notice.page}`);
    await reader.go(page.getByRole('button', { name: notice.button, exact: true }));
    assert.ok(page.url().startsWith(`${task.portal}/read/`), page.url());
    Object.keys(SCREENS).forEach((screen) => done(`${notice.name} page (${screen})`));
  }
  reader.nothingStrange();
  assert.equal(titles.size, 3, `a title for each language: ${[...titles]}`);

  // Controls: what is cut, small or too wide, or has no shape, is found to be so.
  await page.goto('about:blank');
  await page.setContent('<p style="width:2000px;font-size:9px">wide</p>');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) > SCREENS.desk.width);
  assert.deepEqual(await page.evaluate(withoutGlyph, 'áñ\u0379'), ['\u0379']);
});
