// Tests of report.html in a browser. Run by .ci/browser, which writes the pages first.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { pageUrl, picture, start, withPage } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pages = ['tenancy', 'hostile', 'partial', 'clear', 'what-if', 'failed', 'accepted', 'large'];
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

let browser;
before(async () => { browser = await start(); });
after(() => browser.close());

const open = (name, options, use) => withPage(browser, pageUrl(name), options, use);
const rows = (page) => page.locator('#rows tr');
const texts = (page, selector) => page.locator(`#rows ${selector}`).allInnerTexts();
const status = (page) => page.locator('#status').innerText();
const settled = (page) => page.waitForTimeout(250);
const dataRows = (page) => page.evaluate(() => JSON.parse(document.getElementById('data').textContent).rows);

for (const name of pages) {
  test(`${name}: loads without console messages and requests`, () =>
    open(name, {}, async (page) => {
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('#tools').waitFor({ state: 'visible' });
    }));

  // The large page has the same elements, only more of them.
  for (const colorScheme of name === 'large' ? [] : ['light', 'dark']) {
    for (const [device, options] of [['desktop', {}], ['phone', phone]]) {
      test(`${name}: axe finds no violations, ${colorScheme}, ${device}`, () =>
        open(name, { colorScheme, ...options }, async (page) => {
          // Folded content has to be accessible too.
          await page.evaluate(() => { for (const details of [...document.querySelectorAll('details')].slice(0, 40)) details.open = true; });
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

  test(`${name}: no part is wider than a phone or a sheet of paper`, async () => {
    const sheet = { viewport: { width: 718, height: 1000 } };
    for (const [options, media] of [[phone, 'screen'], [{}, 'screen'], [sheet, 'print']]) {
      await open(name, options, async (page) => {
        await page.emulateMedia({ media });
        const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(content <= width, `${content} > ${width} (${media})`);
        // No column is so narrow that its words break at every letter.
        const cells = await page.locator('#rows tr:first-child td:visible').evaluateAll((all) => all.map((cell) => cell.offsetWidth));
        assert.ok(cells.every((width) => width >= 40), `${cells} (${media})`);
      });
    }
  });

  test(`${name}: content stays within its cell`, async () => {
    for (const [width, media] of [[1280, 'screen'], [1024, 'screen'], [981, 'screen'], [718, 'print']]) {
      await open(name, { viewport: { width, height: 1000 } }, async (page) => {
        await page.emulateMedia({ media });
        await page.locator('#show').evaluate((select) => { select.value = 'all'; select.dispatchEvent(new Event('change')); });
        const outside = await page.locator('#rows td').evaluateAll((all) => all.flatMap((cell) => {
          const { right } = cell.getBoundingClientRect();
          const range = document.createRange();
          range.selectNodeContents(cell);
          const most = Math.max(...[...range.getClientRects()].map((box) => box.right));
          return most > right ? [`${cell.className}: ${cell.textContent}`] : [];
        }));
        assert.deepEqual(outside, [], `${width} (${media})`);
      });
    }
  });
}

test('served over HTTP, the page requests nothing else, not even an icon', async () => {
  const asked = [];
  const html = readFileSync(fileURLToPath(pageUrl('tenancy')));
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(html);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    const url = `http://127.0.0.1:${server.address().port}/report.html`;
    await withPage(browser, url, {}, settled);
    assert.deepEqual(asked, ['/report.html']);
  } finally {
    server.close();
  }
});

test('the policy blocks injected scripts, styles and requests', () =>
  open('tenancy', {}, async (page) => {
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

test('the page initially shows findings, the most urgent first', () =>
  open('tenancy', {}, async (page) => {
    const all = await dataRows(page);
    const found = all.filter((row) => row[0] !== 3 || row[8] > 0 || (row[9] & 7) > 0);
    assert.ok(found.length > 100 && found.length < all.length);
    assert.equal(await page.locator('#show').inputValue(), 'findings');
    assert.equal(await rows(page).count(), 100);
    assert.deepEqual(await texts(page, '.c-user'), found.slice(0, 100).map((row) => row[1]));
    const number = new Intl.NumberFormat('en').format;
    assert.equal(await status(page), `100 shown of ${number(found.length)} that match, of ${number(all.length)}.`);
    await page.locator('#more').click();
    assert.equal(await rows(page).count(), Math.min(600, found.length));
    assert.equal(await page.evaluate(() => document.activeElement.closest('tr')?.sectionRowIndex), 100);
  }));

test('a click on a heading sorts, another click reverses the order', () =>
  open('tenancy', {}, async (page) => {
    await page.locator('#show').selectOption('all');
    const all = await dataRows(page);
    const column = async (name, selector, expected) => {
      await page.getByRole('columnheader', { name }).getByRole('button').click();
      assert.deepEqual(await texts(page, selector), expected.slice(0, 100), name);
    };
    const collator = new Intl.Collator('en', { numeric: true });
    const users = all.map((row) => row[1]).sort(collator.compare);
    await column('User', '.c-user', users);
    assert.equal(await page.getByRole('columnheader', { name: 'User' }).getAttribute('aria-sort'), 'ascending');
    await column('User', '.c-user', users.toReversed());
    assert.equal(await page.getByRole('columnheader', { name: 'User' }).getAttribute('aria-sort'), 'descending'); // words: allow
    const oldest = all.map((row) => row[4]).filter((age) => age !== null).sort((a, b) => b - a);
    const days = (age) => `${new Intl.NumberFormat('en').format(age)} ${age === 1 ? 'day' : 'days'}`;
    await column('Age', '.c-age', oldest.map(days));
    await column('Age', '.c-age', oldest.toReversed().map(days));
    assert.equal(await page.getByRole('columnheader', { name: 'User' }).getAttribute('aria-sort'), 'none');
  }));

test('filters and search narrow the table together', () =>
  open('tenancy', {}, async (page) => {
    const all = await dataRows(page);
    await page.locator('#show').selectOption('overdue');
    await page.locator('#type').selectOption({ label: 'Auth tokens' });
    let expected = all.filter((row) => row[0] === 0 && row[2] === 1);
    assert.deepEqual(await texts(page, '.c-user'), expected.map((row) => row[1]).slice(0, 100));
    const [wanted] = expected.slice(-1);
    await page.locator('#search').fill(`${wanted[1].slice(0, 6).toUpperCase()} auth`);
    await settled(page);
    expected = expected.filter((row) => [row[1], row[3], row[12], row[14]].join('\n').toLowerCase().includes(wanted[1].slice(0, 6).toLowerCase()));
    assert.ok(expected.length > 0);
    assert.deepEqual(await texts(page, '.c-user'), expected.map((row) => row[1]).slice(0, 100));
    await page.locator('#search').fill('nobody has such a name');
    await settled(page);
    assert.match(await status(page), /^None of /);
    await page.getByRole('button', { name: 'Reset' }).click();
    await settled(page);
    assert.equal(await page.locator('#show').inputValue(), 'all');
    assert.equal(await rows(page).count(), 100);
  }));

test('a credential is found by its id', () =>
  open('tenancy', {}, async (page) => {
    const [row] = (await dataRows(page)).slice(-1);
    await page.locator('#show').selectOption('all');
    await page.locator('#search').fill(row[12]);
    await settled(page);
    assert.equal(await rows(page).count(), 1);
    await page.locator('#rows summary').click();
    assert.equal(await page.locator('#rows dd code').innerText(), row[12]);
  }));

test('a number at the top shows the rows it counts', () =>
  open('partial', {}, async (page) => {
    for (const link of await page.locator('a[data-filter]').all()) {
      const count = await link.locator('.figure, b').innerText();
      await link.click();
      assert.equal(String(await rows(page).count()), count, await link.innerText());
    }
  }));

test('the keyboard alone sorts, searches and opens a row', () =>
  open('tenancy', {}, async (page) => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
    await page.keyboard.type('example');
    await settled(page);
    for (const id of ['show', 'type', 'clear']) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.id), id);
    }
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.innerText), 'User');
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('columnheader', { name: 'User' }).getAttribute('aria-sort'), 'ascending');
    await page.keyboard.press('Space');
    assert.equal(await page.getByRole('columnheader', { name: 'User' }).getAttribute('aria-sort'), 'descending'); // words: allow
    while (await page.evaluate(() => document.activeElement.tagName) !== 'SUMMARY') await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.ok(await page.evaluate(() => document.activeElement.parentElement.open));
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
  }));

