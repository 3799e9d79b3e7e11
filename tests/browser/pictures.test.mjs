// The pictures in docs/: the page and the digest of the demo. Run by .ci/browser, which runs the demo first.
//
// A picture that no longer looks like the page fails. UPDATE_PICTURES=1 replaces them. A font draws edges differently from one
// version to another, so a small share of the pixels may differ.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { pageUrl, picture, start, withPage } from './browser.mjs';

const docs = (name) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
const MAX_BYTES = 200_000;
// Of the pixels, those whose color differs visibly.
const MAX_SHARE = 0.02;
// Every run has an id of its own.
const RUN_ID = '20260115T060000Z-7f3a91';

let browser;
before(async () => { browser = await start(); });
after(() => browser.close());

const fixRunIds = (page) => page.evaluate((fixed) => {
  const ids = /\d{8}T\d{6}Z-[0-9a-f]{6}/g;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (text.parentElement.tagName !== 'SCRIPT') text.data = text.data.replace(ids, fixed);
  }
}, RUN_ID);

// The share of pixels that differ by more than an eighth in one of their colors; 1 if the sizes differ.
const difference = async (expected, actual) => {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const url = (png) => `data:image/png;base64,${png.toString('base64')}`;
    return await page.evaluate(async (urls) => {
      const pixels = async (source) => {
        const image = new Image();
        image.src = source;
        await image.decode();
        const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
        const drawing = canvas.getContext('2d');
        drawing.drawImage(image, 0, 0);
        return drawing.getImageData(0, 0, image.width, image.height);
      };
      const [one, other] = [await pixels(urls[0]), await pixels(urls[1])];
      if (one.width !== other.width || one.height !== other.height) return 1;
      let differing = 0;
      for (let start = 0; start < one.data.length; start += 4) {
        const channels = [0, 1, 2].map((channel) => Math.abs(one.data[start + channel] - other.data[start + channel]));
        if (Math.max(...channels) > 32) differing += 1;
      }
      return differing / (one.data.length / 4);
    }, [url(expected), url(actual)]);
  } finally {
    await context.close();
  }
};

const check = async (name, page) => {
  const actual = await page.screenshot({ path: picture(name), animations: 'disabled', caret: 'hide' });
  assert.ok(actual.length < MAX_BYTES, `${name} has ${actual.length} bytes`);
  if (process.env.UPDATE_PICTURES) writeFileSync(docs(name), actual);
  const share = await difference(readFileSync(docs(name)), actual);
  assert.ok(share <= MAX_SHARE, `docs/${name} differs from target/browser/${name} in ${(share * 100).toFixed(1)} % of its pixels`);
};

const desktop = { viewport: { width: 1200, height: 1000 } };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
for (const [name, options] of [
  ['report.png', { ...desktop, colorScheme: 'light' }],
  ['report-dark.png', { ...desktop, colorScheme: 'dark' }],
  ['report-phone.png', { ...phone, colorScheme: 'light' }],
]) {
  test(`${name} shows the page of the demo`, () => withPage(browser, pageUrl('acme'), options, async (page) => {
    await page.locator('#tools').waitFor({ state: 'visible' });
    await fixRunIds(page);
    await check(name, page);
  }));
}

// As a mail program with a proportional font shows it.
test('digest.png shows the digest of the demo', async () => {
  const digest = readFileSync(picture('pages/digest.txt'), 'utf8').replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{6}/g, RUN_ID);
  const context = await browser.newContext({ viewport: { width: 860, height: 780 }, colorScheme: 'light' });
  try {
    const page = await context.newPage();
    await page.setContent('<title>Digest</title><main></main>');
    await page.evaluate((text) => {
      const main = document.querySelector('main');
      main.textContent = text.replace(/^Subject: /, '');
      main.style.cssText = 'white-space: pre-wrap; overflow-wrap: anywhere; margin: 24px; font: 14px/1.5 sans-serif; color: #1c2733';
    }, digest);
    await check('digest.png', page);
  } finally {
    await context.close();
  }
});

test('a changed picture is noticed', async () => {
  const [light, dark] = ['report.png', 'report-dark.png'].map((name) => readFileSync(docs(name)));
  assert.equal(await difference(light, light), 0);
  assert.ok(await difference(light, dark) > 0.5);
  assert.equal(await difference(light, readFileSync(docs('digest.png'))), 1);
});
