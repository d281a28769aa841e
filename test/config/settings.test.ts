// The table of settings agrees with itself and with what is generated from it.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PAGE, settingsPage } from '../../.ci/generate-settings.ts'
import { CHECK_OUTPUT, EXPORT_NAMESPACE, EXPORT_OUTPUT } from '../../src/config/command-flags.ts'
import type { Setting } from '../../src/config/settings.ts'
import { SETTINGS, variable } from '../../src/config/settings.ts'
import { usage } from '../../src/config/usage.ts'

const settings = Object.entries<Setting>(SETTINGS)

/** The name under which the operator knows a setting, from the one that users know. */
function keyOf({ name, kind }: Setting): string {
  const camel = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return kind.placeholder === 'DURATION' ? `${camel}Ms` : camel
}

const test = suite('table of settings')

for (const [key, setting] of settings) {
  const { name, kind, example, about } = setting
  test(`${name}: the default and the example are values that it takes, and differ`, () => {
    assert.is.not(kind.fromText(example), undefined)
    if ('default' in setting) {
      assert.is.not(kind.fromText(setting.default), undefined)
      assert.is.not(setting.default, example)
    }
  })
  test(`${name}: it is said what it does, in whole sentences`, () => {
    assert.match(about, /^[A-Z/].*\.$/)
  })
  if (key !== 'settingsFile') test(`${name}: in code it is called ${key}`, () => assert.is(keyOf(setting), key))
}

test('names are told apart by their variables, too', () => {
  assert.is(new Set(settings.map(([, setting]) => variable(setting))).size, settings.length)
  assert.is(variable(SETTINGS.controlPlaneUrl), 'RAI_CONTROL_PLANE_URL')
})

for (const [command, more] of [
  ['run', []],
  ['check', [CHECK_OUTPUT.name]],
  ['export', [EXPORT_NAMESPACE.name, EXPORT_OUTPUT.name]],
] as const) {
  test(`--help of ${command} names every setting within 100 columns`, () => {
    const lines = usage(command).split('\n')
    const tooLong = lines.filter((line) => line.length > 100)
    assert.equal(tooLong, [])
    const named = lines.flatMap((line) => /^ {2}(?:-[a-z], )?--([a-z-]+) \S/.exec(line)?.[1] ?? [])
    assert.equal(named, [...more, ...settings.map(([, { name }]) => name)])
  })
}

test('docs/settings.md is generated from the table as it is', async () => {
  assert.is(await readFile(PAGE, 'utf8'), await settingsPage())
})

test.run()