test('names with markup or script stay text', () =>
  open('hostile', {}, async (page) => {
    const elements = (selector) => page.locator(selector).count();
    const [scripts, headings] = [await elements('script'), await elements('h1')];
    assert.deepEqual([scripts, headings], [2, 1]);
    await page.locator('#show').selectOption('all');
    const shown = await texts(page, '.c-user');
    assert.equal(shown.length, 12);
    assert.equal(shown[0], "<script>document.title='owned'</script>");
    assert.equal(shown[1], "</script><script>document.title='owned'</script>");
    for (const summary of await page.locator('#rows summary').all()) await summary.click();
    await page.locator('#search').fill('<img src=x onerror=');
    await settled(page);
    assert.equal(await rows(page).count(), 1);
    assert.equal(await elements('img, iframe, object, [onclick], [onerror], [onfocus], [onmouseover]'), 0);
    assert.doesNotMatch(await page.title(), /owned/);
    assert.equal(await page.evaluate(() => document.body.textContent.includes('\u202e')), false);
  }));

for (const name of ['tenancy', 'hostile', 'partial', 'what-if']) {
  test(`${name}: without script the same rows are shown, sorted by urgency`, async () => {
    const read = (page) => page.locator('#rows').evaluate((body) => [...body.rows].slice(0, 250).map((row) => row.outerHTML));
    const without = await open(name, { javaScriptEnabled: false }, async (page) => {
      assert.equal(await page.locator('#tools').isVisible(), false);
      assert.equal(await page.locator('#more').isVisible(), false);
      const html = await page.locator('#rows').innerHTML();
      return { html, notes: await page.locator('.notice').allInnerTexts() };
    });
    const [html, total] = await open(name, {}, async (page) => {
      await page.locator('#show').selectOption('all');
      if (await page.locator('#more').isVisible()) await page.locator('#more').click();
      return [(await read(page)).join(''), (await dataRows(page)).length];
    });
    assert.equal(html, without.html);
    assert.equal(without.notes.some((note) => note.startsWith('The 250 most urgent of ')), total > 250);
  });
}

