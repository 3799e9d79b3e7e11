// Sorts, filters, groups and searches the credentials. Without this script the page shows the most urgent ones, sorted.
// Text is inserted as text only: nothing here writes markup.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId('data').textContent);
  // What a row holds, in the order of `Row` in row.rs. Rows end with their last text that is not empty.
  const [ACTION, REASON, URGENCY, STATE, EXPIRY, MARKS, DOMAIN, TYPE, PERSON, CONTROLS, LABEL, ID, AGE, BY, ROTATE, EXPIRES,
    INSTRUCTION, CREATOR, NOTE, EXCEPTION] = Array(20).keys();
  // What a person holds, in the order of `Person` in people.rs.
  const [NAME, WHAT, OCID, EMAIL, LOGIN, FIRST_CREATOR, OWNER] = Array(7).keys();
  const NAMELESS = 1, SERVICE_USER = 2, NAMED_BY_EMAIL = 4, LISTED = 8;
  const ORPHANED = 1, INACTIVE = 2, NOT_LISTED = 4, CLEAN = 8, ADMINISTRATOR = 16, DORMANT = 32, ACCEPTED = 64, NEW = 128,
    ESCALATED = 256, HAS_EXCEPTION = 512, BY_SECURITY = 1024, LAST_SET = 2048, HAS_COMMAND = 4096, SAME_CREATOR = 8192;
  const CLASSES = ['now', 'week', 'later', 'plain'];
  const STATES = ['Overdue', 'Due', 'Unknown age', 'Not due'];
  const EXPIRIES = ['', 'expiring', 'expired', 'expiry unreadable'];
  const BADGES = [[ADMINISTRATOR, 'administrator'], [NEW, 'new'], [ESCALATED, 'escalated'], [ORPHANED, 'orphaned'],
    [INACTIVE, 'inactive user'], [NOT_LISTED, 'user not listed'], [DORMANT, 'dormant user'], [HAS_EXCEPTION, 'exception']];
  const NOTHING = 0, NO_URGENCY = 3;
  const FIRST = 100, MORE = 500;

  const { rows, people } = data;
  const numbers = new Intl.NumberFormat('en');
  const several = data.domains.length > 1;
  const collator = new Intl.Collator('en', { numeric: true });

  const person = (row) => people[row[PERSON]];
  const has = (row, mark) => (row[MARKS] & mark) > 0;
  const title = (row) => (row[ACTION] !== NOTHING ? data.actionTitles[row[ACTION]]
    : has(row, ACCEPTED) ? 'Accepted' : has(row, CLEAN) ? 'No findings' : data.actionTitles[NOTHING]);
  const rest = (row) => (row[ACTION] !== NOTHING ? '' : has(row, ACCEPTED) ? 'accepted' : has(row, CLEAN) ? 'clean' : 'plain');
  // Dates are days from that of the run.
  const today = Date.parse(data.day);
  const date = (days) => new Date(today + days * 86400000).toISOString().slice(0, 10);
  const controlNames = (row) => data.controls.filter((control, place) => row[CONTROLS] & (1 << place)).join(', ');
  const creator = (row) => (has(row, SAME_CREATOR) ? person(row)[FIRST_CREATOR] : row[CREATOR] ?? '');
  // As delete_command.rs composes it.
  const command = (row) => {
    const resource = data.resources[row[TYPE]];
    return has(row, HAS_COMMAND)
      ? `oci identity-domains ${resource} delete --${resource}-id ${row[ID]} --endpoint ${data.domainUrls[row[DOMAIN]]}` : '';
  };
  // The start of its age.
  const start = (row) => (row[ROTATE] === null ? null : row[ROTATE] - data.rotationDays[row[TYPE]]);
  const days = (count) => `${numbers.format(count)} ${count === 1 ? 'day' : 'days'}`;
  const fromNow = (left) => (left === 0 ? 'today' : left > 0 ? `in ${days(left)}` : `${days(-left)} ago`);
  const shortened = (text) => {
    const characters = [...text];
    if (characters.length <= 28 || /\p{White_Space}/u.test(text)) return text;
    return `${characters.slice(0, 11).join('')}\u2026${characters.slice(-8).join('')}`;
  };

  // The text that a search looks in, made once, at the first search.
  let haystacks = null;
  const haystack = (index) => {
    haystacks ??= rows.map((row) => {
      const of = person(row);
      return [of[NAME], of[OCID], of[EMAIL], of[OWNER], row[LABEL], row[ID], data.types[row[TYPE]], title(row), data.domains[row[DOMAIN]]]
        .join('\n').toLowerCase();
    });
    return haystacks[index];
  };

  const ofActions = (...names) => (row) => names.includes(data.actions[row[ACTION]]);
  const ACTIONS = {
    act: (row) => row[ACTION] !== NOTHING,
    'to-rotate': ofActions('rotate', 'replace'),
    'to-remove': ofActions('retire', 'delete'),
    'to-review': ofActions('review', 'find_holder', 'remove_admin_key'),
    accepted: (row) => rest(row) === 'accepted',
    plain: (row) => rest(row) === 'plain',
    clean: (row) => rest(row) === 'clean',
  };
  const FINDINGS = {
    expiring: (row) => row[EXPIRY] === 1,
    expired: (row) => row[EXPIRY] === 2,
    unreadable: (row) => row[EXPIRY] === 3,
    orphaned: (row) => has(row, ORPHANED),
    inactive: (row) => has(row, INACTIVE),
    not_listed: (row) => has(row, NOT_LISTED),
    changed: (row) => has(row, NEW | ESCALATED),
  };
  // One test of a row per filter: `null` for any row.
  const FILTERS = {
    action: (value) => ACTIONS[value] ?? ofActions(value),
    when: (value) => (row) => data.urgencies[row[URGENCY]] === value,
    who: (value) => (row) => row[ACTION] !== NOTHING && has(row, BY_SECURITY) === (value === 'security'),
    state: (value) => FINDINGS[value] ?? ((row) => data.states[row[STATE]].toLowerCase() === value),
    type: (value) => (row) => data.typeNames[row[TYPE]] === value,
    domain: (value) => (row) => row[DOMAIN] === Number(value),
    owner: (value) => (row) => `=${person(row)[OWNER] ?? ''}` === value,
  };
  const SWITCHES = { admin: ADMINISTRATOR, dormant: DORMANT, exception: HAS_EXCEPTION };

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
  const sortKeys = {
    urgency: (index) => index,
    action: byText('action', title),
    by: (index) => rows[index][BY],
    user: byText('user', (row) => person(row)[NAME]),
    type: byText('type', (row) => data.types[row[TYPE]] + '\n' + row[LABEL]),
    age: (index) => rows[index][AGE],
    domain: byText('domain', (row) => data.domains[row[DOMAIN]]),
  };
  // By age, the oldest come first.
  const firstDirection = { age: -1 };

  // Every control by its name in the address of the page.
  const tools = byId('tools');
  const controls = new Map([...tools.querySelectorAll('input, select')].map((control) => [control.id, control]));
  const isSwitch = (control) => control.type === 'checkbox';
  const value = (control) => (isSwitch(control) ? (control.checked ? '1' : '') : control.value);
  const set = (control, to) => {
    const before = value(control);
    if (isSwitch(control)) control.checked = to === '1';
    else control.value = to;
    // A value that the control does not have.
    if (control.value === '' && control.tagName === 'SELECT') control.value = before;
  };
  // A switch that would leave nothing is not shown.
  for (const [id, mark] of Object.entries(SWITCHES)) controls.get(id).closest('label').hidden = !rows.some((row) => has(row, mark));
  // The state at opening.
  if (rows.some(ACTIONS.act)) controls.get('action').value = 'act';
  const opening = new Map([...controls].map(([name, control]) => [name, value(control)]));
  let direction = 1, limit = FIRST, found = [];
  const state = (name) => (controls.has(name) ? value(controls.get(name)) : '');
  const restore = () => { direction = 1; for (const [name, control] of controls) set(control, opening.get(name)); };

  // What differs from the state at opening, as the fragment of the address.
  const fragment = () => {
    const parts = new URLSearchParams();
    for (const [name, control] of controls) if (value(control) !== opening.get(name)) parts.set(name, value(control));
    if (direction !== (firstDirection[state('sort')] ?? 1)) parts.set('turned', '1');
    return parts.toString();
  };
  const read = (text) => {
    restore();
    const parts = new URLSearchParams(text);
    for (const [name, to] of parts) if (controls.has(name)) set(controls.get(name), to);
    direction = (firstDirection[state('sort')] ?? 1) * (parts.get('turned') === '1' ? -1 : 1);
  };
  const remember = () => {
    const [address] = location.href.split('#');
    const text = fragment();
    // A preview may forbid it, and nothing depends on it.
    try { history.replaceState(null, '', text ? `${address}#${text}` : address); } catch { /* Not remembered. */ }
  };
  // Links to sections have fragments too, without a value.
  const isFilter = () => location.hash.includes('=');

  const find = () => {
    const words = state('q').toLowerCase().split(/\s+/).filter(Boolean);
    const tests = [];
    for (const [name, test] of Object.entries(FILTERS)) {
      if (state(name) !== 'all' && state(name) !== '') tests.push(test(state(name)));
    }
    for (const [name, mark] of Object.entries(SWITCHES)) if (state(name)) tests.push((row) => has(row, mark));
    found = [];
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index];
      if (tests.every((test) => test(row)) && words.every((word) => haystack(index).includes(word))) found.push(index);
    }
    const sort = state('sort');
    if (sort !== 'urgency') {
      const keys = new Map(found.map((index) => [index, sortKeys[sort](index)]));
      found.sort((left, right) => {
        const a = keys.get(left), b = keys.get(right);
        if (a === b) return left - right;
        // Unknown values come last in either direction.
        if (a === null) return 1;
        if (b === null) return -1;
        return (a < b ? -1 : 1) * direction;
      });
    }
    if (state('group')) {
      // People in the order of the first row of each.
      const groups = new Map();
      for (const index of found) {
        const of = rows[index][PERSON];
        if (!groups.has(of)) groups.set(of, []);
        groups.get(of).push(index);
      }
      found = [...groups.values()].flat();
    }
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
  const code = (text) => element('code', '', text);
  const name = (text) => element('bdi', '', text);

  // The page of a user is below that of its domain.
  const consoleLink = (row) => {
    const of = person(row), domain = data.domainLinks[row[DOMAIN]];
    if (domain === null || !(of[WHAT] & LISTED) || ['', '.', '..', undefined].includes(of[OCID])) return null;
    const [page, query] = domain.split('?');
    const id = encodeURIComponent(of[OCID]).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
    const link = element('a', '', 'the user in the console');
    link.setAttribute('href', `${page}/users/${id}?${query}`);
    link.setAttribute('target', '_blank');
    link.setAttribute('rel', 'noopener noreferrer');
    return link;
  };
  const facts = (row) => {
    const of = person(row);
    const made = element('div', 'facts');
    if (row[INSTRUCTION]) made.append(element('p', 'instruction', row[INSTRUCTION]));
    if (command(row)) {
      const text = element('pre', '', code(command(row)));
      text.setAttribute('tabindex', '0');
      const button = element('button', 'copy', 'Copy');
      button.setAttribute('type', 'button');
      made.append(element('div', 'command', text, button));
    }
    const list = element('dl', '');
    const add = (term, ...texts) => list.append(element('dt', '', term), element('dd', '', ...texts));
    const dated = (left) => `${date(left)}, ${fromNow(left)}`;
    add('Id', code(row[ID]));
    if (row[LABEL]) add('Label', name(row[LABEL]));
    add('User', name(of[NAME]), of[WHAT] & SERVICE_USER ? ' (service user)' : '');
    if (of[OCID]) add('User OCID', code(of[OCID]));
    if (consoleLink(row)) add('Console', consoleLink(row));
    if (of[EMAIL]) add('E-mail', name(of[EMAIL]));
    if (typeof of[LOGIN] === 'number') add('Last sign-in', date(of[LOGIN]));
    if (of[OWNER]) add('Owner', name(of[OWNER]));
    add('State', STATES[row[STATE]]);
    if (row[ROTATE] !== null) add(has(row, LAST_SET) ? 'Last set' : 'Created', date(start(row)));
    if (creator(row)) add('Created by', name(creator(row)));
    if (row[ROTATE] !== null) add('Rotate by', dated(row[ROTATE]));
    if (row[EXPIRES] !== null) add('Expires', dated(row[EXPIRES]));
    if (row[CONTROLS] > 0) add('CIS', `not provably compliant with ${controlNames(row)}`);
    if (row[EXCEPTION]) add('Exception', name(row[EXCEPTION]));
    if (row[NOTE]) add('Note', row[NOTE]);
    made.append(list);
    return made;
  };
  const rowElement = (row) => {
    const of = person(row);
    const by = cell('c-by', 'Act by');
    if (row[BY] !== null) by.append(date(row[BY]), ' ', element('span', 'muted', row[URGENCY] === 0 ? 'now' : fromNow(row[BY])));
    const age = cell('c-age', 'Age', row[AGE] === null ? 'unknown' : days(row[AGE]));
    if (row[STATE] < 2) age.append(' ', element('span', 'muted', STATES[row[STATE]].toLowerCase()));
    const notes = cell('c-notes', '');
    if (row[EXPIRY] > 0) notes.append(element('span', 'badge', EXPIRIES[row[EXPIRY]]));
    for (const [bit, badge] of BADGES) if (has(row, bit)) notes.append(element('span', 'badge', badge));
    if (row[ACTION] === NOTHING && row[CONTROLS] > 0) notes.append(element('span', 'badge', `CIS ${controlNames(row)}`));
    const className = row[URGENCY] === NO_URGENCY && rest(row) === 'clean' ? 'clean' : CLASSES[row[URGENCY]];
    const made = element('tr', className,
      cell('c-action', '', element('span', 'state', title(row))),
      by,
      cell('c-user', '', of[WHAT] & NAMELESS ? element('i', 'nameless', name(shortened(of[NAME]))) : name(of[NAME])),
      cell('c-type', '', element('span', 'type-name', data.types[row[TYPE]]),
        element('details', '', element('summary', '', name(row[LABEL] ? shortened(row[LABEL]) : '(no label)')), facts(row))),
      age,
      several ? cell('c-domain', 'Domain', name(data.domains[row[DOMAIN]])) : null,
      notes);
    made.setAttribute('role', 'row');
    return made;
  };
  const columns = document.querySelectorAll('#table th').length;
  // The head of a group, with all that matches of the person.
  const groupElement = (first) => {
    const of = person(first);
    let count = 0;
    const work = new Map();
    for (const index of found) {
      if (rows[index][PERSON] === first[PERSON]) {
        count += 1;
        work.set(title(rows[index]), (work.get(title(rows[index])) ?? 0) + 1);
      }
    }
    const words = [...work].map(([what, times]) => `${what.toLowerCase()} ${numbers.format(times)}`).join(', ');
    const head = element('th', 'c-person', name(of[NAME]),
      element('span', 'muted', several ? ` ${data.domains[first[DOMAIN]]}` : '', ` ${numbers.format(count)} ${count === 1 ? 'credential' : 'credentials'}: ${words}`));
    head.setAttribute('role', 'rowheader');
    head.setAttribute('scope', 'rowgroup');
    head.setAttribute('colspan', columns);
    const made = element('tr', 'person', head);
    made.setAttribute('role', 'row');
    return made;
  };

  const body = byId('rows'), status = byId('status'), more = byId('more');
  let written = 0;
  // Writes the rows from `written` on; those before stay as they are.
  const write = () => {
    const end = Math.min(found.length, limit);
    const fresh = document.createDocumentFragment();
    const grouped = state('group') !== '';
    for (; written < end; written += 1) {
      const row = rows[found[written]];
      if (grouped && (written === 0 || rows[found[written - 1]][PERSON] !== row[PERSON])) fresh.append(groupElement(row));
      fresh.append(rowElement(row));
    }
    body.append(fresh);
    const all = numbers.format(rows.length);
    status.textContent = found.length === 0 ? `None of ${all} matches.`
      : `${numbers.format(end)} shown of ${numbers.format(found.length)}`
        + (found.length === rows.length ? '.' : ` that match, of ${all}.`);
    byId('download').textContent = `Download CSV (${numbers.format(found.length)})`;
    more.hidden = end === found.length;
    if (!more.hidden) more.textContent = `Show ${numbers.format(Math.min(MORE, found.length - end))} more`;
  };
  const heads = [...document.querySelectorAll('#table th[data-key]')];
  const render = () => {
    limit = FIRST;
    find();
    for (const head of heads) {
      const turned = direction > 0 ? 'ascending' : 'descending'; /* words: allow */
      head.setAttribute('aria-sort', head.dataset.key === state('sort') ? turned : 'none');
    }
    body.replaceChildren();
    written = 0;
    write();
  };
  const apply = () => { render(); remember(); };

  let timer = 0;
  controls.get('q').addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(apply, 120); });
  for (const [id, control] of controls) {
    if (id === 'q') continue;
    control.addEventListener('change', () => {
      if (id === 'sort') direction = firstDirection[control.value] ?? 1;
      apply();
    });
  }
  tools.addEventListener('submit', (event) => { event.preventDefault(); clearTimeout(timer); apply(); });
  tools.addEventListener('reset', (event) => { event.preventDefault(); clearTimeout(timer); restore(); apply(); });
  addEventListener('hashchange', () => { if (isFilter()) { read(location.hash.slice(1)); render(); } });

  for (const head of heads) {
    const button = element('button', '', head.textContent);
    button.type = 'button';
    head.append(button);
    button.addEventListener('click', () => {
      const { key } = head.dataset;
      direction = state('sort') === key ? -direction : firstDirection[key] ?? 1;
      controls.get('sort').value = key;
      apply();
    });
  }
  more.addEventListener('click', () => {
    const next = body.children.length;
    limit = written + MORE;
    write();
    // The focus moves to the first new row.
    [...body.children].slice(next).find((row) => row.querySelector('summary'))?.querySelector('summary').focus();
  });
  // A number at the top filters the table by what it counts.
  for (const link of document.querySelectorAll('a[data-filter]')) {
    link.addEventListener('click', (event) => {
      event.preventDefault();
      restore();
      read(link.dataset.filter);
      apply();
      byId('findings').scrollIntoView();
      byId('findings').focus({ preventScroll: true });
    });
  }

  // The rows that match as a file, in the order of the table, by the columns of credentials.csv.
  const FORMULA = /^[\t\r\n]|^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;
  const csvCell = (text) => {
    const safe = FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const day = (left) => (left === null ? '' : date(left));
  const COLUMNS = {
    action: (row) => data.actions[row[ACTION]],
    reason: (row) => data.reasons[row[REASON]],
    actor: (row) => (row[ACTION] === NOTHING ? '' : has(row, BY_SECURITY) ? 'security' : 'holder'),
    act_by: (row) => day(row[BY]),
    urgency: (row) => data.urgencies[row[URGENCY]],
    state: (row) => data.states[row[STATE]],
    expiry_state: (row) => data.expiries[row[EXPIRY]],
    user_name: (row) => (person(row)[WHAT] & NAMELESS ? '' : person(row)[NAME]),
    user_email: (row) => (person(row)[WHAT] & NAMED_BY_EMAIL ? person(row)[NAME] : person(row)[EMAIL] ?? ''),
    owner: (row) => person(row)[OWNER] ?? '',
    credential_type: (row) => data.typeNames[row[TYPE]],
    label: (row) => row[LABEL],
    age_days: (row) => (row[AGE] === null ? '' : String(row[AGE])),
    rotate_by: (row) => day(row[ROTATE]),
    expires_on: (row) => day(row[EXPIRES]),
    domain: (row) => data.domains[row[DOMAIN]],
    exception: (row) => row[EXCEPTION] ?? '',
    not_compliant_with: (row) => (row[CONTROLS] > 0 ? `CIS ${controlNames(row)}` : ''),
    note: (row) => row[NOTE] ?? '',
    age_since: (row) => day(start(row)),
    created_by: creator,
    user_ocid: (row) => person(row)[OCID] ?? '',
    credential_id: (row) => row[ID],
    delete_command: command,
  };
  const csv = () => {
    const lines = [Object.keys(COLUMNS), ...found.map((index) => Object.values(COLUMNS).map((column) => column(rows[index])))];
    return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
  };
  byId('download').addEventListener('click', () => {
    const link = element('a', '');
    link.href = URL.createObjectURL(new Blob([csv()], { type: 'text/csv;charset=utf-8' }));
    link.download = `credentials-${data.run}-rows.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  });

  // Without the permission to write to the clipboard, the command is selected and copied as the keyboard would.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(text);
      return document.execCommand('copy');
    }
  };
  body.addEventListener('click', async (event) => {
    const button = event.target.closest('button.copy');
    if (!button) return;
    const copied = await copy(button.parentElement.querySelector('code'));
    button.textContent = copied ? 'Copied' : 'Press Ctrl+C';
    status.textContent = copied ? 'The command was copied.' : 'The command is selected.';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });

  // Paper has nothing to open.
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details.steps:not([open])')];
    for (const steps of closed) steps.open = true;
  });
  addEventListener('afterprint', () => { for (const steps of closed) steps.open = false; });

  document.documentElement.classList.add('scripted');
  tools.hidden = false;
  if (isFilter()) {
    read(location.hash.slice(1));
    byId('findings').scrollIntoView();
  }
  render();
})();
