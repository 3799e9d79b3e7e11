// Tests of fleet.html in a browser. Run by .ci/browser, which writes the pages first.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertAccessible, assertBlocksInjections, pageUrl, phone, start, withPage } from './browser.mjs';

const pages = ['fleet', 'fleet-clear', 'fleet-large'];

let browser;
before(async () => { browser = await start(); });
after(() => browser.close());

const open = (name, options, use) => withPage(browser, pageUrl(name), options, use);

for (const name of pages) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [device, options] of [['desktop', {}], ['phone', phone]]) {
      test(`${name}: axe finds no violations, ${colorScheme}, ${device}`, () =>
        open(name, { colorScheme, ...options }, async (page) => {
          // Folded content has to be accessible too.
          await page.evaluate(() => { for (const details of [...document.querySelectorAll('details')].slice(0, 20)) details.open = true; });
          await assertAccessible(page);
        }));
    }
  }

  test(`${name}: no part is wider than a phone, a screen or a sheet of paper`, async () => {
    const sheet = { viewport: { width: 718, height: 1000 } };
    const narrow = { viewport: { width: 1000, height: 800 } };
    for (const [options, media] of [[phone, 'screen'], [{}, 'screen'], [narrow, 'screen'], [sheet, 'print']]) {
      await open(name, options, async (page) => {
        await page.emulateMedia({ media });
        const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(content <= width, `${content} > ${width} (${media})`);
      });
    }
  });
}

test('the policy blocks injected scripts, styles and requests', () => assertBlocksInjections((use) => open('fleet', {}, use)));
