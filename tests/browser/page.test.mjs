// Tests of report.html in a browser. Run by .ci/browser, which writes the pages first.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { assertAccessible, assertBlocksInjections, pageUrl, phone, picture, start, withPage } from './browser.mjs';

const pages = ['tenancy', 'hostile', 'partial', 'clear', 'what-if', 'failed', 'accepted', 'history', 'removal', 'owners', 'large'];

let browser;
before(async () => { browser = await start(); });
after(() => browser.close());

const open = (name, options, use) => withPage(browser, pageUrl(name), options, use);
const rows = (page) => page.locator('#rows tr');
const texts = (page, selector) => page.locator(`#rows ${selector}`).allInnerTexts();
const status = (page) => page.locator('#status').innerText();
const settled = (page) => page.waitForTimeout(250);
// The rows of the data with names for what the tests need.
const dataRows = (page) => page.evaluate(() => {
  const { rows, people, actions, urgencies, states, typeNames } = JSON.parse(document.getElementById('data').textContent);
  return rows.map((row) => ({
    action: actions[row[0]], urgency: urgencies[row[2]], state: states[row[3]], marks: row[5], type: typeNames[row[7]],
    person: row[8], user: people[row[8]][0], email: people[row[8]][3], ocid: people[row[8]][2], label: row[10], id: row[11], age: row[12],
  }));
});
const shortened = (text) => {
  const characters = [...text];
  return characters.length <= 28 || /\s/.test(text) ? text : `${characters.slice(0, 11).join('')}…${characters.slice(-8).join('')}`;
};
const showAll = (page) => page.locator('#action').selectOption('all');
const fragment = (page) => page.evaluate(() => location.hash);

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
          if (name === 'removal') await page.locator('#group').check();
          // Folded content has to be accessible too.
          await page.evaluate(() => { for (const details of [...document.querySelectorAll('details')].slice(0, 40)) details.open = true; });
          await assertAccessible(page);
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
        await page.locator('#action').evaluate((select) => { select.value = 'all'; select.dispatchEvent(new Event('change')); });
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

test('the policy blocks injected scripts, styles and requests', () => assertBlocksInjections((use) => open('tenancy', {}, use)));

test('the page opens with what needs action, the most urgent first', () =>
  open('tenancy', {}, async (page) => {
    const all = await dataRows(page);
    const found = all.filter((row) => row.action !== 'none');
    assert.ok(found.length > 100 && found.length < all.length);
    assert.equal(await page.locator('#action').inputValue(), 'act');
    assert.equal(await rows(page).count(), 100);
    assert.deepEqual(await texts(page, '.c-user'), found.slice(0, 100).map((row) => row.user));
    const number = new Intl.NumberFormat('en').format;
    assert.equal(await status(page), `100 shown of ${number(found.length)} that match, of ${number(all.length)}.`);
    await page.locator('#more').click();
    assert.equal(await rows(page).count(), Math.min(600, found.length));
    assert.equal(await page.evaluate(() => document.activeElement.closest('tr')?.sectionRowIndex), 100);
  }));

test('a click on a heading sorts, another click reverses the order', () =>
  open('tenancy', {}, async (page) => {
    await showAll(page);
    const all = await dataRows(page);
    const column = async (name, selector, expected) => {
      await page.getByRole('columnheader', { name }).getByRole('button').click();
      assert.deepEqual(await texts(page, selector), expected.slice(0, 100), name);
    };
    const collator = new Intl.Collator('en', { numeric: true });
    const users = all.map((row) => row.user).sort(collator.compare);
    const shown = (list) => list.slice(0, 100).map(shortened);
    await page.getByRole('columnheader', { name: 'User' }).getByRole('button').click();
    assert.deepEqual((await texts(page, '.c-user')).map(shortened), shown(users));
    assert.equal(await page.getByRole('columnheader', { name: 'User' }).getAttribute('aria-sort'), 'ascending');
    await page.getByRole('columnheader', { name: 'User' }).getByRole('button').click();
    assert.deepEqual((await texts(page, '.c-user')).map(shortened), shown(users.toReversed()));
    assert.equal(await page.getByRole('columnheader', { name: 'User' }).getAttribute('aria-sort'), 'descending'); // words: allow
    const oldest = all.filter((row) => row.age !== null).sort((a, b) => b.age - a.age);
    const age = (row) => `${new Intl.NumberFormat('en').format(row.age)} ${row.age === 1 ? 'day' : 'days'}`
      + (['OVERDUE', 'DUE'].includes(row.state) ? `\n${row.state.toLowerCase()}` : '');
    await column('Age', '.c-age', oldest.map(age));
    const youngest = all.filter((row) => row.age !== null).sort((a, b) => a.age - b.age);
    await column('Age', '.c-age', youngest.map(age));
    assert.equal(await page.getByRole('columnheader', { name: 'User' }).getAttribute('aria-sort'), 'none');
  }));

