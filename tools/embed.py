#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a C header of files that a program carries in itself.

    embed.py OUT.h FILE ...

For style.css it writes `static const uint8_t style_css[]`, without a NUL at the end.
"""

import pathlib
import re
import sys


def array(path):
    name = re.sub(r'[^a-z0-9]', '_', path.name.lower())
    data = path.read_bytes()
    rows = (', '.join(str(byte) for byte in data[at:at + 24]) for at in range(0, len(data), 24))
    return f'static const uint8_t {name}[] = {{\n    ' + ',\n    '.join(rows) + '};\n'


def main():
    out, files = pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]]
    head = '/* SPDX-License-Identifier: Apache-2.0\n * Made by tools/embed.py. */\n#pragma once\n\n#include <stdint.h>\n\n'
    out.write_text(head + '\n'.join(array(path) for path in files), encoding='utf-8')


if __name__ == '__main__':
    main()
