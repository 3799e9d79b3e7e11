// Starts Debian's Chromium without background requests, and opens pages with a record of console messages and requests.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const target = fileURLToPath(new URL('../../target/browser/', import.meta.url));
mkdirSync(target, { recursive: true });

export const pageUrl = (name) => pathToFileURL(`${target}pages/${name}.html`).href;
export const picture = (name) => `${target}${name}`;

export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Asserts that axe finds no violation, and no contrast that it cannot judge.
export const assertAccessible = async (page) => {
  await page.evaluate(axe);
  const { violations, incomplete, passes } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  const described = (list) => list.map((rule) => `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => node.html + node.failureSummary).join(' | ')}`);
  assert.deepEqual(described(violations), []);
  assert.deepEqual(described(incomplete.filter((rule) => rule.id === 'color-contrast')), []);
  assert.ok(passes.some((rule) => rule.id === 'color-contrast'));
};

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

// Asserts that the policy of a page blocks injected scripts, styles and requests.
export const assertBlocksInjections = (opened) =>
  opened(async (page) => {
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
  });
