// Starts Debian's Chromium, as little talkative as it can be made, and opens pages of which every word and request is noted.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const target = fileURLToPath(new URL('../../target/browser/', import.meta.url));
mkdirSync(target, { recursive: true });

export const pageUrl = (name) => pathToFileURL(`${target}pages/${name}.html`).href;
export const picture = (name) => `${target}${name}`;

// A profile of its own, which is removed again.
export const start = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-quic', '--no-first-run',
    '--disable-component-update', '--disable-sync'],
});

// Opens a page, hands it to `use`, and sees that it said nothing on the console and asked nobody for anything.
export const withPage = async (browser, url, options, use) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  try {
    const page = await context.newPage();
    const said = [], asked = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(url, { waitUntil: 'load' });
    const result = await use(page);
    assert.deepEqual(said, [], 'console messages');
    const others = asked.filter((it) => it !== url && !it.startsWith('data:') && !it.startsWith(`${url}#`));
    assert.deepEqual(others, [], 'requests');
    return result;
  } finally {
    await context.close();
  }
};
