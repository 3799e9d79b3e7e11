// Sorts, filters and searches the credentials. Without this script the page shows the most urgent ones, sorted.
// Text is inserted as text only: nothing here writes markup.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId('data').textContent);
  // What a row holds, in the order of `Row` in rows.rs.
  const [STATE, USER, TYPE, LABEL, AGE, ROTATE, LEFT, EXPIRES, EXPIRY, MARKS, DOMAIN, NOTE, ID, START, EMAIL] =
    Array(15).keys();
  const STATES = [['overdue', 'Overdue'], ['due', 'Due'], ['unknown', 'Unknown age'], ['ok', 'Not due']];
  const EXPIRIES = ['', 'expiring', 'expired', 'expiry unreadable'];
  const BADGES = [[16, 'administrator'], [1, 'orphaned'], [2, 'inactive user'], [4, 'user not listed'], [32, 'dormant user'],
    [64, 'excepted'], [128, 'new or escalated']];
  const MARKS_OF_FINDINGS = 7;
  const NAMELESS = 8, EXCEPTED = 64;
  const FIRST = 100, MORE = 500, PRINTED = 2000;

  const rows = data.rows;
  const numbers = new Intl.NumberFormat('en');
  const several = data.domains.length > 1;
  const collator = new Intl.Collator('en', { numeric: true });

  // The text that a search looks in, made once, at the first search.
  let haystacks = null;
  const haystack = (index) => {
    haystacks ??= rows.map((row) =>
      [row[USER], row[LABEL], row[ID], row[EMAIL], data.types[row[TYPE]], several ? data.domains[row[DOMAIN]] : '']
        .join('\n').toLowerCase());
    return haystacks[index];
  };

  // An exception accepts the age.
  const accepted = (row) => (row[MARKS] & EXCEPTED) > 0;
  const shows = {
    all: () => true,
    findings: (row) => (row[STATE] !== 3 && !accepted(row)) || row[EXPIRY] > 0 || (row[MARKS] & MARKS_OF_FINDINGS) > 0,
    overdue: (row) => row[STATE] === 0 && !accepted(row),
    due: (row) => row[STATE] === 1 && !accepted(row),
    unknown: (row) => row[STATE] === 2 && !accepted(row),
    ok: (row) => row[STATE] === 3,
    expiring: (row) => row[EXPIRY] === 1 || row[EXPIRY] === 2,
    unreadable: (row) => row[EXPIRY] === 3,
    orphaned: (row) => (row[MARKS] & 1) > 0,
    inactive: (row) => (row[MARKS] & 2) > 0,
    excepted: accepted,
    changed: (row) => (row[MARKS] & 128) > 0,
    not_listed: (row) => (row[MARKS] & 4) > 0,
  };

  // Comparing 20,000 names by a collator is slow, so each column is ranked once and ranks are compared.
  const ranks = {};
  const byText = (key, text) => (index) => {
    ranks[key] ??= (() => {
      const sorted = [...new Set(rows.map(text))].sort(collator.compare);
      const rank = new Map(sorted.map((value, place) => [value, place]));
      return rows.map((row) => rank.get(text(row)));
    })();
    return ranks[key][index];
  };
  const typeAndLabel = (row) => data.types[row[TYPE]] + '\n' + row[LABEL];
  const sortKeys = {
    urgency: (index) => index,
    state: (index) => rows[index][STATE],
    user: byText('user', (row) => row[USER]),
    type: byText('type', typeAndLabel),
    age: (index) => rows[index][AGE],
    rotate: (index) => rows[index][ROTATE],
    expires: (index) => rows[index][EXPIRES],
    domain: byText('domain', (row) => data.domains[row[DOMAIN]]),
  };
  // By age, the oldest come first.
  const firstDirection = { age: -1 };

  const view = { search: '', show: 'all', type: '', domain: '', sort: 'urgency', direction: 1, limit: FIRST };
  let found = [];

  const find = () => {
    const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = shows[view.show] ?? shows.all;
    found = [];
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index];
      if (shown(row)
        && (view.type === '' || row[TYPE] === Number(view.type))
        && (view.domain === '' || row[DOMAIN] === Number(view.domain))
        && (words.length === 0 || words.every((word) => haystack(index).includes(word)))) {
        found.push(index);
      }
    }
    const key = sortKeys[view.sort];
    if (view.sort === 'urgency') return;
    const keys = new Map(found.map((index) => [index, key(index)]));
    found.sort((left, right) => {
      const a = keys.get(left), b = keys.get(right);
      if (a === b) return left - right;
      // Unknown values come last in either direction.
      if (a === null) return 1;
      if (b === null) return -1;
      return (a < b ? -1 : 1) * view.direction;
    });
  };

  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children.filter((child) => child !== null && child !== ''));
    return made;
  };
  const cell = (className, label, ...children) => {
    const made = element('td', className, ...children);
    made.setAttribute('role', 'cell');
    if (label) made.dataset.label = label;
    return made;
  };
  const days = (count) => `${numbers.format(count)} ${count === 1 ? 'day' : 'days'}`;
  const fromNow = (left) => (left === 0 ? 'today' : left > 0 ? `in ${days(left)}` : `${days(-left)} ago`);

  const details = (row) => {
    const list = element('dl', '');
    const add = (term, ...value) => list.append(element('dt', '', term), element('dd', '', ...value));
    add('Id', element('code', '', row[ID]));
    if (row[START]) add('Since', row[START]);
    if (row[EMAIL]) add('E-mail', element('bdi', '', row[EMAIL]));
    if (data.controls[row[TYPE]]) add('CIS', data.controls[row[TYPE]]);
    return element('details', '', element('summary', '', element('bdi', '', row[LABEL] || '(no label)')), list);
  };
  const rowElement = (row) => {
    const [className, title] = STATES[row[STATE]];
    const user = element('bdi', '', row[USER]);
    const rotate = cell('c-rotate', 'Rotate by');
    if (row[ROTATE] !== null) {
      rotate.append(row[ROTATE]);
      if (row[LEFT] !== null) rotate.append(' ', element('span', 'muted', fromNow(row[LEFT])));
    }
    const notes = cell('c-notes', '');
    if (row[EXPIRY] > 0) notes.append(element('span', 'badge', EXPIRIES[row[EXPIRY]]));
    for (const [bit, badge] of BADGES) if (row[MARKS] & bit) notes.append(element('span', 'badge', badge));
    if (row[NOTE]) notes.append(element('span', 'note', row[NOTE]));
    const made = element('tr', className,
      cell('c-state', '', element('span', 'state', title)),
      cell('c-user', '', row[MARKS] & NAMELESS ? element('i', 'nameless', user) : user),
      cell('c-type', '', element('span', 'type-name', data.types[row[TYPE]]), details(row)),
      cell('c-age', 'Age', row[AGE] === null ? 'unknown' : days(row[AGE])),
      rotate,
      cell('c-expires', 'Expires', row[EXPIRES] ?? ''),
      several ? cell('c-domain', 'Domain', element('bdi', '', data.domains[row[DOMAIN]])) : null,
      notes);
    made.setAttribute('role', 'row');
    return made;
  };

  const body = byId('rows'), status = byId('status'), more = byId('more');
  let written = 0;
  // Writes the rows from `written` on; those before stay as they are.
  const write = () => {
    const end = Math.min(found.length, view.limit);
    const fragment = document.createDocumentFragment();
    for (; written < end; written += 1) fragment.append(rowElement(rows[found[written]]));
    body.append(fragment);
    const all = numbers.format(rows.length);
    status.textContent = found.length === 0 ? `None of ${all} matches.`
      : `${numbers.format(end)} shown of ${numbers.format(found.length)}`
        + (found.length === rows.length ? '.' : ` that match, of ${all}.`);
    more.hidden = end === found.length;
    if (!more.hidden) more.textContent = `Show ${numbers.format(Math.min(MORE, found.length - end))} more`;
  };
  const heads = [...document.querySelectorAll('#table th[data-key]')];
  const render = () => {
    find();
    for (const head of heads) {
      const direction = view.direction > 0 ? 'ascending' : 'descending'; /* words: allow */
      head.setAttribute('aria-sort', head.dataset.key === view.sort ? direction : 'none');
    }
    body.replaceChildren();
    written = 0;
    write();
  };

  const controls = ['search', 'show', 'type', 'domain', 'sort']
    .map((name) => [name, byId(name)]).filter(([, control]) => control);
  const apply = () => {
    for (const [name, control] of controls) {
      if (name === 'sort' && control.value !== view.sort) view.direction = firstDirection[control.value] ?? 1;
      view[name] = control.value;
    }
    view.limit = FIRST;
    render();
  };
  const tools = byId('tools');
  let timer = 0;
  byId('search').addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(apply, 120); });
  for (const [name, control] of controls) if (name !== 'search') control.addEventListener('change', apply);
  tools.addEventListener('submit', (event) => { event.preventDefault(); apply(); });
  tools.addEventListener('reset', () => setTimeout(apply));

  for (const head of heads) {
    const button = element('button', '', head.textContent);
    button.type = 'button';
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const key = head.dataset.key;
      view.direction = view.sort === key ? -view.direction : firstDirection[key] ?? 1;
      view.sort = key;
      byId('sort').value = key;
      view.limit = FIRST;
      render();
    });
  }
  more.addEventListener('click', () => {
    const next = written;
    view.limit = written + MORE;
    write();
    // The focus moves to the first new row.
    body.children[next]?.querySelector('summary')?.focus();
  });
  // A number at the top filters the table by what it counts.
  for (const link of document.querySelectorAll('a[data-filter]')) {
    link.addEventListener('click', () => {
      tools.reset();
      byId('show').value = link.dataset.filter;
      apply();
    });
  }
  // Paper has no button to show more.
  let before = null;
  addEventListener('beforeprint', () => {
    before = view.limit;
    view.limit = Math.max(view.limit, PRINTED);
    write();
  });
  addEventListener('afterprint', () => {
    view.limit = before ?? FIRST;
    render();
  });

  if (rows.some(shows.findings)) byId('show').value = 'findings';
  tools.hidden = false;
  apply();
})();
