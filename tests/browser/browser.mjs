// Starts Debian's Chromium without background requests, and opens pages with a record of console messages and requests.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const target = fileURLToPath(new URL('../../target/browser/', import.meta.url));
mkdirSync(target, { recursive: true });

export const pageUrl = (name) => pathToFileURL(`${target}pages/${name}.html`).href;
export const picture = (name) => `${target}${name}`;

// With a temporary profile.
export const start = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-quic', '--no-first-run',
    '--disable-component-update', '--disable-sync'],
});

// Opens a page, passes it to `use`, and asserts that it wrote no console message and sent no request.
export const withPage = async (browser, url, options, use) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  try {
    const page = await context.newPage();
    const messages = [], requests = [];
    page.on('console', (message) => messages.push(message.text()));
    page.on('pageerror', (error) => messages.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(url, { waitUntil: 'load' });
    const result = await use(page);
    assert.deepEqual(messages, [], 'console messages');
    const [own] = url.split('#');
    const others = requests.filter((request) => request.split('#')[0] !== own && !request.startsWith('data:'));
    assert.deepEqual(others, [], 'requests');
    return result;
  } finally {
    await context.close();
  }
};
