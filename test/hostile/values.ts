// Values of JSON that nobody expects in a field, as text: some of them no library would write.

type JsonType = 'null' | 'boolean' | 'number' | 'list' | 'object' | 'text'

/** `text` may be anything that is a value of JSON; `what` is for people. */
export type HostileValue = { readonly what: string; readonly type: JsonType; readonly text: string }

const DEPTH = 10_000
export const DEEP_LIST = '['.repeat(DEPTH) + ']'.repeat(DEPTH)
export const DEEP_OBJECT = '{"a":'.repeat(DEPTH) + '0' + '}'.repeat(DEPTH)

/** The id of another one, well-formed. */
export const OTHER_ID = 'z-9'

/** Text that ends a line, moves a cursor, turns the direction of reading, or is no text at all. */
export const UNPRINTABLE: Readonly<Record<string, string>> = {
  NUL: 'a\u0000b',
  'a line break': 'a\r\nX-Injected: 1',
  'an escape sequence': '\u001b[2J\u001b[31mred\u001b[0m',
  'a terminal title': '\u001b]0;owned\u0007',
  'an escape in one character': 'a\u009b31mred',
  'the next line of C1': 'a\u0085b',
  'a bidi override': 'a\u202egnp.exe',
  'a bidi isolate': 'a\u2066b\u2069',
  'a line separator': 'a\u2028b',
  'a paragraph separator': 'a\u2029b',
  'a zero-width space': 'a\u200bb',
  'a byte order mark': '\ufeffa',
  'a tag character': 'a\u{e0041}',
  'a backspace': 'safe\b\b\b\bevil',
  DEL: 'a\u007fb',
}

const TEXTS: Readonly<Record<string, string>> = {
  ...UNPRINTABLE,
  nothing: '',
  'two dots': '..',
  'a way up': '../../t-2',
  'a slash': 'a/b',
  'a backslash': 'a\\b',
  'another id': OTHER_ID,
  'a prototype': '__proto__',
  'a constructor': 'constructor',
  'a method of objects': 'toString',
  HTML: '<script>alert(1)</script>',
  Markdown: '[click](javascript:alert(1)) ![x](https://evil.example/x.png)',
  templates: '${7*7} {{7*7}} %s%n',
  '100 kB': 'x'.repeat(100_000),
  '300 characters': 'x'.repeat(300),
}

const OTHERS: readonly (readonly [JsonType, string])[] = [
  ['null', 'null'],
  ['boolean', 'true'],
  ['number', '0'],
  ['number', '-1'],
  ['number', '1e400'],
  ['number', '123456789012345678901234567890123456789012345678901234567890'],
  ['list', '[]'],
  ['list', '[null]'],
  ['list', '[[["eu-1"]]]'],
  ['object', '{}'],
  ['object', '{"__proto__":{"polluted":true}}'],
  ['object', '{"constructor":{"prototype":{"polluted":true}}}'],
  ['object', '{"length":4294967296,"0":"eu-1"}'],
  ['object', '{"next":{"href":"https://evil.example/tenants?after_id=x"}}'],
]

export const HOSTILE_VALUES: readonly HostileValue[] = [
  ...OTHERS.map(([type, text]) => ({ what: text, type, text })),
  { what: 'a list of depth 10,000', type: 'list', text: DEEP_LIST },
  { what: 'an object of depth 10,000', type: 'object', text: DEEP_OBJECT },
  { what: 'a list of 10,000 texts', type: 'list', text: `[${'"eu-1",'.repeat(9_999)}"eu-1"]` },
  { what: 'half a surrogate pair', type: 'text', text: '"\\ud800"' },
  ...Object.entries(TEXTS).map(([what, text]): HostileValue => ({ what, type: 'text', text: JSON.stringify(text) })),
]
