// Shared by both pages: requests, money, and elements without innerHTML.

/** A problem of the API (RFC 9457): what went wrong and what to do. */
export class Problem extends Error {
  constructor(body) { super(body.detail ?? 'Something went wrong. Try again.'); this.body = body; }
}

export async function call(method, path, { body, headers = {} } = {}) {
  let answer;
  try {
    answer = await fetch(path, { method, headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers }, body: body && JSON.stringify(body) });
  } catch {
    throw new Problem({ detail: 'The shop does not answer. Check your connection and try again.' });
  }
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Problem(value ?? {});
  return value;
}

export const money = m => m ? new Intl.NumberFormat('en', { style: 'currency', currency: m.currency }).format(m.amount / 10 ** digits(m.currency)) : '';
const digits = currency => new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;

/** An element: properties, attributes (those with a dash), children. */
export function el(name, props = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key in made && !key.includes('-')) made[key] = value; else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return made;
}

const notice = document.getElementById('notice');
export function tell(message) { notice.textContent = message ?? ''; notice.hidden = !message; if (message) notice.scrollIntoView({ block: 'nearest' }); }

/** Runs what a person asked for; a problem is shown to them, and the button waits meanwhile. */
export async function attempt(button, work) {
  tell();
  if (button) button.disabled = true;
  try { return await work(); } catch (problem) {
    tell(problem.message);
    if (!(problem instanceof Problem)) throw problem;
  } finally { if (button) button.disabled = false; }
}

export function show(title, ...children) {
  document.title = `${title} · Souk`;
  const main = document.getElementById('main');
  main.replaceChildren(...children.filter(Boolean));
  main.focus({ preventScroll: true });
}
