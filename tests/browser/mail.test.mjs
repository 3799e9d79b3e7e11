// Tests of the mail to a holder, as a mail program shows its HTML. Run by .ci/browser, which writes the mails first.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { assertAccessible, pageUrl, phone, picture, start, withPage } from './browser.mjs';

let browser;
before(async () => { browser = await start(); });
after(() => browser.close());

const looks = [];
for (const colorScheme of ['light', 'dark']) {
  for (const [device, options] of [['desktop', {}], ['phone', phone]]) looks.push([`${colorScheme}-${device}`, { colorScheme, ...options }]);
}
const words = (text) => text.split(/\s+/).filter(Boolean);
// The brightness of a color, from 0 to 255.
const brightness = (color) => color.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part) / 3, 0);

for (const name of ['mail', 'mail-hostile']) {
  for (const [look, options] of looks) {
    test(`${name}: axe finds no violations, nothing is requested, and it fits, ${look}`, () =>
      withPage(browser, pageUrl(name), options, async (page) => {
        await assertAccessible(page);
        const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(content <= width, `${content} > ${width}`);
        const [back, text] = await page.evaluate(() => {
          const { backgroundColor, color } = getComputedStyle(document.documentElement);
          return [backgroundColor, color];
        });
        const isDark = brightness(back) < brightness(text);
        assert.equal(isDark, options.colorScheme === 'dark', `${back}, ${text}`);
        await page.screenshot({ path: picture(`${name}-${look}.png`), fullPage: true });
      }));
  }

  test(`${name}: the text says the same as the HTML`, () =>
    withPage(browser, pageUrl(name), {}, async (page) => {
      const text = readFileSync(fileURLToPath(pageUrl(name)).replace(/html$/, 'txt'), 'utf8');
      const title = await page.locator('h1').innerText();
      const shown = await page.locator('main').innerText();
      // The letters before steps are drawn by the browser, and are not in its text. The title is the subject.
      const steps = await page.locator('li').count();
      const withoutLetters = text.replace(/^ {3}[a-z]\) /gm, '');
      assert.equal(text.match(/^ {3}[a-z]\) /gm).length, steps);
      assert.deepEqual(words(shown), [...words(title), ...words(withoutLetters)]);
    }));

  test(`${name}: has no link but the contact's, no image, script, form or style from outside`, () =>
    withPage(browser, pageUrl(name), {}, async (page) => {
      assert.deepEqual(await page.locator('a').evaluateAll((all) => all.map((link) => link.href)), ['https://wiki.example.com/rotate?a=1&b=2']);
      assert.equal(await page.locator('img, script, form, iframe, link, object, video, [onclick], [onerror], [background]').count(), 0);
      assert.notEqual(await page.title(), 'owned');
    }));
}
