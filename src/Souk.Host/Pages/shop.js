// A small shop on the public API: products, cart, a guest's order, and that order as it changes.
import { attempt, call, el, money, Problem, show, tell } from './api.js';

const kept = (name, otherwise) => JSON.parse(localStorage.getItem(name) ?? 'null') ?? otherwise;
const keep = (name, value) => value === null ? localStorage.removeItem(name) : localStorage.setItem(name, JSON.stringify(value));
const states = { in_stock: 'In stock', low: 'Only a few left', out: 'Sold out', backorder: 'On order' };
let follow = null;   // the stream of the order that is shown
let visits = 0;

/** Where the visitor is now: what was loaded for a page that has been left since is not shown. */
function visit() {
  const mine = ++visits;
  const here = () => mine === visits;
  return { here, show: (...what) => { if (here()) show(...what); } };
}

// ── products ──
async function products(page, query) {
  const [found, categories] = await Promise.all([call('GET', `/v1/products?limit=24&${query}`), call('GET', '/v1/categories?limit=100')]);
  const chosen = query.get('category');
  const list = el('ul', { className: 'grid' }, found.items.map(tile));
  const more = el('button', { className: 'plain', textContent: 'Show more', hidden: !found.nextCursor });
  let cursor = found.nextCursor;
  more.onclick = () => attempt(more, async () => {
    const next = await call('GET', `/v1/products?limit=24&${query}&cursor=${cursor}`);
    list.append(...next.items.map(tile));
    cursor = next.nextCursor;
    more.hidden = !cursor;
  });
  page.show(query.get('q') ? `“${query.get('q')}”` : 'Products',
    el('h1', {}, query.get('q') ? `What matches “${query.get('q')}”` : 'Products'),
    el('nav', { 'aria-label': 'Categories' }, el('ul', { className: 'chips' },
      el('li', {}, el('a', { href: '#/', 'aria-current': !chosen && 'page' }, 'All')),
      categories.items.filter(c => !c.parentId).map(c => el('li', {}, el('a', { href: `#/?category=${c.slug}`, 'aria-current': chosen === c.slug && 'page' }, c.name))))),
    found.items.length ? list : el('p', {}, 'Nothing matches. Try other words.'), el('p', {}, more));
}

function tile(product) {
  const prices = product.variants.map(v => v.price).filter(Boolean).sort((a, b) => a.amount - b.amount);
  return el('li', {}, el('a', { className: 'tile', href: `#/p/${product.slug}` }, photo(product, ''), el('h2', {}, product.name),
    el('span', { className: 'price' }, prices.length ? `${prices.length > 1 && prices[0].amount < prices.at(-1).amount ? 'from ' : ''}${money(prices[0])}` : 'No price yet')));
}

const photo = (product, alt) => el('div', { className: 'photo' }, product.media.length ? el('img', { src: product.media[0].url, alt, loading: 'lazy' }) : el('span', { className: 'quiet' }, 'No photo'));

async function product(page, slug) {
  const it = await call('GET', `/v1/products/${encodeURIComponent(slug)}`);
  const variant = el('select', { name: 'variant' }, it.variants.map(v =>
    el('option', { value: v.id, disabled: !v.price }, [Object.values(v.options).join(', ') || v.name, v.price ? money(v.price) : 'no price'].join(' · '))));
  const first = it.variants.find(v => v.price && v.stockState !== 'out') ?? it.variants[0];
  variant.value = first.id;
  const state = el('p', { 'aria-live': 'polite' });
  const add = el('button', { textContent: 'Add to cart' });
  const shown = () => it.variants.find(v => v.id === variant.value);
  const update = () => { const v = shown(); state.textContent = states[v.stockState]; state.className = v.stockState; add.disabled = !v.price || v.stockState === 'out'; };
  variant.onchange = update;
  update();
  const quantity = el('input', { type: 'number', name: 'quantity', min: 1, max: 99, value: 1 });
  const form = el('form', {}, el('label', {}, 'Variant', variant), el('label', {}, 'Quantity', quantity), state, add);
  form.onsubmit = event => {
    event.preventDefault();
    attempt(add, async () => { await addLine(variant.value, quantity.valueAsNumber); location.hash = '#/cart'; });
  };
  page.show(it.name, el('p', {}, el('a', { href: '#/' }, '← All products')), el('div', { className: 'two' }, photo(it, it.name),
    el('div', {}, el('h1', {}, it.name), it.rating.average && el('p', { className: 'quiet' }, `★ ${it.rating.average} of 5, ${it.rating.count} reviews`), el('p', {}, it.description), form)));
}

// ── cart ──
const cartHeaders = () => ({ 'Souk-Cart-Token': kept('cart', {}).token });

/** The cart of this browser; one that was bought or forgotten is none. */
async function readCart() {
  const known = kept('cart', null);
  if (!known) return null;
  try {
    const cart = await call('GET', `/v1/carts/${known.id}`, { headers: cartHeaders() });
    if (!cart.orderId) return cart;
  } catch (problem) {
    if (problem.body?.status !== 404) throw problem;
  }
  keep('cart', null);
  return null;
}

