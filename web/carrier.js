// SPDX-License-Identifier: Apache-2.0
// web: message and signature out of a saved carrier page (docs/spec/envelope.md §5). By its text and not by a browser's tree:
// so it runs outside of one, and sees where a page was cut.
import { unarmor } from './age.js';
import { Refused, refuse, utf8 } from './bytes.js';

const SIGNATURE_MAX = 2560;
const NAMES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", plus: '+', sol: '/', equals: '=', NewLine: '\n', Tab: '\t', colon: ':',
  lowbar: '_', period: '.', comma: ',', semi: ';' };

const resolve = (text) => text.replace(/&(?:#(\d+)|#[xX]([\da-fA-F]+)|([A-Za-z]+));?/g, (whole, decimal, hexadecimal, name) => {
  const code = decimal ? Number(decimal) : hexadecimal ? parseInt(hexadecimal, 16) : 0;
  return (code > 0 && code < 0x7f ? String.fromCharCode(code) : NAMES[name]) ?? whole;
});

/** The tags of a page: { name, values: [{ name, text, whole }] }; a value that the page's end cut is not whole. */
function* tags(html) {
  const begin = /<(?:!--[^]*?-->|[!?][^>]*>|(\/?[A-Za-z][^\s/>]*))/g;
  for (let found; (found = begin.exec(html)); ) {
    if (found[1] === undefined) continue;
    const attribute = /[\s/]*(?:([^\s=>/][^\s=>/]*)(?:\s*=\s*(?:"([^"]*)("?)|'([^']*)('?)|([^\s>"'][^\s>]*)))?|=|(>))/y;
    attribute.lastIndex = begin.lastIndex;
    const tag = { name: found[1].toLowerCase(), values: [] };
    for (let part; (part = attribute.exec(html)) && part[7] === undefined; begin.lastIndex = attribute.lastIndex) {
      const [, name, double, doubleEnd, single, singleEnd] = part;
      const text = double ?? single;
      if (name && text !== undefined) tag.values.push({ name: name.toLowerCase(), text, whole: (doubleEnd ?? singleEnd) !== '' });
    }
    yield tag;
  }
}

/** { armored, signature }; the signature is '' if the page is whole and has none. Refused: E-27 to E-29, "none" for a page that
 * is no carrier, "cut" for one that is not all there. */
export function readCarrier(html) {
  let message, signature, formEnded = false;
  for (const tag of tags(html)) {
    if (tag.name === '/form' && message?.whole) formEnded = true;
    for (const value of tag.name === 'input' ? tag.values.filter(({ name }) => name === 'value') : []) {
      const found = { text: resolve(value.text).trimStart(), whole: value.whole };
      if (found.text.startsWith('-----BEGIN ')) message = message ? refuse('E-27') : found;
      else if (found.text.startsWith('untrusted c')) signature = signature ? refuse('E-27') : found;
    }
  }
  if (signature && utf8(signature.text).length > SIGNATURE_MAX) refuse('E-29');
  if (!message) refuse('none');
  if (!message.whole || !(signature ? signature.whole : formEnded)) refuse('cut');
  try {
    unarmor(message.text);
  } catch (error) {
    throw error instanceof Refused ? new Refused('E-28') : error;
  }
  return { armored: message.text, signature: signature?.text.trim() ?? '' };
}
