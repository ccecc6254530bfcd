// SPDX-License-Identifier: Apache-2.0
// interop: writes tests/vectors/address, one file per outcome, from the second implementation in address.mjs.
// `node address_vectors.mjs` writes the files; `--check` compares with those that are there.
import { canonicalAddress } from './address.mjs';
import { Refused, hex, utf8 } from './ibe.mjs';
import { settle } from './vector_files.mjs';

const files = new Map();

function write(name, about, input, outcome, canonical) {
  const bytes = typeof input === 'string' ? utf8(input) : input;
  files.set(`address/${name}.txt`, `# ${about}\noutcome: ${outcome}\ninput: ${hex(bytes)}\n` + (canonical === undefined ? '' : `canonical: ${hex(utf8(canonical))}\n`));
  return bytes;
}

function success(name, about, input, canonical) {
  const found = canonicalAddress(write(`success_${name}`, about, input, 'success', canonical));
  if (found !== canonical || canonicalAddress(utf8(found)) !== found) throw new Error(`${name}: ${found}`);
}

/** `rules`: the one that refuses; or all of those of which one must, where a library of IDNA may look before our own tests do. */
function refused(name, about, input, ...rules) {
  const bytes = write(`refused_${rules.at(-1)}_${name}`, about, input, `refused ${rules.join(' ')}`);
  try {
    throw new Error(`${name}: ${canonicalAddress(bytes)}`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (!rules.includes(error.rule)) throw new Error(`${name}: ${error.rule}`);
  }
}

const x = (n) => 'x'.repeat(n);
const domain = (n) => ['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(n - 192)].join('.'); // n octets, from 193

success('plain', 'a canonical address is its own', 'alice@example.org', 'alice@example.org');
success('ascii_case', 'ASCII letters in lower case, on both sides', 'Alice.Smith+Tag@Example.ORG', 'alice.smith+tag@example.org');
success('atext', 'every sign of atext', "!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org");
success('local_64', 'a local part of 64 octets', `${x(64)}@example.org`, `${x(64)}@example.org`);
success('whole_254', 'an address of 254 octets', `${x(12)}@${domain(241)}`, `${x(12)}@${domain(241)}`);
success('label_63', 'a label of 63 octets', `a@${x(63)}.org`, `a@${x(63)}.org`);
success('local_nfc', 'the local part in NFC', 'Jose\u0301@example.org', 'jos\u00e9@example.org');
success('local_case_beyond_ascii', 'no change of case beyond ASCII', '\u00c9ric@example.org', '\u00c9ric@example.org');
success('local_kelvin', 'NFC before the case: U+212A is an ASCII K', '\u212a@example.org', 'k@example.org');
success('local_composes_late', 'NFC behind the case: H U+0331 composes only in lower case', 'H\u0331@example.org', '\u1e96@example.org');
success('local_punctuation', 'punctuation beyond ASCII', 'o\u2019neil@example.org', 'o\u2019neil@example.org');
success('local_width', 'no folding of width in the local part', '\uff41@example.org', '\uff41@example.org');
success('domain_a_label', 'an A-label that is right', 'a@xn--bcher-kva.example', 'a@xn--bcher-kva.example');
success('domain_u_label', 'the U-label of it', 'a@b\u00fccher.example', 'a@xn--bcher-kva.example');
success('domain_case', 'in upper case', 'a@B\u00dcCHER.example', 'a@xn--bcher-kva.example');
success('domain_decomposed', 'and decomposed', 'a@bu\u0308cher.example', 'a@xn--bcher-kva.example');
success('domain_sharp_s', 'non-transitional: not fass', 'a@fa\u00df.example', 'a@xn--fa-hia.example');
success('domain_dot', 'an ideographic full stop is a dot', 'a@example\u3002org', 'a@example.org');
success('domain_width', 'width is folded in the domain', 'a@\uff45xample.org', 'a@example.org');
success('both_beyond_ascii', 'an address of RFC 6530', '\u6211\u8cb7@\u5c4b\u4f01.\u9999\u6e2f', '\u6211\u8cb7@xn--hoqu73a.xn--j6w193g');
success('domain_digits_first', 'labels that begin with digits', 'a@1a.example.x1', 'a@1a.example.x1');

refused('empty', 'nothing', '', 'A-1');
refused('long', '513 octets', `${x(501)}@example.org`, 'A-1');
refused('not_utf8', 'a byte that UTF-8 does not have', Uint8Array.of(0x61, 0xff, ...utf8('@example.org')), 'A-2');
refused('overlong', 'a dot in two bytes', Uint8Array.of(0x61, 0xc0, 0xae, ...utf8('@example.org')), 'A-2');
refused('surrogate', 'half of a pair', Uint8Array.of(0xed, 0xa0, 0x80, ...utf8('@example.org')), 'A-2');
refused('nul', 'a NUL in the local part', 'a\0b@example.org', 'A-2');
refused('nul_in_domain', 'a NUL in the domain', 'a@example.org\0.net', 'A-2');
refused('no_at', 'no @', 'example.org', 'A-3');
refused('two_at', 'two of them', 'a@b@example.org', 'A-3');
refused('at_in_quotes', 'one of them in quotes', '"a@b"@example.org', 'A-3');
refused('local_empty', 'no local part', '@example.org', 'A-4');
refused('local_65', 'a local part of 65 octets', `${x(65)}@example.org`, 'A-4');
refused('local_characters_are_not_octets', '63 characters in 66 octets', `\u00e9\u00e9\u00e9${x(60)}@example.org`, 'A-4');
for (const [name, local] of [['quoted', '"a"'], ['blank', 'a b'], ['blank_before', ' a'], ['bracket', '<a'], ['comment', 'a(b)'], ['comma', 'a,b'],
  ['backslash', 'a\\b'], ['colon', 'a:b'], ['semicolon', 'a;b'], ['square_brackets', 'a[b]'], ['line_end', 'a\r\n'], ['delete', 'a\x7f'], ['greek_question_mark', 'a\u037e']])
  refused(name, name === 'greek_question_mark' ? 'its NFC is a semicolon' : 'not a dot-atom of atext', `${local}@example.org`, 'A-5');
refused('dot_first', 'a dot at the beginning', '.a@example.org', 'A-6');
refused('dot_last', 'a dot at the end', 'a.@example.org', 'A-6');
refused('two_dots', 'two in a row', 'a..b@example.org', 'A-6');
for (const [name, character] of [['zero_width_space', '\u200b'], ['right_to_left_override', '\u202e'], ['no_break_space', '\u00a0'], ['control', '\u0085'],
  ['line_separator', '\u2028'], ['private_use', '\ue000'], ['unassigned', '\u0378'], ['byte_order_mark', '\ufeff']])
  refused(name, 'invisible, or without a stable NFC', `a${character}b@example.org`, 'A-7');
refused('false_a_label', 'no Punycode', 'a@xn--zzzzzz-a.example', 'A-8');
refused('other_a_label', 'Punycode of something else than it should be', 'a@xn--bcher-KVB.example', 'A-8');
refused('arrow', 'a symbol, which IDNA2008 disallows', 'a@exam\u2190ple.org', 'A-8');
refused('snowman_a_label', 'a symbol in an A-label', 'a@xn--n3h.example', 'A-8');
refused('bidi', 'a label that breaks the Bidi rule', 'a@\u0661a.example', 'A-8');
refused('joiner', 'a zero width joiner where no script asks for it', 'a@a\u200db.example', 'A-8');
refused('unassigned_in_domain', 'an unassigned character', 'a@\u0378.example', 'A-8');
refused('domain_empty', 'no domain', 'a@', 'A-9');
refused('label_empty', 'an empty label', 'a@example..org', 'A-9');
refused('label_empty_first', 'a dot before the domain', 'a@.example.org', 'A-9');
refused('final_dot', 'a dot behind it', 'a@example.org.', 'A-9');
refused('label_64', 'a label of 64 octets', `a@${x(64)}.org`, 'A-8', 'A-9');
refused('blank_in_domain', 'a blank', 'a@exa mple.org', 'A-10');
refused('line_end_in_domain', 'a line end behind the domain', 'a@example.org\n', 'A-10');
refused('command_behind', 'a line end and a command', 'a@example.org\r\nRCPT TO:<b', 'A-10');
refused('underscore', 'an underscore', 'a@exa_mple.org', 'A-10');
refused('literal', 'an address literal', 'a@[192.0.2.1]', 'A-10');
refused('bracket_behind', 'the bracket of an SMTP path', 'a@example.org>', 'A-10');
refused('percent', 'a percent sign', 'a@exa%6dple.org', 'A-10');
refused('hyphen_first', 'a hyphen at the beginning of a label', 'a@-example.org', 'A-8', 'A-11');
refused('hyphen_last', 'a hyphen at the end of one', 'a@example-.org', 'A-8', 'A-11');
refused('one_label', 'a domain of one label', 'root@localhost', 'A-12');
refused('ipv4', 'four numbers', 'a@192.0.2.1', 'A-12');
refused('last_label_digits', 'digits alone at the end', 'a@example.1', 'A-12');
refused('domain_254', 'a domain of 254 octets', `a@${domain(254)}`, 'A-8', 'A-12');
refused('whole_255', 'an address of 255 octets', `${x(13)}@${domain(241)}`, 'A-13');

settle(['address'], files);
