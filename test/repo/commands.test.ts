// docs/commands.md shows each command, with its help as it is.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseCommand } from '../../src/config.ts'
import { readPluginFlags } from '../../src/config/plugin-flags.ts'
import { read } from './source-files.ts'

const PAGE = read('docs/commands.md')

/** What settings are like, and all of them, is in docs/settings.md. */
const SETTINGS_BEGIN = '\nEach setting is a flag,'

function helpOf(command: string): string {
  const { text } = parseCommand([command, '--help'], {}) as { text: string }
  return text.split(SETTINGS_BEGIN)[0]!
}

const pluginHelp = (readPluginFlags(['--help']) as { text: string }).text

const HELP: readonly [command: string, text: string][] = [
  ['rai-operator', helpOf('run')],
  ['rai-operator check', helpOf('check')],
  ['rai-operator export', helpOf('export')],
  ['kubectl rai', pluginHelp],
]

/** The names in a list of commands, as a help text has it. */
function commandsIn(text: string): string[] {
  const [, list = ''] = /\nCommands:\n((?: {2}.*\n)+)/.exec(text) ?? []
  return Array.from(list.matchAll(/^ {2}(\S+)/gm), ([, name]) => name!)
}

const test = suite('commands')

for (const [command, text] of HELP) {
  test(`the page shows the help of ${command} as it is`, () => {
    const shown = `\`\`\`console\n$ ${command} --help\n${text}\`\`\`\n`
    assert.ok(PAGE.includes(shown), `not in docs/commands.md:\n${shown}`)
  })
}

test('every command has a section, and every section is about a command', () => {
  const sections = Array.from(PAGE.matchAll(/^##+ `([^`]+)`$/gm), ([, title]) => title!)
  const ofOperator = commandsIn(helpOf('run')).map((name) => (name === 'rai' ? 'kubectl rai' : `rai-operator ${name}`))
  const ofPlugin = commandsIn(pluginHelp).map((name) => `kubectl rai ${name}`)
  assert.ok(ofOperator.length > 3 && ofPlugin.length > 4)
  assert.equal(sections.toSorted(), [...ofOperator, ...ofPlugin].toSorted())
})

test.run()
