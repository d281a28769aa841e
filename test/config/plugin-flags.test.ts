// The command line of `kubectl rai`, as kubectl's own are.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readPluginFlags } from '../../src/config/plugin-flags.ts'
import type { Failure } from '../../src/errors.ts'

const test = suite('plugin flags')

const WHERE = { kubeconfig: undefined, context: undefined, namespace: undefined }
const STATUS = { command: 'status', ...WHERE, tenant: undefined, allNamespaces: false, output: 'text' }

const understood: [line: string, command: object][] = [
  ['status', STATUS],
  ['status acme -n team', { ...STATUS, tenant: 'acme', namespace: 'team' }],
  ['-n team status acme', { ...STATUS, tenant: 'acme', namespace: 'team' }],
  ['status --namespace=team -ojson', { ...STATUS, namespace: 'team', output: 'json' }],
  ['status -A -o yaml', { ...STATUS, allNamespaces: true, output: 'yaml' }],
  ['status --kubeconfig k --context c', { ...STATUS, kubeconfig: 'k', context: 'c' }],
  ['rotate web', { command: 'rotate', ...WHERE, target: 'web' }],
  ['reconcile raitenant/acme', { command: 'reconcile', ...WHERE, target: 'raitenant/acme' }],
  ['pause web', { command: 'pause', ...WHERE, target: 'web' }],
  ['resume web', { command: 'resume', ...WHERE, target: 'web' }],
  ['report', { command: 'report', ...WHERE, file: undefined, allNamespaces: false, operatorNamespace: 'rai-system' }],
  [
    'report - -A --operator-namespace ops',
    { command: 'report', ...WHERE, file: '-', allNamespaces: true, operatorNamespace: 'ops' },
  ],
  ['--version', { command: 'version' }],
]

for (const [line, command] of understood) {
  test(`it understands ${line}`, () => {
    assert.equal(readPluginFlags(line.split(' ')), command)
  })
}

for (const argv of [[], ['--help'], ['status', '-h'], ['nonsense', '--help']]) {
  test(`${['kubectl rai', ...argv].join(' ')} explains itself in at most 100 columns`, () => {
    const { command, text } = readPluginFlags(argv) as { command: string; text: string }
    assert.is(command, 'help')
    assert.match(text, /^kubectl rai: /)
    assert.equal(
      text.split('\n').filter((line) => line.length > 100),
      [],
    )
  })
}

const wrong: [line: string, message: RegExp][] = [
  ['nonsense', /^the first word is none of its commands: see kubectl rai --help$/],
  ['toString', /^the first word is none of its commands/],
  ['-n team', /^the first word is none of its commands/],
  ['status a b', /^status takes one name$/],
  ['rotate', /^rotate takes the name of a resource$/],
  ['rotate web -A', /^rotate takes no --all-namespaces$/],
  ['pause web -o json', /^pause takes no --output$/],
  ['status --operator-namespace ops', /^status takes no --operator-namespace$/],
  ['status -o wide', /^--output takes text, json, yaml$/],
  ['status -n Team', /^--namespace takes the name of a namespace$/],
  ['status -n ../x', /^--namespace takes the name of a namespace$/],
  ['status -A -n team', /^--namespace and --all-namespaces exclude each other$/],
  ['status --workers 8', /^Unknown option '--workers'/],
  ['status -n', /argument missing/],
]

for (const [line, message] of wrong) {
  test(`${line} is wrong usage, in one line`, () => {
    try {
      readPluginFlags(line.split(' '))
    } catch (error) {
      assert.is((error as Failure).code, 'WrongUsage')
      assert.match((error as Failure).message, message)
      assert.not.match((error as Failure).message, '\n')
      return
    }
    assert.unreachable('it was understood')
  })
}

test.run()
