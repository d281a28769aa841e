// The command line of `kubectl rai`: flags as kubectl has them, and none of the operator's settings.
import { parseArgs } from 'node:util'
import { Failure } from '../errors.ts'
import { namespace as namespaceKind } from './kubernetes-kinds.ts'

type Where = {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** `undefined`: that of the context. */
  readonly namespace: string | undefined
}

export type PluginCommand =
  | { readonly command: 'help'; readonly text: string }
  | { readonly command: 'version' }
  | (Where & {
      readonly command: 'status'
      /** Name of the one that is asked about. */
      readonly tenant: string | undefined
      readonly allNamespaces: boolean
      readonly output: 'text' | 'json' | 'yaml'
    })
  | (Where & { readonly command: 'rotate' | 'reconcile' | 'pause' | 'resume'; readonly target: string })
  | (Where & {
      readonly command: 'report'
      /** `-`: standard output; `undefined`: one named by the time. */
      readonly file: string | undefined
      readonly allNamespaces: boolean
      readonly operatorNamespace: string
    })

const USAGE = `kubectl rai: tenants and applications of Resistant AI in a cluster, and requests about them

Usage: kubectl rai status [TENANT] [-A] [-o text|json|yaml]
       kubectl rai rotate APPLICATION
       kubectl rai reconcile|pause|resume [KIND/]NAME
       kubectl rai report [FILE] [-A]

Commands:
  status     tenants, their applications, Secrets and credentials as a tree
  rotate     has the credential of an application replaced once
  reconcile  has a resource, what it stands for outside and its Secret looked at now
  pause      has the operator do nothing about a resource, deletion included
  resume     ends that
  report     writes down for support how things are, without secrets: to FILE, which must not be
             there yet, or to standard output (-)

KIND is raitenant or raiapp, and may be left out where only one of them has that name. All is asked
of the API server, with the rights that your kubeconfig gives you; the control plane is not asked.

Flags:
  -n, --namespace NAMESPACE   where the resources are (default: as the context says)
  -A, --all-namespaces        with status and report: in all namespaces
  -o, --output FORMAT         with status: text, json or yaml (default: text)
      --operator-namespace NAMESPACE
                              with report: where the operator is (default: rai-system)
      --kubeconfig PATH       how to reach the API server (default: KUBECONFIG, ~/.kube/config)
      --context NAME          context of the kubeconfig (default: the current one)
  -h, --help                  print this
      --version               print the version

Status: 0 done; 1 not done, with one line that says why; 2 the command line is not understood.
`

const OPTIONS = {
  namespace: { type: 'string', short: 'n' },
  'all-namespaces': { type: 'boolean', short: 'A' },
  output: { type: 'string', short: 'o' },
  'operator-namespace': { type: 'string' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const

type Flag = keyof typeof OPTIONS

/** Flags that not every command has. */
const OWN_FLAGS = {
  status: ['all-namespaces', 'output'],
  rotate: [],
  reconcile: [],
  pause: [],
  resume: [],
  report: ['all-namespaces', 'operator-namespace'],
} as const satisfies Readonly<Record<string, readonly Flag[]>>
const COMMANDS = Object.keys(OWN_FLAGS) as (keyof typeof OWN_FLAGS)[]
const SHARED_FLAGS: readonly Flag[] = ['namespace', 'kubeconfig', 'context']

const OUTPUTS = ['text', 'json', 'yaml'] as const

/** What is asked for. Throws a `Failure` (`WrongUsage`), in one line, for whatever is not understood. */
export function readPluginFlags(argv: readonly string[]): PluginCommand {
  const { values, positionals } = parse(argv)
  const [first, word, ...more] = positionals
  if (values.help || argv.length === 0) return { command: 'help', text: USAGE }
  if (values.version) return { command: 'version' }
  const command = COMMANDS.find((one) => one === first)
  if (!command) throw wrong('the first word is none of its commands: see kubectl rai --help')
  const allowed: readonly Flag[] = [...SHARED_FLAGS, ...OWN_FLAGS[command]]
  const stray = (Object.keys(values) as Flag[]).find((flag) => !allowed.includes(flag))
  if (stray) throw wrong(`${command} takes no --${stray}`)
  if (more.length > 0) throw wrong(`${command} takes one name`)
  const where = { kubeconfig: values.kubeconfig, context: values.context, namespace: namespaceIn(values, 'namespace') }
  const allNamespaces = values['all-namespaces'] ?? false
  if (allNamespaces && where.namespace !== undefined) throw wrong('--namespace and --all-namespaces exclude each other')
  switch (command) {
    case 'status': {
      const output = OUTPUTS.find((one) => one === (values.output ?? 'text'))
      if (!output) throw wrong(`--output takes ${OUTPUTS.join(', ')}`)
      return { command, ...where, tenant: word, allNamespaces, output }
    }
    case 'report': {
      const operatorNamespace = namespaceIn(values, 'operator-namespace') ?? 'rai-system'
      return { command, ...where, file: word, allNamespaces, operatorNamespace }
    }
    case 'rotate':
    case 'reconcile':
    case 'pause':
    case 'resume':
      if (word === undefined) throw wrong(`${command} takes the name of a resource`)
      return { command, ...where, target: word }
  }
}

function namespaceIn(
  values: Readonly<Record<string, unknown>>,
  flag: 'namespace' | 'operator-namespace',
): string | undefined {
  const value = values[flag]
  if (typeof value !== 'string') return undefined
  if (namespaceKind.fromText(value) === undefined) throw wrong(`--${flag} takes ${namespaceKind.takes}`)
  return value
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: true })
  } catch (error) {
    throw wrong(error instanceof Error ? (error.message.split(/[.\n]\s*/)[0] ?? '') : 'the flags cannot be read')
  }
}

function wrong(message: string): Failure {
  return new Failure('WrongUsage', 'stall', message)
}
