// What staff do with orders, on the admin API. The access token lives in this page only.
import { attempt, call, el, money, show, tell } from './api.js';

const steps = ['packed', 'shipped', 'delivered'];
let session = null;

async function staff(method, path, body) {
  if (Date.now() > session.renewAt) start(await call('POST', '/v1/sessions/refresh', { body: { refreshToken: session.refreshToken }, headers: { 'Idempotency-Key': crypto.randomUUID() } }));
  return call(method, path, { body, headers: { Authorization: `Bearer ${session.accessToken}` } });
}

function start(answer) {
  session = { ...answer, renewAt: Date.now() + (answer.expiresIn - 30) * 1000 };
  if (answer.deviceToken) localStorage.setItem('souk-device', answer.deviceToken);
}

// Whoever guesses at this account from elsewhere does not hold up this browser. The token opens nothing.
function device() {
  const token = localStorage.getItem('souk-device');
  return token ? { 'Souk-Device-Token': token } : {};
}

const form = document.getElementById('sign-in');
form.onsubmit = event => {
  event.preventDefault();
  attempt(form.querySelector('button'), async () => {
    const given = new FormData(form);
    try { start(await call('POST', '/v1/sessions', { body: { email: given.get('email'), password: given.get('password') }, headers: device() })); } catch (problem) {
      if (problem.body?.code !== 'second_factor_required') throw problem;
      return askCode(problem.body.challenge);
    }
    await list();
  });
};

/** The second half of a sign-in. When its challenge has ended, it begins anew. */
function askCode(challenge) {
  const code = el('input', { name: 'code', autocomplete: 'one-time-code', required: true });
  const next = el('button', { textContent: 'Continue' });
  const second = el('form', { className: 'narrow card' }, el('h1', {}, 'Second factor'), el('label', {}, 'Code of your authenticator, or a recovery code ', code), next);
  second.onsubmit = event => {
    event.preventDefault();
    attempt(next, async () => {
      try { start(await call('POST', `/v1/sessions/challenges/${challenge}`, { body: { code: code.value }, headers: device() })); } catch (problem) {
        if (problem.body?.code === 'challenge_ended') show('Sign in', form);
        throw problem;
      }
      await list();
    });
  };
  show('Second factor', second);
  code.focus();
}

async function list() {
  const page = await staff('GET', '/v1/admin/orders?limit=50');
  const again = el('button', { className: 'plain', textContent: 'Refresh' });
  again.onclick = () => attempt(again, list);
  show('Orders', el('h1', {}, 'Orders'), el('p', {}, again), page.items.length === 0 ? el('p', {}, 'No orders yet.')
    : el('div', { className: 'card scroll' }, el('table', {}, el('caption', { className: 'hidden' }, 'Latest orders'),
      el('thead', {}, el('tr', {}, ['Number', 'Placed', 'Total', 'State', 'Mark as'].map(name => el('th', { scope: 'col' }, name)))),
      el('tbody', {}, page.items.map(({ order }) => row(order))))));
}

function row(order) {
  const state = el('td', {}, order.status === 'paid' ? order.fulfilmentStatus : order.status);
  const buttons = el('td', {});
  const made = el('tr', { 'data-order': order.number }, el('th', { scope: 'row' }, order.number), el('td', {}, new Date(order.placedAt).toLocaleString()), el('td', {}, money(order.total)), state, buttons);
  if (order.status === 'paid') buttons.append(...steps.slice(steps.indexOf(order.fulfilmentStatus) + 1).map(step => {
    const mark = el('button', { className: 'plain', textContent: step });
    mark.onclick = () => attempt(mark, async () => { tell(); made.replaceWith(row(await staff('POST', `/v1/admin/orders/${order.id}/fulfilment`, { status: step }))); });
    return mark;
  }).flatMap(button => [button, ' ']));
  return made;
}