test('20,000 rows load and sort in two seconds or less', async () => {
  const runs = [];
  for (let run = 0; run < 5; run += 1) {
    runs.push(await open('large', {}, async (page) => {
      await page.locator('#tools').waitFor({ state: 'visible' });
      return page.evaluate(async () => {
        const painted = () => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
        const timed = async (act) => {
          const from = performance.now();
          act();
          await painted();
          return performance.now() - from;
        };
        document.getElementById('show').value = 'all';
        const all = await timed(() => document.getElementById('show').dispatchEvent(new Event('change')));
        const button = (key) => document.querySelector(`th[data-key="${key}"] button`);
        const sort = await timed(() => button('user').click());
        const turn = await timed(() => button('user').click());
        const age = await timed(() => button('age').click());
        const search = document.getElementById('search');
        search.value = 'user.19';
        const found = await timed(() => document.getElementById('tools').requestSubmit());
        const load = performance.getEntriesByType('navigation')[0].loadEventEnd;
        return { load, sort, 'load and sort': load + sort, turn, age, all, found };
      });
    }));
  }
  const median = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[2];
  const medians = Object.fromEntries(Object.keys(runs[0]).map((key) => [key, Math.round(median(key))]));
  console.log('milliseconds, median of five:', JSON.stringify(medians));
  assert.ok(medians['load and sort'] <= 2000, JSON.stringify(medians));
});

for (const name of pages.filter((page) => page !== 'large')) {
  test(`${name}: screenshots`, async () => {
    for (const [look, options, media] of [
      ['light', { colorScheme: 'light' }, 'screen'],
      ['dark', { colorScheme: 'dark' }, 'screen'],
      ['phone', { ...phone, colorScheme: 'light' }, 'screen'],
      ['print', { viewport: { width: 718, height: 1000 } }, 'print'],
    ]) {
      await open(name, options, async (page) => {
        await page.emulateMedia({ media });
        await page.screenshot({ path: picture(`${name}-${look}.png`), fullPage: true });
        if (media === 'print') await page.pdf({ path: picture(`${name}.pdf`), format: 'A4' });
      });
    }
  });
}