test('filters, switches and search narrow the table together, and Reset restores the state at opening', () =>
  open('tenancy', {}, async (page) => {
    const all = await dataRows(page);
    const opening = await page.locator('#rows').innerHTML();
    await page.locator('#action').selectOption('to-rotate');
    await page.locator('#when').selectOption('now');
    await page.locator('#state').selectOption('overdue');
    await page.locator('#type').selectOption({ label: 'Auth tokens' });
    let expected = all.filter((row) => ['rotate', 'replace'].includes(row.action) && row.urgency === 'now' && row.state === 'OVERDUE' && row.type === 'auth_tokens');
    const matching = () => texts(page, '.c-user').then((users) => users.map(shortened));
    const users = () => expected.map((row) => shortened(row.user)).slice(0, 100);
    assert.ok(expected.length > 0);
    assert.deepEqual(await matching(), users());
    const [wanted] = expected.filter((row) => /^[a-z]+\.[a-z]+\.\d+@/.test(row.user)).slice(-1);
    await page.locator('#q').fill(`${wanted.user.slice(0, 6).toUpperCase()} auth`);
    await settled(page);
    expected = expected.filter((row) => [row.user, row.label, row.id, row.email, row.ocid].join('\n').toLowerCase()
      .includes(wanted.user.slice(0, 6).toLowerCase()));
    assert.ok(expected.length > 0);
    assert.deepEqual(await matching(), users());
    await page.locator('#q').fill('nobody has such a name');
    await settled(page);
    assert.match(await status(page), /^None of /);
    await page.getByRole('button', { name: 'Reset' }).click();
    assert.equal(await page.locator('#rows').innerHTML(), opening);
    assert.equal(await page.locator('#action').inputValue(), 'act');
    assert.equal(await page.locator('#q').inputValue(), '');
    assert.equal(await fragment(page), '');
    for (const [id, mark] of [['admin', 16], ['dormant', 32]]) {
      await page.locator(`#${id}`).check();
      expected = all.filter((row) => row.action !== 'none' && (row.marks & mark) > 0);
      assert.ok(expected.length > 0);
      assert.deepEqual(await matching(), users(), id);
      await page.getByRole('columnheader', { name: 'User' }).getByRole('button').click();
      await page.getByRole('button', { name: 'Reset' }).click();
      assert.equal(await page.locator('#rows').innerHTML(), opening, id);
    }
  }));

test('an owner has its own rows, also if its name is a word of the page', () =>
  open('owners', {}, async (page) => {
    const offered = await page.locator('#owner option').allInnerTexts();
    assert.deepEqual(offered.toSorted(), ['(no owner)', '<b>web</b>', 'All owners', 'all', 'payments'].toSorted());
    for (const [owner, expected] of [['payments', [0, 4]], ['all', [1]], ['(no owner)', [2]], ['<b>web</b>', [3]]]) {
      await page.locator('#owner').selectOption({ label: owner });
      const users = await texts(page, '.c-user');
      assert.deepEqual(users.toSorted(), expected.map((number) => `person.${number}@example.com`), owner);
    }
    const address = await fragment(page);
    await page.getByRole('button', { name: 'Reset' }).click();
    assert.equal((await texts(page, '.c-user')).length, 5);
    await page.evaluate((hash) => { location.hash = hash; }, address);
    await settled(page);
    assert.deepEqual(await texts(page, '.c-user'), ['person.3@example.com']);
    await page.locator('#rows tr').first().click();
    assert.match(await page.locator('#rows').innerText(), /Owner\s+<b>web<\/b>/);
  }));

