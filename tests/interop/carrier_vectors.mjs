// SPDX-License-Identifier: Apache-2.0
// interop: writes tests/vectors/carrier: pages as browsers, mail programs and people leave them, one for each outcome of
// docs/spec/envelope.md §5. All carry the message and the signature of envelope/success_short.txt.
// `node carrier_vectors.mjs` writes the files; `--check` compares with those that are there.
import { readFileSync } from 'node:fs';
import { settle } from './vector_files.mjs';
import { readCarrier } from '../../web/carrier.js';

const vector = readFileSync(new URL('../vectors/envelope/success_short.txt', import.meta.url), 'latin1');
const message = vector.slice(vector.indexOf('\n\n') + 2);
const signature = Buffer.from(/^signature: (.*)$/m.exec(vector)[1], 'base64').toString('latin1');
const files = new Map();

function page(outcome, name, html) {
  let found = 'success';
  try {
    const read = readCarrier(html);
    if (read.armored.replaceAll('\r\n', '\n').trim() !== message.trim()) throw new Error(`${name}: another message`);
    if (read.signature === '') found = 'unsigned';
    else if (read.signature.replaceAll('\r\n', '\n') !== signature.trim()) throw new Error(`${name}: another signature`);
  } catch (error) {
    found = error.rule ?? (() => { throw error; })();
  }
  if (found !== outcome) throw new Error(`${outcome}_${name}: ${found}`);
  files.set(`carrier/${outcome}_${name}.html`, html);
}
const input = (value, name = 'message') => `<input type="hidden" name="${name}" value="${value}">`;
const both = (m = message, s = signature) => `${input(m)}\n${input(s, 'signature')}\n`;
const around = (inside) => `<!DOCTYPE html>\n<html lang="en"><head><title>You have a secure message</title></head>\n<body>\n` +
  `<form method="post" enctype="multipart/form-data" action="https://portal.example/open">\n${inside}<button>Read message</button>\n</form>\n</body></html>\n`;
const encoded = (text, how) => text.replace(/[\n+/=]/g, how);
const code = (character) => character.charCodeAt(0);
const NAMES = { '\n': '&NewLine;', '+': '&plus;', '/': '&sol;', '=': '&equals;' };

page('success', 'as_written', around(both()));
page('success', 'crlf', around(both()).replaceAll('\n', '\r\n'));
page('success', 'decimal_references', around(both(encoded(message, (c) => `&#${code(c)};`), encoded(signature, (c) => `&#${code(c)};`))));
page('success', 'hexadecimal_references', around(both(encoded(message, (c) => `&#x${code(c).toString(16)};`), encoded(signature, (c) => `&#X${code(c).toString(16).toUpperCase()};`))));
page('success', 'references_with_zeros', around(both(message.replaceAll('\n', '&#00010;'))));
page('success', 'named_references', around(both(encoded(message, (c) => NAMES[c]), encoded(signature, (c) => NAMES[c]))));
page('success', 'single_quotes', around(both()).replaceAll('"', "'"));
page('success', 'value_first', around(`<input value="${message}" type=hidden name=message><input value="${signature}" type=hidden>`));
page('success', 'capitals', around(`<INPUT TYPE="HIDDEN" NAME="MESSAGE" VALUE="${message}"><Input Value="${signature}">`));
page('success', 'blanks_in_tags', around(`<input\n\tvalue =\n"${message}"\n/><input   value\t= "${signature}"   />`));
page('success', 'other_attributes', around(`<input data-x='a>b' id=m hidden disabled="" value="${message}" autocomplete=off><input class value="${signature}">`));
page('success', 'signature_first', around(`${input(signature, 'signature')}\n${input(message)}\n`));
page('success', 'blanks_in_values', around(both(` \n\t${message}\n \n`, `\n ${signature} \t`)));
page('success', 'signature_2560', around(both(message, signature + ' '.repeat(2560 - signature.length))));
page('success', 'no_form_end', both());
page('success', 'saved_with_notice', '\ufeff<!-- saved from url=(0014)about:internet -->\r\n' + around(both()));
page('success', 'xml', '<?xml version="1.0" encoding="utf-8"?>\n' + around(both()));
page('success', 'signs_in_text', around(`<p title="value=&quot;">1 < 2 & 3 <= 4 <3</p><style>a>b{c:"d"}</style>\n${both()}`));
page('success', 'other_inputs', around(`<input value="other"><input value=''><input value><input value=x><input value="-----"><input value=untrusted>\n${both()}`));
page('success', 'decoys', around(`<textarea value="${message}"></textarea><inputs value="${message}"></inputs><input data-value="${message}">\n${both()}`));
page('success', 'other_letters', around(`<p>\u00fcber \u4f60\u597d</p>\n${both()}`));
page('unsigned', 'form_ended', around(input(message)));
page('unsigned', 'nothing_behind_the_form', `<form>${input(message)}</form>`);

page('none', 'empty', '');
page('none', 'text', 'hello\n');
page('none', 'other_form', around(input('other')));
page('none', 'signature_alone', around(input(signature, 'signature')));
page('none', 'message_as_text', around(`<pre>${message}</pre>\n${input(signature, 'signature')}`));
page('none', 'message_in_a_textarea', around(`<textarea>${message}</textarea>\n${input(signature, 'signature')}`));
const whole = around(both());
page('cut', 'in_the_label', whole.slice(0, whole.indexOf(message) + 14));
page('cut', 'in_the_message', whole.slice(0, whole.indexOf(message) + message.length / 2));
page('cut', 'at_the_end_line', whole.slice(0, whole.indexOf(message) + message.length));
page('cut', 'behind_the_message', whole.slice(0, whole.indexOf('<input', whole.indexOf(message))));
page('cut', 'in_the_signature', whole.slice(0, whole.indexOf(signature) + signature.length / 2));
page('cut', 'at_the_signatures_end', whole.slice(0, whole.indexOf(signature) + signature.length));
page('cut', 'a_form_before', `<form></form>\n${input(message)}\n`);

page('E-27', 'two_messages', around(input(message) + both()));
page('E-27', 'another_message_behind', around(both() + input('-----BEGIN AGE ENCRYPTED FILE-----\n')));
page('E-27', 'two_signatures', around(both() + input(signature, 'signature')));
page('E-27', 'begins_as_a_signature', around(both() + input('untrusted cat')));
page('E-28', 'other_label', around(both(message.replaceAll('AGE ENCRYPTED FILE', 'PGP MESSAGE'))));
page('E-28', 'text_behind', around(both(message + 'x')));
page('E-28', 'ampersand', around(both(message + '&amp;')));
page('E-28', 'unknown_reference', around(both(message + '&unknown;')));
page('E-28', 'reference_to_nul', around(both(message + '&#0;')));
page('E-28', 'reference_out_of_range', around(both(message + '&#4294967306;')));
page('E-28', 'blank_at_a_lines_end', around(both(message.replace(/\n(.)/, ' \n$1'))));
page('E-28', 'no_end_line', around(both(message.replace('-----END AGE ENCRYPTED FILE-----\n', ''))));
page('E-28', 'begin_line_alone', around(both('-----BEGIN AGE ENCRYPTED FILE-----\n')));
const long = (n) => `untrusted comment: ${'x'.repeat(n - 19)}`;
page('E-29', 'signature_2561', around(both(message, long(2561))));
page('E-29', 'signature_with_a_long_comment', around(both(message, signature.replace('a test', 'x'.repeat(3000)))));

settle(['carrier'], files);