async function addLine(variantId, quantity) {
  const cart = await readCart();
  if (!cart) {
    const made = await call('POST', '/v1/carts', { body: { lines: [{ variantId, quantity }] } });
    keep('cart', { id: made.id, token: made.cartToken });
  } else {
    const had = cart.lines.find(l => l.variantId === variantId)?.quantity ?? 0;
    await call('PUT', `/v1/carts/${cart.id}/lines/${variantId}`, { body: { quantity: had + quantity }, headers: cartHeaders() });
  }
  await count();
}

async function count(cart) {
  cart ??= await readCart();
  const units = cart?.lines.reduce((sum, l) => sum + l.quantity, 0) ?? 0;
  const badge = document.getElementById('count');
  badge.textContent = units;
  badge.hidden = units === 0;
}

async function cartPage(page) {
  const [cart, methods] = await Promise.all([readCart(), call('GET', '/v1/shipping-methods?limit=100')]);
  await count(cart);
  if (!cart?.lines.length) return page.show('Cart', el('h1', {}, 'Your cart is empty'), el('p', {}, el('a', { href: '#/' }, 'Find something')));
  const lines = cart.lines.map(line => {
    const quantity = el('input', { type: 'number', min: 1, max: 99, value: line.quantity, 'aria-label': `Quantity of ${line.name}` });
    quantity.onchange = () => attempt(quantity, async () => {
      await call('PUT', `/v1/carts/${cart.id}/lines/${line.variantId}`, { body: { quantity: quantity.valueAsNumber }, headers: cartHeaders() });
      await cartPage(page);
    });
    const remove = el('button', { className: 'plain', type: 'button', 'aria-label': `Remove ${line.name}`, textContent: '✕' });
    remove.onclick = () => attempt(remove, async () => { await call('DELETE', `/v1/carts/${cart.id}/lines/${line.variantId}`, { headers: cartHeaders() }); await cartPage(page); });
    return el('tr', {}, el('td', {}, line.name ?? 'No longer sold'), el('td', {}, quantity), el('td', { className: 'sum' }, line.unavailable ? 'unavailable' : money(line.total)), el('td', {}, remove));
  });
  const field = (label, name, autocomplete, rest = {}) => el('label', {}, label, el('input', { name, autocomplete, required: true, ...rest }));
  const buy = el('button', { textContent: `Place order and pay` });
  const form = el('form', { className: 'card' }, el('h2', {}, 'Delivery and payment'),
    field('E-mail', 'email', 'email', { type: 'email', value: cart.email ?? '' }), field('Name', 'name', 'name'), field('Street and number', 'line1', 'address-line1'),
    el('div', { className: 'row' }, field('City', 'city', 'address-level2'), field('Country code', 'country', 'country', { maxLength: 2, pattern: '[A-Za-z]{2}', placeholder: 'NL' })),
    el('label', {}, 'Shipping', el('select', { name: 'shipping' }, methods.items.filter(m => m.base.currency === cart.currency).map(m => el('option', { value: m.code }, `${m.name}, ${money(m.base)} and ${money(m.perKilogram)} per kg`)))),
    el('label', {}, 'Payment', el('select', { name: 'card' }, el('option', { value: '' }, 'Sandbox: is paid'), el('option', { value: 'tok_declined' }, 'Sandbox: is declined'))), buy);
  let key = crypto.randomUUID();   // of this intention: pressed twice, or again after a lost answer, it is one order
  form.onchange = () => { key = crypto.randomUUID(); };
  form.onsubmit = event => { event.preventDefault(); attempt(buy, () => checkout(cart, new FormData(form), () => key)); };
  page.show('Cart', el('h1', {}, 'Cart'), el('div', { className: 'two' },
    el('div', { className: 'card scroll' }, el('table', {}, el('caption', { className: 'hidden' }, 'What is in the cart'),
      el('thead', {}, el('tr', {}, el('th', {}, 'Product'), el('th', {}, 'Quantity'), el('th', { className: 'sum' }, 'Total'), el('th', {}, el('span', { className: 'hidden' }, 'Remove')))),
      el('tbody', {}, lines)), sums(cart)), form));
}

const sums = of => el('table', {}, el('caption', { className: 'hidden' }, 'Totals'), el('tbody', {}, ['subtotal', 'shipping', 'tax', 'total'].filter(n => of[n]).map(n =>
  el('tr', {}, el('th', { scope: 'row' }, n[0].toUpperCase() + n.slice(1)), el('td', { className: `sum ${n === 'total' ? 'price' : ''}` }, money(of[n]))))));

