// Tests of fleet.html in a browser. Run by .ci/browser, which writes the pages first.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { pageUrl, start, withPage } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pages = ['fleet', 'fleet-clear', 'fleet-large'];
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

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
          await page.evaluate(axe);
          const { violations, incomplete, passes } = await page.evaluate(() => globalThis.axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          }));
          const described = (list) => list.map((rule) => `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => node.html + node.failureSummary).join(' | ')}`);
          assert.deepEqual(described(violations), []);
          assert.deepEqual(described(incomplete.filter((rule) => rule.id === 'color-contrast')), []);
          assert.ok(passes.some((rule) => rule.id === 'color-contrast'));
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

test('the policy blocks injected scripts, styles and requests', () =>
  open('fleet', {}, async (page) => {
    const stopped = await page.evaluate(() => new Promise((resolve) => {
      const seen = [];
      document.addEventListener('securitypolicyviolation', (event) => {
        seen.push(event.effectiveDirective);
        if (seen.length === 3) resolve(seen.sort());
      });
      const script = document.createElement('script');
      script.textContent = 'document.title = "owned"';
      const style = document.createElement('style');
      style.textContent = 'body { display: none }';
      document.body.append(script, style);
      fetch('https://example.com/').catch(() => {});
      setTimeout(() => resolve(seen.sort()), 3000);
    }));
    assert.deepEqual(stopped, ['connect-src', 'script-src-elem', 'style-src-elem']);
    assert.notEqual(await page.title(), 'owned');
  }).catch((error) => {
    // The browser reports blocked content on the console, which has no other messages.
    if (error.message.split('\n')[0] !== 'console messages') throw error;
    for (const message of error.actual) assert.match(message, /Content Security Policy/);
    assert.ok(error.actual.length >= 3);
  }));