test('the filter is in the fragment of the address, which restores it', async () => {
  const options = { acceptDownloads: false };
  const [address, shown] = await open('tenancy', options, async (page) => {
    assert.equal(await fragment(page), '');
    await page.locator('#action').selectOption('to-remove');
    assert.equal(await fragment(page), '#action=to-remove');
    await page.locator('#type').selectOption('api_keys');
    await page.locator('#admin').check();
    await page.locator('#group').check();
    await page.locator('#q').fill('example com');
    await settled(page);
    await page.getByRole('columnheader', { name: 'Age' }).getByRole('button').click();
    await page.getByRole('columnheader', { name: 'Age' }).getByRole('button').click();
    return [await fragment(page), await page.locator('#rows').innerHTML()];
  });
  assert.equal(address, '#q=example+com&action=to-remove&type=api_keys&sort=age&admin=1&group=1&turned=1');
  await withPage(browser, `${pageUrl('tenancy')}${address}`, options, async (page) => {
    assert.equal(await page.locator('#rows').innerHTML(), shown);
    assert.equal(await page.locator('#q').inputValue(), 'example com');
    assert.equal(await page.locator('#type').inputValue(), 'api_keys');
    // Another fragment in the same page, with names and values that the page does not know.
    await page.evaluate(() => { location.hash = '#action=nothing&type=all&when=now&owner=x'; });
    await settled(page);
    assert.equal(await page.locator('#action').inputValue(), 'act');
    assert.equal(await page.locator('#when').inputValue(), 'now');
    // A link to a section changes no filter.
    await page.getByRole('link', { name: 'Due by week' }).click();
    assert.equal(await page.locator('#when').inputValue(), 'now');
    await page.getByRole('button', { name: 'Reset' }).click();
    assert.equal(await page.locator('#when').inputValue(), 'all');
  });
});

test('a group has every matching row of its person, under the head of the person', () =>
  open('tenancy', {}, async (page) => {
    const all = await dataRows(page);
    await page.locator('#when').selectOption('now');
    await page.locator('#group').check();
    const found = all.filter((row) => row.urgency === 'now');
    const people = [...new Set(found.map((row) => row.person))];
    const heads = await page.locator('#rows tr.person').allInnerTexts();
    const expected = people.slice(0, heads.length).map((person) => found.filter((row) => row.person === person));
    assert.ok(heads.length > 10);
    for (const [index, head] of heads.entries()) {
      const { user } = expected[index][0];
      const count = expected[index].length;
      assert.ok(head.startsWith(`${user} ${count} ${count === 1 ? 'credential' : 'credentials'}: `), head);
    }
    assert.deepEqual((await texts(page, '.c-user')).map(shortened), expected.flat().map((row) => shortened(row.user)).slice(0, 100));
    await page.locator('#group').uncheck();
    assert.equal(await page.locator('#rows tr.person').count(), 0);
  }));

// A row of CSV, as RFC 4180 has it.
const parseCsv = (text) => {
  const lines = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    lines.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\r\n') lines.push([]);
    if (end === '') break;
  }
  lines.pop();
  return lines;
};
const download = async (page) => {
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
  return [file.suggestedFilename(), readFileSync(await file.path(), 'utf8')];
};

test('the rows that match are downloaded as CSV, in their order', () =>
  open('tenancy', {}, async (page) => {
    const all = await dataRows(page);
    await page.locator('#action').selectOption('to-remove');
    await page.locator('#type').selectOption('smtp_credentials');
    const found = all.filter((row) => ['retire', 'delete'].includes(row.action) && row.type === 'smtp_credentials');
    const [name, text] = await download(page);
    assert.match(name, /^credentials-\d{8}T\d{6}Z-[0-9a-f]{6}-rows\.csv$/);
    const [header, ...lines] = parseCsv(text);
    assert.ok(found.length > 100);
    assert.equal(lines.length, found.length);
    assert.deepEqual(lines.map((line) => line[header.indexOf('credential_id')]), found.map((row) => row.id));
    assert.deepEqual(lines.map((line) => line[header.indexOf('action')]), found.map((row) => row.action));
    assert.ok(lines.every((line) => line.length === header.length));
    assert.ok(lines.every((line) => /^\d{4}-\d\d-\d\d$/.test(line[header.indexOf('act_by')])));
    assert.ok(lines.some((line) => line[header.indexOf('delete_command')].startsWith('oci identity-domains smtp-credential delete ')));
  }));

test('no cell of the CSV is a formula', () =>
  open('what-if', {}, async (page) => {
    await showAll(page);
    const [, text] = await download(page);
    const [header, ...lines] = parseCsv(text);
    const column = (name) => lines.map((line) => line[header.indexOf(name)]);
    assert.ok(column('user_name').includes("'=cmd|'/c calc'!A1"));
    assert.ok(column('label').includes('\'+1 "quoted"'));
    assert.ok(lines.flat().every((cell) => !/^\s*[=+\-@\t\r]/.test(cell)));
  }));