async function checkout(cart, given, key) {
  const shippingAddress = { name: given.get('name'), line1: given.get('line1'), city: given.get('city'), country: given.get('country').toUpperCase() };
  const payment = { method: 'sandbox', ...(given.get('card') ? { token: given.get('card') } : {}) };
  let order;
  try {
    order = await call('POST', '/v1/orders', {
      body: { cartId: cart.id, email: given.get('email'), shippingAddress, shippingMethod: given.get('shipping'), payment }, headers: { ...cartHeaders(), 'Idempotency-Key': key() },
    });
  } catch (problem) {
    const short = problem.body?.variantIds?.map(id => cart.lines.find(l => l.variantId === id)?.name).filter(Boolean) ?? [];
    throw problem.body?.code === 'insufficient_stock' ? new Problem({ ...problem.body, detail: `There is not enough of ${short.join(' and ')}. Lower its quantity or take it out; nothing was ordered.` }) : problem;
  }
  keep('orders', [{ id: order.id, number: order.number, token: order.orderToken }, ...kept('orders', [])]);
  keep('cart', null);
  await count(null);
  location.hash = `#/orders/${order.id}`;
}

// ── orders ──
function orders(page) {
  const known = kept('orders', []);
  page.show('Orders', el('h1', {}, 'Your orders'), known.length ? el('ul', {}, known.map(o => el('li', {}, el('a', { href: `#/orders/${o.id}` }, `Order ${o.number}`))))
    : el('p', {}, 'None yet from this browser.'));
}

async function order(page, id) {
  const known = kept('orders', []).find(o => o.id === id);
  if (!known) throw new Problem({ detail: 'This browser placed no such order.' });
  const headers = { 'Souk-Order-Token': known.token };
  const live = el('p', { className: 'live quiet' }, 'Connecting…');
  const view = el('div', { 'aria-live': 'polite' });
  const render = async () => {
    const it = await call('GET', `/v1/orders/${id}`, { headers });
    const steps = ['placed', 'paid', 'packed', 'shipped', 'delivered'];
    const at = it.status === 'paid' ? Math.max(1, steps.indexOf(it.fulfilmentStatus)) : 0;
    const closed = it.status === 'cancelled' || it.status === 'expired';
    const pay = el('button', { textContent: `Pay ${money(it.total)}` });
    pay.onclick = () => attempt(pay, async () => {
      const made = await call('POST', `/v1/orders/${id}/payments`, { body: { method: 'sandbox' }, headers: { ...headers, 'Idempotency-Key': crypto.randomUUID() } });
      if (made.status === 'declined') tell('The payment was declined. Try again.');
      await render();
    });
    view.replaceChildren(...[closed ? el('p', { className: 'out' }, `This order was ${it.status}.`)
      : el('ol', { className: 'steps', 'aria-label': 'Progress' }, steps.map((step, i) => el('li', { className: i <= at ? 'done' : '', 'aria-current': i === at && 'step' }, step))),
    !closed && it.status === 'placed' && el('div', { className: 'card' }, el('p', {}, `The payment was declined, or is still to come. The goods are held for you until ${new Date(it.expiresAt).toLocaleTimeString()}.`), pay),
    el('div', { className: 'card scroll' }, el('table', {}, el('caption', { className: 'hidden' }, 'What was ordered'), el('tbody', {}, it.lines.map(l =>
      el('tr', {}, el('td', {}, `${l.quantity} × ${l.name}`), el('td', { className: 'sum' }, money(l.total)))))), sums(it))].filter(Boolean));
  };
  page.show(`Order ${known.number}`, el('h1', {}, `Order ${known.number}`), live, view);
  await render();
  if (page.here()) follow = stream(headers, live, render);
}

/** Follows the customer's events; goes on where it was after any break. */
function stream(headers, live, changed) {
  let events, timer, last = '', ended = false;
  const open = async () => {
    try {
      const { ticket } = await call('POST', '/v1/events/tickets', { headers });
      if (ended) return;
      events = new EventSource(`/v1/events?ticket=${ticket}${last && `&lastEventId=${last}`}`);
      events.onopen = () => { live.dataset.on = ''; live.textContent = 'Live: this page changes by itself'; };
      events.onmessage = message => { last = message.lastEventId; changed().catch(problem => tell(problem.message)); };
      events.onerror = () => { events.close(); again(); };
    } catch { again(); }
  };
  const again = () => { if (ended) return; delete live.dataset.on; live.textContent = 'Reconnecting…'; timer = setTimeout(open, 1000 + 2000 * Math.random()); };
  open();
  return () => { ended = true; clearTimeout(timer); events?.close(); };
}

// ── where we are ──
async function route() {
  follow?.();
  follow = null;
  tell();
  const [path, query] = (location.hash.slice(1) || '/').split('?');
  const [, where, id] = path.split('/');
  const page = visit();
  try {
    if (where === 'p') await product(page, decodeURIComponent(id));
    else if (where === 'cart') await cartPage(page);
    else if (where === 'orders') await (id ? order(page, id) : orders(page));
    else await products(page, new URLSearchParams(query));
  } catch (problem) {
    if (!page.here()) return;
    tell(problem.message);
    page.show('Souk', el('p', {}, el('a', { href: '#/' }, 'Back to the products')));
    if (!(problem instanceof Problem)) throw problem;
  }
}

document.getElementById('search').onsubmit = event => {
  event.preventDefault();
  location.hash = `#/?q=${encodeURIComponent(document.getElementById('words').value)}`;
};
addEventListener('hashchange', route);
await Promise.all([route(), count().catch(() => {})]);
