// application/x-www-form-urlencoded with brackets, as the API takes it: a[b]=1, a[0][c]=2, a[]=3.
export class FormFault extends Error {}

export function decodeForm(text) {
  const out = {};
  for (const pair of text.split('&')) {
    if (!pair) continue;
    const at = pair.indexOf('=');
    const decode = (s) => decodeURIComponent(s.replaceAll('+', ' '));
    const key = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    const head = key.match(/^[^[\]]+/)?.[0];
    const rest = head === undefined ? null : key.slice(head.length);
    if (rest === null || !/^(\[[^[\]]*\])*$/.test(rest)) throw new FormFault(`Invalid key: ${key}`);
    const path = [head, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map((m) => m[1])];
    if (path.includes('__proto__')) throw new FormFault(`Invalid key: ${key}`);
    let place = out;
    path.forEach((name, i) => {
      const own = name === '' ? Object.keys(place).length : name;
      if (i + 1 === path.length) {
        if (Object.hasOwn(place, own)) throw new FormFault(`Repeated key: ${key}`);
        place[own] = value;
      } else {
        if (!Object.hasOwn(place, own)) place[own] = {};
        if (typeof place[own] !== 'object') throw new FormFault(`Invalid key: ${key}`);
        place = place[own];
      }
    });
  }
  return listed(out);
}

// {0: a, 1: b} is a list.
function listed(value) {
  if (typeof value !== 'object') return value;
  const keys = Object.keys(value);
  if (keys.length && keys.every((k, i) => k === String(i))) return keys.map((k) => listed(value[k]));
  return Object.fromEntries(keys.map((k) => [k, listed(value[k])]));
}