test('the command is copied', async () => {
  const command = 'oci identity-domains api-key delete --api-key-id key-old --endpoint https://idcs-default.identity.example.com';
  await open('removal', { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
    await page.locator('#rows summary').first().click();
    await page.locator('#rows .copy').first().click();
    await page.getByText('The command was copied.').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), command);
    // Only what is to be removed has a button.
    await showAll(page);
    const actions = await texts(page, '.c-action');
    const buttons = await page.locator('#rows tr').evaluateAll((all) => all.map((row) => row.querySelectorAll('.copy').length));
    assert.deepEqual(actions.map((action) => ['Retire', 'Delete'].includes(action)), [true, false, true, true, false]);
    // The id of the third is not safe to paste.
    assert.deepEqual(buttons.reduce((sum, count) => sum + count), 2);
    assert.equal(buttons[0], 1);
  });
  // Without the permission, the command is selected and copied.
  await open('removal', {}, async (page) => {
    await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); });
    await page.locator('#rows summary').first().click();
    await page.locator('#rows .copy').first().click();
    await page.locator('#rows .copy', { hasText: /Copied|Ctrl/ }).waitFor();
    assert.equal(await page.evaluate(() => getSelection().toString()), command);
  });
});

test('a long fingerprint or OCID is shortened in the middle, and whole in the opened row', () =>
  open('removal', {}, async (page) => {
    const fingerprint = '20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34';
    const summary = page.locator('#rows summary').first();
    assert.equal(await summary.innerText(), shortened(fingerprint));
    await summary.click();
    assert.ok((await page.locator('#rows .facts').first().innerText()).includes(fingerprint));
  }));

test('a switch that would leave nothing is not shown', async () => {
  for (const [name, shown] of [['removal', ['group']], ['accepted', ['admin', 'dormant', 'exception', 'group']]]) {
    await open(name, {}, async (page) => {
      assert.deepEqual(await page.locator('.switches input:visible').evaluateAll((all) => all.map((input) => input.id)), shown);
    });
  }
});

test('the head of the table stays in view', () =>
  open('tenancy', {}, async (page) => {
    await page.locator('#rows tr').nth(60).scrollIntoViewIfNeeded();
    const { y } = await page.locator('#table thead').boundingBox();
    assert.ok(y >= -1 && y < 2, String(y));
  }));

test('a credential is found by its id', () =>
  open('tenancy', {}, async (page) => {
    const [row] = (await dataRows(page)).slice(-1);
    await showAll(page);
    await page.locator('#q').fill(row.id);
    await settled(page);
    assert.equal(await rows(page).count(), 1);
    await page.locator('#rows summary').click();
    assert.equal(await page.locator('#rows dd code').first().innerText(), row.id);
  }));

test('a number at the top shows the rows it counts', async () => {
  for (const name of ['partial', 'compliance', 'removal', 'accepted']) {
    await open(name, {}, async (page) => {
      const links = await page.locator('a[data-filter]').all();
      assert.ok(links.length > 4);
      for (const link of links) {
        const count = await link.locator('.figure, b').innerText();
        await link.click();
        const isPeople = (await link.getAttribute('data-filter')).includes('group');
        const counted = isPeople ? page.locator('#rows tr.person') : rows(page);
        assert.equal(String(await counted.count()), count, await link.innerText());
      }
    });
  }
});

test('green is what has no findings, and nothing else', async () => {
  for (const colorScheme of ['light', 'dark']) {
    await open('compliance', { colorScheme }, async (page) => {
      await showAll(page);
      const green = await page.evaluate(() => {
        const probe = document.createElement('span');
        probe.className = 'yes';
        document.body.append(probe);
        const color = getComputedStyle(probe).color;
        probe.remove();
        return [...document.querySelectorAll('#rows tr')].filter((row) => getComputedStyle(row.querySelector('.state')).color === color)
          .map((row) => row.querySelector('.facts code').textContent);
      });
      assert.deepEqual(green, ['key-clean', 'token-clean']);
    });
  }
});

test('the summary takes two sheets of paper', async () => {
  for (const name of ['tenancy', 'history', 'accepted']) {
    await open(name, { viewport: { width: 703, height: 1000 } }, async (page) => {
      await page.emulateMedia({ media: 'print' });
      const height = await page.evaluate(() => document.querySelector('section.table').getBoundingClientRect().top + scrollY);
      // Of A4, 1,032 CSS pixels are within the margins. A row that does not fit at the end of the first sheet is on the second.
      assert.ok(height <= 2 * 1032 - 60, `${name}: ${height} pixels`);
    });
  }
});

