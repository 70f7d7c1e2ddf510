import { expect, test } from 'vitest'
import { toSpeakable } from '../../../src/text/speakable.ts'

test.each([
  ['This is **important** and *this* too, ***both***, ~~not~~.', 'This is important and this too, both, not.'],
  ['A **bo**ld word, a __strong__ and an _emphasised_ one.', 'A bold word, a strong and an emphasised one.'],
  ['Call function_call_output, snake_case_ or __init__.py.', 'Call function_call_output, snake_case_ or __init__.py.'],
  ['2*3*4 is 24, and 2 ** 3 is 8; a * b too.', '2*3*4 is 24, and 2 ** 3 is 8; a * b too.'],
  ['# Title\n\nText', 'Title.\n\nText'],
  ['## Really? ##\nYes', 'Really?\nYes'],
  ['- one\n  - two\n    * three!\n+ four', 'one.\ntwo.\nthree!\nfour.'],
  ['1. first\n2. second', '1. first\n2. second'],
  ['- [x] done\n- [ ] open', 'done.\nopen.'],
  ['> said\n> she', 'said\nshe'],
  ['See [the docs](https://x.y/z_(a) "Title") now.', 'See the docs now.'],
  ['See [the docs][1] now.\n\n[1]: https://x.y/z', 'See the docs now.'],
  ['![a cat](cat.png) sits', 'a cat sits'],
  ['Visit https://www.example.com/a/b?c=d#e. Or <http://x.org/>!', 'Visit example.com. Or x.org!'],
  ['Before\n```js\nconst a = "Hi. There."\n```\nAfter', 'Before\n\nAfter'],
  ['Before\n~~~\nx\n~~~', 'Before'],
  ['```js\nunfinished()', ''],
  ['Use `a*b*c` and ``x`y``.', 'Use a*b*c and x`y.'],
  ['| a | b |\n|---|:-:|\n| 1 | 2 |\n\nText', 'Text'],
  ['One\n\n---\n\n***\n\nTwo', 'One\n\nTwo'],
  ['Well 👍🏽 done 👩‍👩‍👧‍👦 🇩🇪! 1️⃣ ❤️', 'Well done! 1'],
  ['© 2026 Acme™', '© 2026 Acme™'],
  ['C# and F#, #winning, #1', 'C# and F#, winning, #1'],
  ['a < b and <b>bold</b><br/>c &amp; d <!-- no -->', 'a < b and bold c & d'],
  ['\\*literal\\* and 5 \\# 6', '*literal* and 5 # 6'],
  ['A note[^1].', 'A note.'],
  ['the start **of a', 'the start of a'],
  ['sentence** goes on', 'sentence goes on'],
  ['Plain text, nothing to do: it stays.', 'Plain text, nothing to do: it stays.'],
  ['***', ''],
  ['👍👍', ''],
  ['', ''],
])('pain 82: %j is read as %j', (text, spoken) => {
  expect(toSpeakable(text)).toBe(spoken)
})

test('takes no more than linear time over long and hostile text', () => {
  for (const text of [
    '*'.repeat(20_000),
    '[('.repeat(10_000),
    '`'.repeat(9_999),
    '<a'.repeat(10_000),
    '_a'.repeat(10_000),
  ]) {
    expect(typeof toSpeakable(text)).toBe('string')
  }
}, 2_000)
