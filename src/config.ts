// What the process was asked to do: the only reader of flags, environment variables and the file of settings.
import { readFileSync } from 'node:fs'
import type { Config } from './config/complete.ts'
import { complete } from './config/complete.ts'
import { ConfigurationError } from './config/configuration-error.ts'
import { CHECK_OUTPUT, EXPORT_NAMESPACE, EXPORT_OUTPUT } from './config/command-flags.ts'
import type { CommandFlag } from './config/command-flags.ts'
import type { Kind } from './config/kinds.ts'
import type { AllGiven, ReadTextFile } from './config/sources.ts'
import { collect } from './config/sources.ts'
import { usage } from './config/usage.ts'
import { readValue, readValues } from './config/values.ts'

export type { Config, ReadTextFile }
export { ConfigurationError }

export type Command =
  | { readonly command: 'run'; readonly config: Config }
  | { readonly command: 'check'; readonly config: Config; readonly output: 'text' | 'json' | 'yaml' }
  /** `namespace`: of what is printed. */
  | {
      readonly command: 'export'
      readonly config: Config
      readonly namespace: string
      readonly output: 'yaml' | 'json'
    }
  /** They have flags of their own. */
  | { readonly command: 'simulator' | 'rai'; readonly argv: readonly string[] }
  | { readonly command: 'help'; readonly text: string }
  | { readonly command: 'version' }

/** Kubernetes puts it into every Pod that has a service account. */
const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

/**
 * Understands a command line (without the program's own name). Contacts nobody; reads the file of `--config` and, in a
 * Pod, the name of its namespace. Throws {@link ConfigurationError} for whatever it does not understand.
 */
export function parseCommand(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  readTextFile: ReadTextFile = (path) => readFileSync(path, 'utf8'),
): Command {
  const [first] = argv
  const isNamed = first !== undefined && !first.startsWith('-')
  const command = isNamed ? first : 'run'
  const flags = isNamed ? argv.slice(1) : argv
  switch (command) {
    case 'run':
    case 'check':
    case 'export':
      if (flags.includes('--help') || flags.includes('-h')) return { command: 'help', text: usage(command) }
      if (flags.includes('--version')) return { command: 'version' }
      if (command === 'export') return readExport(flags, env, readTextFile)
      if (command === 'check') return readCheck(flags, env, readTextFile)
      return { command, config: readConfig(collect(flags, env, readTextFile), env, readTextFile) }
    case 'simulator':
    case 'rai':
      return { command, argv: flags }
    default:
      throw new ConfigurationError('the first argument is no command: see --help')
  }
}

/** Whether to print in colours. Source: no-color.org. */
export function wantsColours(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  return isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
}

/** What Node's own agents need of the environment to find a proxy (their option `proxyEnv`). May hold passwords. */
export function proxyEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /^(?:https?|no)_proxy$/i.test(name)))
}

function readConfig(given: AllGiven, env: NodeJS.ProcessEnv, readTextFile: ReadTextFile): Config {
  return deepFreeze(complete(readValues(given), podNamespace(env, readTextFile)))
}

function readCheck(flags: readonly string[], env: NodeJS.ProcessEnv, readTextFile: ReadTextFile): Command {
  const given = collect(flags, env, readTextFile, [CHECK_OUTPUT])
  const config = readConfig(given, env, readTextFile)
  return { command: 'check', config, output: readFlag(CHECK_OUTPUT, given) }
}

function readExport(flags: readonly string[], env: NodeJS.ProcessEnv, readTextFile: ReadTextFile): Command {
  const given = collect(flags, env, readTextFile, [EXPORT_NAMESPACE, EXPORT_OUTPUT])
  const config = readConfig(given, env, readTextFile)
  const namespace = readFlag(EXPORT_NAMESPACE, given)
  const { watchNamespaces } = config
  if (watchNamespaces.length > 0 && !watchNamespaces.includes(namespace)) {
    throw new ConfigurationError(
      `namespace got "${namespace}", takes one of watch-namespaces (${watchNamespaces.join(', ')}): others are not looked after`,
    )
  }
  return { command: 'export', config, namespace, output: readFlag(EXPORT_OUTPUT, given) }
}

/** The value came from the kind that its type is derived from. */
function readFlag<T>(flag: CommandFlag & { readonly kind: Kind<T> }, given: AllGiven): T {
  return readValue(flag, given) as T
}

/** `undefined` outside a Pod. */
function podNamespace(env: NodeJS.ProcessEnv, readTextFile: ReadTextFile): string | undefined {
  if (env['KUBERNETES_SERVICE_HOST'] === undefined) return undefined
  try {
    return readTextFile(NAMESPACE_FILE).trim()
  } catch {
    // A Pod without a service account's files, which then reaches Kubernetes in some other way.
    return undefined
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part as object)
  return Object.freeze(value)
}
