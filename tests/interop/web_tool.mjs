// SPDX-License-Identifier: Apache-2.0
// The room web on the command line, for the tests with running programs.
//
//     node web_tool.mjs open KEY SIGNER SIGNATURE < message.age          KEY: an exported message key; SIGNATURE: a file
//     node web_tool.mjs seal PARAMETERS AUTHORITY ADDRESS < letter       writes the age file
import { bech32 } from '@scure/base';
import { readFileSync } from 'node:fs';
import { armor } from '../../web/age.js';
import { readParameters } from '../../web/identity.js';
import { open, seal } from '../../web/message.js';

const [command, ...given] = process.argv.slice(2);
const input = new Uint8Array(readFileSync(0));

function messageKey(text) {
  const data = bech32.fromWords(bech32.decode(text.toLowerCase(), false).words);
  return Uint8Array.from(data).subarray(34); // docs/spec/age-plugin.md §1
}

const commands = {
  open: ([key, signer, signature]) =>
    open({ armored: armor(input), signature: readFileSync(signature, 'utf8'), signer, messageKey: messageKey(key) }).letter,
  seal: ([file, authority, address]) =>
    seal({ parameters: readParameters(readFileSync(file, 'utf8'), authority), address, letter: input, time: Math.floor(Date.now() / 1000) }),
};
process.stdout.write(commands[command](given));
