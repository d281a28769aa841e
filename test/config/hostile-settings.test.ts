// Whatever anybody gives as any setting, in any of its three places, is taken or refused by its name: nothing else happens.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigurationError, parseCommand } from '../../src/config.ts'
import { SETTINGS } from '../../src/config/settings.ts'

type Start = { readonly argv: readonly string[]; readonly env: NodeJS.ProcessEnv; readonly file: string }

const FILE = '/settings.yaml'
const CANARY = 'canary-8b1f'

/** None of them is what any setting takes. */
const NONSENSE = [
  '',
  ' ',
  '\t',
  'a b c',
  '\u0000',
  `\u001B[31m${CANARY}\u001B[0m`,
  `first\nsecond ${CANARY}`,
  '\u202E\u2066',
  '\uD800',
  'é'.repeat(300),
  '9'.repeat(400),
  '-1',
  '1e400',
  'NaN',
  'Infinity',
  '0x10',
  '1_000',
  '-5s',
  '99999999999h',
  '10',
  '1.5',
  'true',
  'nul',
  '../../etc/passwd',
  'https://user:password@host/',
  'https://[::1',
  'file:///etc/passwd',
  'javascript:alert(1)',
  ':-1',
  ':99999',
  'localhost',
  'UPPER',
  'a,,b',
  ',',
  'a=',
  '=b',
  '*',
  '**.example.com',
  '!a',
  'a in (',
  '$(HOME)',
  '${HOME}',
  '%s%s%n',
  '{"a": 1}',
  '[1, 2]',
  '__proto__',
  'constructor',
]

const PLACES: Readonly<Record<string, (name: string, value: string) => Start>> = {
  'as a flag': (name, value) => ({ argv: [`--${name}=${value}`], env: {}, file: '' }),
  'as a variable': (name, value) => ({
    argv: [],
    env: { [`RAI_${name.replaceAll('-', '_').toUpperCase()}`]: value },
    file: '',
  }),
  'in a file': (name, value) => ({ argv: ['--config', FILE], env: {}, file: `${name}: ${JSON.stringify(value)}\n` }),
}

/** What it says of it; nothing when it takes it. */
function refusalOf({ argv, env, file }: Start): string | undefined {
  try {
    parseCommand(argv, env, (path) => {
      if (path === FILE && file !== '') return file
      throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    })
    return undefined
  } catch (error) {
    assert.instance(error, ConfigurationError)
    return (error as Error).message
  }
}

const test = suite('hostile settings')
const names = Object.values(SETTINGS)
  .map(({ name }) => name)
  .filter((name) => name !== 'config')
let refused = 0

for (const name of names) {
  test(`${name} is taken, or refused by its name in one plain line`, () => {
    for (const [place, give] of Object.entries(PLACES)) {
      for (const value of NONSENSE) {
        const line = refusalOf(give(name, value))
        if (line === undefined) continue
        refused += 1
        const about = `${JSON.stringify(value)} ${place}: ${line}`
        assert.ok(line.toLowerCase().replaceAll('_', '-').includes(name), about)
        assert.match(line, /^[\x20-\x7E\xA0-\u{10FFFF}]{1,400}$/u, about)
        assert.not.match(line, /[\u202A-\u202E\u2066-\u2069\uD800-\uDFFF]/u, about)
      }
    }
  })
}

test('most of it is refused', () => {
  assert.ok(refused > 2_000, String(refused))
})

/** A file is more than its values. */
const FILES = [
  '[]',
  'a',
  '1',
  '{',
  'workers: [1]',
  'workers: {a: 1}',
  'workers: &a 1\nburst: *b',
  '- workers',
  'workers: 1\nworkers: 2',
  '__proto__: {workers: 1}',
  'constructor: 1',
  'wörkers: 1',
  '? [a]\n: 1',
  `workers: ${'['.repeat(5_000)}`,
  'workers: !!js/function "function () {}"',
  `a: &a ["x","x"]\nb: &b [*a,*a]\n${Array.from({ length: 30 }, (_, i) => `c${i}: &c${i} [*b,*b]`).join('\n')}`,
  '\uFEFF\u0000',
  'workers: 0b11',
  'workers: 2026-01-01',
]

for (const file of FILES) {
  test(`a file with ${JSON.stringify(file.slice(0, 30))} is refused in one plain line`, () => {
    const line = refusalOf({ argv: ['--config', FILE], env: {}, file })
    assert.match(line ?? 'it was taken', /^(?!it was taken)[\x20-\x7E\xA0-\u{10FFFF}]{1,400}$/u)
  })
}

test.run()
