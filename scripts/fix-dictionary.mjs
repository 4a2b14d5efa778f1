// Turns a FIX dictionary of the QuickFIX project into the table of data/fix: `node scripts/fix-dictionary.mjs FIX44.xml > data/fix/fix44.txt`.
// Components are resolved into the messages that use them, field by field in their order. A field is needed where it is so in its component and the component is so in its message.
import { readFileSync } from 'node:fs';

// The file has elements and attributes only: no text, no entities in what is read.
const root = { name: '', attributes: {}, children: [] };
const open = [root];
for (const [, end, name, attributes, closed] of readFileSync(process.argv[2], 'utf8').matchAll(/<(\/?)([\w-]+)((?:\s+[\w-]+=(?:'[^']*'|"[^"]*"))*)\s*(\/?)>/g)) {
  if (end) { open.pop(); continue; }
  const element = { name, attributes: Object.fromEntries([...attributes.matchAll(/([\w-]+)=(?:'([^']*)'|"([^"]*)")/g)].map(([, key, a, b]) => [key, a ?? b])), children: [] };
  open[open.length - 1].children.push(element);
  if (!closed) open.push(element);
}
const fix = root.children.find(e => e.name === 'fix');
const part = name => fix.children.find(e => e.name === name);
const fields = new Map(part('fields').children.map(f => [f.attributes.name, f]));
const components = new Map(part('components').children.map(c => [c.attributes.name, c]));
const numberOf = name => fields.get(name)?.attributes.number ?? (() => { throw new Error(`No field ${name}`); })();

const items = (element, needed) => element.children.flatMap(e => {
  const must = needed && e.attributes.required === 'Y';
  if (e.name === 'field') return [numberOf(e.attributes.name) + (must ? '!' : '')];
  if (e.name === 'component') return items(components.get(e.attributes.name), must);
  // Within a group a field is needed once there is an entry, whether or not the group is.
  return [`${numberOf(e.attributes.name)}${must ? '!' : ''}(${items(e, true).join(' ')})`];
});

for (const f of [...fields.values()].sort((a, b) => a.attributes.number - b.attributes.number)) {
  const { number, name, type } = f.attributes;
  const length = type === 'DATA' ? fields.get(`${name}Len`) ?? fields.get(`${name}Length`) : undefined;
  console.log(['F', number, name, length ? `${type}:${length.attributes.number}` : type, ...f.children.filter(v => v.name === 'value').map(v => v.attributes.enum)].join(' '));
}
console.log(['H', ...items(part('header'), true)].join(' '));
console.log(['T', ...items(part('trailer'), true)].join(' '));
for (const m of part('messages').children) console.log(['M', m.attributes.msgtype, m.attributes.msgcat, m.attributes.name, ...items(m, true)].join(' '));