// The texts of a PDF are compressed, so its pages are counted by their objects.
test('paper has the summary, then fifty rows under real heads, and opened steps', () =>
  open('tenancy', { viewport: { width: 718, height: 1000 } }, async (page) => {
    const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true });
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length;
    assert.ok(pages >= 5 && pages <= 8, `${pages} pages`);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await rows(page).filter({ visible: true }).count(), 50);
    assert.match(await page.locator('.printed').innerText(), /first 50 rows/);
    const heads = await page.locator('#table th').evaluateAll((all) => all.map((head) => head.innerText));
    assert.deepEqual(heads.map((head) => head.trim()), ['Action', 'Act by', 'User', 'Credential', 'Age', 'Notes']);
    assert.equal(await page.locator('#table th button:visible').count(), 0);
    assert.equal(await page.locator('#table thead').evaluate((head) => getComputedStyle(head).display), 'table-header-group');
    const order = await page.evaluate(() => [...document.querySelectorAll('main > section')]
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map((section) => section.getAttribute('aria-labelledby')));
    assert.deepEqual(order, ['changes', 'weeks', 'controls', 'ages', 'findings', 'coverage', 'rotate']);
    const steps = page.locator('details.steps ol');
    assert.equal(await steps.count(), 6);
    for (const list of await steps.all()) assert.ok(await list.isVisible());
  }));

test('the keyboard alone sorts, searches and opens a row', () =>
  open('tenancy', {}, async (page) => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'q');
    await page.keyboard.type('example');
    await settled(page);
    for (const id of ['action', 'when', 'who', 'state', 'type', 'admin', 'dormant', 'group', 'download', 'clear']) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.id), id);
    }
    for (let column = 0; column < 3; column += 1) await page.keyboard.press('Tab');
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
    await showAll(page);
    const shown = await texts(page, '.c-user');
    assert.equal(shown.length, 12);
    assert.equal(shown[0], "<script>document.title='owned'</script>");
    assert.equal(shown[1], "</script><script>document.title='owned'</script>");
    for (const summary of await page.locator('#rows summary').all()) await summary.click();
    await page.locator('#q').fill('<img src=x onerror=');
    await settled(page);
    assert.equal(await rows(page).count(), 1);
    assert.equal(await elements('img, iframe, object, [onclick], [onerror], [onfocus], [onmouseover]'), 0);
    assert.doesNotMatch(await page.title(), /owned/);
    assert.equal(await page.evaluate(() => document.body.textContent.includes('\u202e')), false);
  }));

for (const name of ['tenancy', 'hostile', 'partial', 'what-if', 'accepted', 'removal', 'compliance']) {
  test(`${name}: without script the same rows are shown, sorted by urgency`, async () => {
    const read = (page) => page.locator('#rows').evaluate((body) => [...body.rows].slice(0, 250).map((row) => row.outerHTML));
    const without = await open(name, { javaScriptEnabled: false }, async (page) => {
      assert.equal(await page.locator('#tools').isVisible(), false);
      assert.equal(await page.locator('#more').isVisible(), false);
      const html = await page.locator('#rows').innerHTML();
      return { html, notes: await page.locator('.notice').allInnerTexts() };
    });
    const [html, total] = await open(name, {}, async (page) => {
      await showAll(page);
      if (await page.locator('#more').isVisible()) await page.locator('#more').click();
      return [(await read(page)).join(''), (await dataRows(page)).length];
    });
    assert.equal(html, without.html);
    assert.equal(without.notes.some((note) => note.startsWith('The 250 most urgent of ')), total > 250);
  });
}

test('20,000 rows load and sort', async () => {
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
        document.getElementById('action').value = 'all';
        const all = await timed(() => document.getElementById('action').dispatchEvent(new Event('change')));
        const button = (key) => document.querySelector(`th[data-key="${key}"] button`);
        const sort = await timed(() => button('user').click());
        const turn = await timed(() => button('user').click());
        const age = await timed(() => button('age').click());
        const search = document.getElementById('q');
        search.value = 'user.19';
        const found = await timed(() => document.getElementById('tools').requestSubmit());
        document.getElementById('group').checked = true;
        const grouped = await timed(() => document.getElementById('tools').requestSubmit());
        const load = performance.getEntriesByType('navigation')[0].loadEventEnd;
        return { load, sort, 'load and sort': load + sort, turn, age, all, found, grouped };
      });
    }));
  }
  const median = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[2];
  const medians = Object.fromEntries(Object.keys(runs[0]).map((key) => [key, Math.round(median(key))]));
  console.log('milliseconds, median of five:', JSON.stringify(medians));
  // Two seconds are the target. Machines that do other work need more.
  assert.ok(medians['load and sort'] <= 10_000, JSON.stringify(medians));
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
