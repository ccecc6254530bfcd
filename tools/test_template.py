#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of template.py: what it refuses, and which escaping it chooses."""

import pathlib
import tempfile
import unittest

import template


def build(text, **parts):
    """The C source of one page."""
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, 'page.html')
        page.write_text(text, encoding='utf-8')
        for name, part in parts.items():
            pathlib.Path(folder, f'_{name}.html').write_text(part, encoding='utf-8')
        return template.build('t', [page], 't.h')[1]


REFUSED = {
    'script element': '<script>{{x}}</script>',
    'script without a value': '<script></script>',
    'script with attributes': '<SCRIPT src="/x.js"></SCRIPT>',
    'style element': '<style>{{x}}</style>',
    'style attribute': '<p style="color: {{x}}">',
    'style attribute without a value': '<p style="color: red">',
    'event handler': '<p onclick="{{x}}">',
    'event handler in capitals': '<p ONCLICK="f()">',
    'unquoted attribute': '<p class={{x}}>',
    'end of an unquoted attribute': '<p class=a{{x}}>',
    'tag name': '<{{x}}>',
    'end of a tag name': '<h{{x}}>',
    'attribute name': '<p {{x}}>',
    'attribute without its value': '<p class{{x}}>',
    'comment': '<!-- {{x}} -->',
    'srcdoc': '<iframe srcdoc="{{x}}"></iframe>',
    'srcset': '<img srcset="{{x}}">',
    'part of a foreign address': '<a href="https://{{x}}/">&middot;</a>',
    'part of a script address': '<a href="javascript:{{x}}">&middot;</a>',
    'sentence as address': '<a href="{{_ "x"}}">&middot;</a>',
    'if that opens a quote': '<p class="{{#if x}}a" id="{{/if}}">',
    'if that opens a tag': '{{#if x}}<p {{/if}}',
    'if whose branches differ': '<p {{#if x}}class="a" {{else}}class="{{/if}}">',
    'if that begins a name': '<p {{#if x}}class{{/if}}es="a">',
    'loop that stays in a tag': '{{#each x}}<p {{/each}}',
    'end in a tag': '<p class="',
    'unmarked text': '<p>Hello</p>',
    'unmarked text behind a reference': '<p>&nbsp;Hello</p>',
    'unmarked label': '<p aria-label="Hello"></p>',
    'unmarked alternative text': '<img src="/x" alt="Logo">',
    'unknown mark': '<p>{{#foo x}}</p>',
    'name in capitals': '<p>{{Name}}</p>',
    'raw value': '<p>{{&x}}</p>',
    'sentence with a strange place': '<p>{{_ "Hello {X Y}"}}</p>',
    'empty sentence': '<p>{{_ ""}}</p>',
    'if without end': '{{#if x}}<p>',
    'each ended by if': '{{#each x}}<p></p>{{/if}}',
    'item outside of a loop': '<p>{{.x}}</p>',
    'text used as list': '{{x}}{{#each x}}{{/each}}',
    'attribute without value before the end': '<p class=>',
}

CHOSEN = {
    'text': ('<p>{{x}}</p>', 'html_text'),
    'double quotes': ('<p class="{{x}}"></p>', 'html_text'),
    'single quotes': ("<p class='a {{x}}'></p>", 'html_text'),
    'text area': ('<textarea>{{x}}</textarea>', 'html_text'),
    'address': ('<a href="{{x}}">&middot;</a>', 'html_url'),
    'address in capitals': ('<A HREF="{{x}}">&middot;</A>', 'html_url'),
    'form': ('<form action="{{x}}"></form>', 'html_url'),
    'picture': ('<img src="{{x}}">', 'html_url'),
    'path': ('<a href="/read/{{x}}">&middot;</a>', 'html_component'),
    'query': ('<a href="?q={{x}}">&middot;</a>', 'html_component'),
    'behind another value': ('<a href="/{{y}}/{{x}}">&middot;</a>', 'html_component'),
    'spoken': ('<p aria-label="{{_ "For {x}"}}"></p>', 'html_text'),
}


class Refuses(unittest.TestCase):
    def test_refused(self):
        for name, text in REFUSED.items():
            with self.subTest(name), self.assertRaises(template.Refused):
                build(text)

    def test_page_must_fill_each_slot(self):
        with self.assertRaisesRegex(template.Refused, 'slot "main"'):
            build('{{#layout l}}', l='{{slot main}}')

    def test_page_has_nothing_outside_of_slots(self):
        with self.assertRaises(template.Refused):
            build('{{#layout l}}{{#slot main}}{{/slot}}<p></p>', l='{{slot main}}')

    def test_values_in_parts_are_checked_too(self):
        with self.assertRaisesRegex(template.Refused, '_part.html:2'):
            build('{{> part}}', part='<p>\n{{_ "x"}}<p {{x}}>')

    def test_where_is_told(self):
        with self.assertRaisesRegex(template.Refused, 'page.html:3'):
            build('<p>\n  {{#if x}}\n<p {{x}}>{{/if}}')


class Chooses(unittest.TestCase):
    def test_escape_by_place(self):
        for name, (text, function) in CHOSEN.items():
            with self.subTest(name):
                self.assertIn(f'VALUE({function}, page->x);', build(text))

    def test_kinds_of_fields(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, 'page.html')
            page.write_text('{{#if f}}{{/if}}{{#if t}}{{t}}{{/if}}{{#each l}}{{.a}}{{/each}}'
                            '{{#if l}}{{/if}}{{number n}}{{@b}}', encoding='utf-8')
            header = template.build('t', [page], 't.h')[0]
        for field in ('bool f;', 'const char *t;', 'const struct t_page_l *l;', 'size_t l_n;',
                      'uint64_t n;', 'struct t_frame {\n    const char *b;', 'const char *a;'):
            self.assertIn(field, header)

    def test_literals_are_quoted_for_c(self):
        self.assertIn(r'"<p class=\"\\\303\253\">\n"', build('<p class="\\ë">\n</p>'))


if __name__ == '__main__':
    unittest.main()
