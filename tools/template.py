#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes C from page templates, at build time.

    template.py --prefix page --c pages.c --h pages.h FILE.html ...

A template is HTML with marks in double braces:

    {{name}}  {{.name}}  {{@name}}   a text: of this page, of the item of the loop around, of the frame
                                     that all pages share
    {{number name}}                  a count
    {{_ "Signed in as {@address}"}}  a sentence for people, marked for translation; {…} is a text in it
    {{#if name}} {{else}} {{/if}}    name is a flag, or a text, count or list that is there and not empty
    {{#each name}} {{/each}}         a list; its items' fields begin with a dot
    {{> file}}                       the text of _file.html stands here
    {{#layout file}}                 this page fills the slots of _file.html:
    {{#slot name}} {{/slot}}         what goes where the layout says {{slot name}}

For each page it writes `struct page_x` with the fields its template uses, and `page_x_render`, which answers
ST_FAIL when it meets a text that is NULL. A handler that fills in a field the template does not have does
not compile.

Values are escaped by the place where they stand, which is found by following the HTML. Refused, with file and
line: a value where no escaping is safe (unquoted attributes, names of tags and attributes, comments, srcdoc,
srcset); <script>, <style>, style= and on…=, which our content policy forbids anyway; blocks that leave the
HTML in another state than they found it in; letters that a reader would see or hear outside of {{_ "…"}}.
"""

import argparse
import pathlib
import re
import sys

MARK = re.compile(r'\{\{\s*(.*?)\s*\}\}', re.S)
NAME = re.compile(r'[.@]?[a-z][a-z0-9_]*\Z')
SENTENCE = re.compile(r'_\s+"([^"]*)"\Z', re.S)
PLACEHOLDER = re.compile(r'\{([^{}]*)\}')


class Refused(Exception):
    """This template does not build; the message says where and why."""


# --- reading: from files to a tree -----------------------------------------------------------------------


class Node:
    """A piece of a template. Its kind is literal, text, number, sentence, if or each."""

    def __init__(self, kind, where, value, body=(), other=()):
        self.kind, self.where, self.value = kind, where, value
        self.body, self.other = list(body), list(other)


def is_block(mark):
    return mark[0] in '#/>' or mark == 'else' or mark.startswith('slot ')


def tokens(path):
    """(where, is mark, text) for each mark and each text between. A block mark alone on its line takes the
    line with it; line starts lose their indentation."""
    source = path.read_text(encoding='utf-8')
    marks = list(MARK.finditer(source))
    ends = [0] + [m.end() for m in marks]
    starts = [m.start() for m in marks] + [len(source)]
    for i, (begin, end) in enumerate(zip(ends, starts)):
        text, line_start = source[begin:end], begin == 0
        if i > 0 and is_block(marks[i - 1][1]) and re.match(r'[ \t]*\n', text) and \
                re.search(r'(\A|\n)[ \t]*\Z', source[:marks[i - 1].start()]):
            text, line_start = text.split('\n', 1)[1], True
        text = re.sub(r'(?m)^[ \t]+', '', text) if line_start else re.sub(r'\n[ \t]+', '\n', text)
        if text:
            yield f'{path.name}:{source.count(chr(10), 0, begin) + 1}', False, text
        if i < len(marks):
            yield f'{path.name}:{source.count(chr(10), 0, end) + 1}', True, marks[i][1]


class Reader:
    """One page: its own file, the parts it includes, the layout it stands in."""

    def __init__(self, path):
        self.folder, self.slots = path.parent, {}
        nodes, layout = self.block(tokens(path), None)
        self.nodes = nodes if layout is None else self.block(tokens(self.part(layout)), None)[0]

    def part(self, name):
        return self.folder / f'_{name}.html'

    def block(self, stream, closing):
        """Nodes up to {{/closing}} or the end, and the layout named on the way."""
        nodes, layout = [], None
        for where, is_mark, text in stream:
            if not is_mark:
                nodes.append(Node('literal', where, text))
                continue
            word, _, rest = text.partition(' ')
            rest = rest.strip()
            if text == f'/{closing}' or (text == 'else' and closing == 'if'):
                return nodes, text
            if word == '#layout':
                layout = rest
            elif word == '#slot':
                self.slots[rest] = self.block(stream, 'slot')[0]
            elif word == 'slot':
                if rest not in self.slots:
                    raise Refused(f'{where}: the page does not fill the slot "{rest}"')
                nodes += self.slots[rest]
            elif word == '>':
                nodes += self.block(tokens(self.part(rest)), None)[0]
            else:
                nodes.append(self.mark(stream, where, text, word, rest))
        if closing:
            raise Refused(f'the end of the file comes before {{{{/{closing}}}}}')
        if layout and any(n.kind != 'literal' or n.value.strip() for n in nodes):
            raise Refused(f'{nodes[0].where}: a page with a layout has nothing outside of its slots')
        return nodes, layout

    def mark(self, stream, where, text, word, rest):
        sentence = SENTENCE.match(text)
        if sentence:
            names = PLACEHOLDER.findall(sentence[1])
            if any(not NAME.match(name) for name in names) or not sentence[1].strip():
                raise Refused(f'{where}: this is no sentence with names in braces: {text}')
            return Node('sentence', where, ' '.join(sentence[1].split()))
        if word in ('#if', '#each', 'number') and NAME.match(rest):
            if word == 'number':
                return Node('number', where, rest)
            body, end = self.block(stream, word[1:])
            other = self.block(stream, 'if')[0] if end == 'else' else []
            return Node(word[1:], where, rest, body, other)
        if NAME.match(text) and text != 'else':
            return Node('text', where, text)
        raise Refused(f'{where}: this mark means nothing: {{{{{text}}}}}')


# --- where a value stands: following the HTML ------------------------------------------------------------


class Html:
    """The state of a browser's tokenizer, as far as escaping depends on it."""

    URLS = {'href', 'src', 'action', 'formaction', 'cite', 'poster', 'data', 'manifest'}
    CLOSED = {'style', 'srcdoc', 'srcset', 'ping', 'background'}
    SPOKEN = {'alt', 'title', 'placeholder', 'label', 'aria-label', 'aria-description'}

    def __init__(self):
        self.state, self.element, self.attribute, self.value = 'text', '', '', ''
        self.entity = False  # inside a character reference

    def snapshot(self):
        """What must be the same where two branches meet."""
        if self.state == 'text':
            return (self.state,)
        if self.state == 'tag':
            return self.state, self.element
        return self.state, self.element, self.attribute, self.value[:1]

    def feed(self, text, where):
        for char in text:
            getattr(self, 'in_' + self.state)(char, where)

    def in_text(self, char, where):
        if char == '<':
            self.state, self.element = 'open', ''
        elif char.isalpha() and not self.entity:
            raise Refused(f'{where}: text for people stands outside of {{{{_ "…"}}}}')
        self.entity = char == '&' or (self.entity and (char.isalnum() or char == '#'))

    def in_open(self, char, where):
        if char.isspace() or char == '>':
            self.tag_named(where)
            self.state = 'text' if char == '>' else 'tag'
        elif self.element == '' and char in '!?':
            self.state = 'declaration'
        elif char.isalnum() or char == '/':
            self.element += char.lower()
        else:
            raise Refused(f'{where}: no tag has the name "{self.element}{char}"')

    def tag_named(self, where):
        if self.element in ('script', 'style', ''):
            raise Refused(f'{where}: <{self.element}> is not for our pages')

    def in_declaration(self, char, _where):
        if char == '>':
            self.state = 'text'

    def in_tag(self, char, where):
        if char == '>':
            self.state = 'text'
        elif char.isalpha():
            self.state, self.attribute, self.value = 'attribute', char.lower(), ''
        elif not char.isspace() and char != '/':
            raise Refused(f'{where}: "{char}" begins no attribute')

    def in_attribute(self, char, where):
        if char.isalnum() or char == '-':
            self.attribute += char.lower()
            return
        if self.attribute in self.CLOSED or self.attribute.startswith('on'):
            raise Refused(f'{where}: the attribute {self.attribute} is not for our pages')
        if char == '=':
            self.state = 'equals'
        else:
            self.state = 'tag'
            self.in_tag(char, where)

    def in_equals(self, char, where):
        states = {'"': 'double', "'": 'single'}
        self.state = states.get(char, 'unquoted')
        self.value = '' if char in states else char
        if char.isspace() or char == '>':
            raise Refused(f'{where}: the attribute {self.attribute} has no value')

    def in_double(self, char, where):
        self.quoted(char, '"', where)

    def in_single(self, char, where):
        self.quoted(char, "'", where)

    def quoted(self, char, end, where):
        if char == end:
            self.state = 'tag'
            return
        if char.isalpha() and self.attribute in self.SPOKEN:
            raise Refused(f'{where}: {self.attribute}="" speaks to people outside of {{{{_ "…"}}}}')
        self.value += char

    def in_unquoted(self, char, where):
        if char.isspace() or char == '>':
            self.state = 'tag'
            self.in_tag(char, where)
        elif char in '"\'<=`':
            raise Refused(f'{where}: "{char}" in an unquoted attribute')

    def escape(self, where, what):
        """The function that escapes a value here; notes that one was written."""
        if self.state == 'text':
            return 'html_text'
        if self.state not in ('double', 'single'):
            raise Refused(f'{where}: no value is safe here ({self.state}): {what}')
        url, first = self.attribute in self.URLS, self.value == ''
        self.value += '{'
        if not url:
            return 'html_text'
        if first:
            return 'html_url'
        if self.value[0] not in '/?#':
            raise Refused(f'{where}: only a path of ours is put together from values: {what}')
        return 'html_component'


# --- writing C -------------------------------------------------------------------------------------------


class Fields:
    """The fields of a struct and their kinds, as the templates use them."""

    ORDER = ('flag', 'text', 'number', 'list')

    def __init__(self, name):
        self.name, self.kinds, self.items = name, {}, {}

    def use(self, name, kind, where):
        had = self.kinds.get(name, kind)
        if had != kind and 'flag' not in (had, kind):
            raise Refused(f'{where}: {name} is used as {kind} here and as {had} elsewhere')
        self.kinds[name] = kind if had == 'flag' else had
        if kind == 'list':
            return self.items.setdefault(name, Fields(f'{self.name}_{name}'))
        return None

    def declaration(self):
        """The struct, behind the structs of its items."""
        parts = [fields.declaration() for fields in self.items.values()]
        lines = [f'struct {self.name} {{']
        for name, kind in self.kinds.items():
            if kind == 'list':
                lines.append(f'    const struct {self.items[name].name} *{name};')
                lines.append(f'    size_t {name}_n;')
            else:
                form = {'flag': 'bool ', 'text': 'const char *', 'number': 'uint64_t '}[kind]
                lines.append(f'    {form}{name};')
        return '\n'.join(parts + lines + ['};\n'])


class Scope:
    """What names mean at a place: the page, the frame, the items of the loops around."""

    def __init__(self, page, frame, items=()):
        self.page, self.frame, self.items = page, frame, list(items)

    def find(self, name, where):
        """(fields, C expression of the struct, bare name)"""
        if name[0] == '@':
            return self.frame, 'frame', name[1:]
        if name[0] != '.':
            return self.page, 'page', name
        if not self.items:
            raise Refused(f'{where}: {name} stands in no loop')
        return self.items[-1], f'item{len(self.items)}', name[1:]

    def use(self, name, kind, where):
        fields, _, bare = self.find(name, where)
        return fields.use(bare, kind, where)

    def within(self, items):
        return Scope(self.page, self.frame, self.items + [items])


def collect(nodes, scope):
    """Find out which fields there are, and of which kind."""
    for node in nodes:
        if node.kind in ('text', 'number'):
            scope.use(node.value, node.kind, node.where)
        elif node.kind == 'sentence':
            for name in PLACEHOLDER.findall(node.value):
                scope.use(name, 'text', node.where)
        elif node.kind == 'if':
            fields, _, bare = scope.find(node.value, node.where)
            if bare not in fields.kinds:
                fields.use(bare, 'flag', node.where)
            collect(node.body, scope)
            collect(node.other, scope)
        elif node.kind == 'each':
            collect(node.body, scope.within(scope.use(node.value, 'list', node.where)))


def quoted(text):
    """A C string literal."""
    out = ''
    for byte in text.encode('utf-8'):
        char = chr(byte)
        if char in '"\\?':
            out += '\\' + char
        elif char == '\n':
            out += '\\n'
        else:
            out += char if 0x20 <= byte < 0x7f else f'\\{byte:03o}'
    return '"' + out + '"'


def escaped(text):
    for char, reference in (('&', '&amp;'), ('<', '&lt;'), ('>', '&gt;'), ('"', '&#34;'), ("'", '&#39;')):
        text = text.replace(char, reference)
    return text


class Writer:
    """The body of one render function."""

    def __init__(self, scope):
        self.scope, self.html, self.lines, self.literal = scope, Html(), [], ''

    def line(self, depth, text):
        self.flush(depth)
        self.lines.append('    ' * depth + text)

    def flush(self, depth):
        for piece in re.findall(r'(?s).{1,900}', self.literal):
            text = '\n'.join('    ' * (depth + 1) + quoted(part) for part in
                             re.findall(r'[^\n]*\n|[^\n]+', piece))
            self.lines.append('    ' * depth + f'LITERAL(\n{text});')
        self.literal = ''

    def expression(self, name, where):
        _, struct, bare = self.scope.find(name, where)
        return f'{struct}->{bare}'

    def value(self, name, where, depth):
        escape = self.html.escape(where, name)
        self.line(depth, f'VALUE({escape}, {self.expression(name, where)});')

    def sentence(self, node, depth):
        parts = PLACEHOLDER.split(node.value)
        if self.html.escape(node.where, node.value) != 'html_text':
            raise Refused(f'{node.where}: a sentence is no address')
        self.literal += escaped(parts[0])
        for name, text in zip(parts[1::2], parts[2::2]):
            self.value(name, node.where, depth)
            self.literal += escaped(text)

    def test(self, name, where):
        fields, _, bare = self.scope.find(name, where)
        value = self.expression(name, where)
        return {'flag': value, 'text': f'PRESENT({value})', 'number': f'{value} > 0',
                'list': f'{value}_n > 0'}[fields.kinds[bare]]

    def branch(self, node, nodes, depth):
        """One branch of a block; it must leave the HTML as it found it."""
        begin = self.html.snapshot()
        self.nodes(nodes, depth)
        self.flush(depth)
        if self.html.snapshot() != begin:
            raise Refused(f'{node.where}: this {node.kind} leaves the HTML in another state')

    def nodes(self, nodes, depth):
        for node in nodes:
            if node.kind == 'literal':
                self.html.feed(node.value, node.where)
                self.literal += node.value
            elif node.kind == 'text':
                self.value(node.value, node.where, depth)
            elif node.kind == 'number':
                self.html.escape(node.where, node.value)
                self.line(depth, f'html_number(out, {self.expression(node.value, node.where)});')
            elif node.kind == 'sentence':
                self.sentence(node, depth)
            else:
                self.block(node, depth)

    def block(self, node, depth):
        if node.kind == 'if':
            self.line(depth, f'if ({self.test(node.value, node.where)}) {{')
            self.branch(node, node.body, depth + 1)
            if node.other:
                self.line(depth, '} else {')
                self.branch(node, node.other, depth + 1)
        else:
            fields, struct, bare = self.scope.find(node.value, node.where)
            n, items = len(self.scope.items) + 1, fields.items[bare]
            self.line(depth, f'for (size_t i{n} = 0; i{n} < {struct}->{bare}_n; i{n}++) {{')
            self.line(depth + 1, f'const struct {items.name} *item{n} = &{struct}->{bare}[i{n}];')
            self.line(depth + 1, f'(void)item{n};')
            outer, self.scope = self.scope, self.scope.within(items)
            self.branch(node, node.body, depth + 1)
            self.scope = outer
        self.line(depth, '}')


HEADER = '''/* SPDX-License-Identifier: Apache-2.0
 * Made by tools/template.py; change the templates instead. Texts are borrowed for the call. Each function
 * appends a page to `out`; ST_FAIL if a text is NULL that is not behind an {{#if}}, ST_LIMIT if it does not fit. */
#pragma once

#include "buffer.h"

'''

SOURCE = '''/* SPDX-License-Identifier: Apache-2.0
 * Made by tools/template.py; change the templates instead. */
#include "%s"

#include "html.h"

#define LITERAL(text) buffer_add(out, BYTES_LITERAL(text))
#define PRESENT(text) ((text) != NULL && (text)[0] != '\\0')
#define VALUE(escape, text)                                                                        \\
    do {                                                                                           \\
        if ((text) == NULL)                                                                        \\
            return ST_FAIL;                                                                        \\
        escape(out, (text));                                                                       \\
    } while (0)
'''


def signature(name, page, frame):
    arguments = [f'const struct {page.name} *page'] if page.kinds else []
    arguments += [f'const struct {frame.name} *frame'] if frame.kinds else []
    return f'enum status {name}_render({", ".join(arguments + ["struct buffer *out"])})'


def build(prefix, paths, header_name):
    """The text of the header and of the source."""
    frame, pages = Fields(f'{prefix}_frame'), []
    for path in paths:
        page = Fields(f'{prefix}_{path.stem}')
        nodes = Reader(path).nodes
        collect(nodes, Scope(page, frame))
        pages.append((page, nodes))

    header, source = HEADER, SOURCE % header_name
    if frame.kinds:
        header += '/* What every page shows. */\n' + frame.declaration() + '\n'
    for page, nodes in pages:
        writer = Writer(Scope(page, frame))
        writer.nodes(nodes, 1)
        writer.flush(1)
        if writer.html.state != 'text':
            raise Refused(f'{page.name}: the page ends inside a tag')
        head = signature(page.name, page, frame)
        header += (page.declaration() if page.kinds else '') + head + ' MUST_CHECK;\n\n'
        unused = '    (void)frame;\n' if frame.kinds else ''
        unused += '    (void)page;\n' if page.kinds else ''
        source += f'\n{head}\n{{\n{unused}' + '\n'.join(writer.lines) + \
            '\n    return buffer_check(out);\n}\n'
    return header, source


def main():
    parser = argparse.ArgumentParser(description='Make C from page templates.')
    parser.add_argument('--prefix', required=True)
    parser.add_argument('--c', required=True, type=pathlib.Path)
    parser.add_argument('--h', required=True, type=pathlib.Path)
    parser.add_argument('templates', nargs='+', type=pathlib.Path)
    options = parser.parse_args()
    try:
        header, source = build(options.prefix, options.templates, options.h.name)
    except (Refused, OSError) as error:
        sys.exit(f'template.py: {error}')
    options.h.write_text(header, encoding='utf-8')
    options.c.write_text(source, encoding='utf-8')


if __name__ == '__main__':
    main()
