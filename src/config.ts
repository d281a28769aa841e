// What the process was asked to do: the only reader of flags, environment variables and the file of settings.
import { readFileSync } from 'node:fs'
import type { Config } from './config/complete.ts'
import { complete } from './config/complete.ts'
import { ConfigurationError } from './config/configuration-error.ts'
import { EXPORT_NAMESPACE } from './config/export-flags.ts'
import type { AllGiven, ReadTextFile } from './config/sources.ts'
import { collect } from './config/sources.ts'
import { usage } from './config/usage.ts'
import { readValue, readValues } from './config/values.ts'

export type { Config, ReadTextFile }
export { ConfigurationError }

export type Command =
  | { readonly command: 'run'; readonly config: Config }
  /** `namespace`: of what is printed. */
  | { readonly command: 'export'; readonly config: Config; readonly namespace: string }
  /** The simulator has flags of its own. */
  | { readonly command: 'simulator'; readonly argv: readonly string[] }
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
    case 'export':
      if (flags.includes('--help') || flags.includes('-h')) return { command: 'help', text: usage(command) }
      if (flags.includes('--version')) return { command: 'version' }
      if (command === 'export') return readExport(flags, env, readTextFile)
      return { command, config: readConfig(collect(flags, env, readTextFile), env, readTextFile) }
    case 'simulator':
      return { command, argv: flags }
    case 'check':
      throw new ConfigurationError(`${command} is not supported yet`)
    default:
      throw new ConfigurationError('the first argument is no command: see --help')
  }
}

/** What Node's own agents need of the environment to find a proxy (their option `proxyEnv`). May hold passwords. */
export function proxyEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /^(?:https?|no)_proxy$/i.test(name)))
}

function readConfig(given: AllGiven, env: NodeJS.ProcessEnv, readTextFile: ReadTextFile): Config {
  return deepFreeze(complete(readValues(given), podNamespace(env, readTextFile)))
}

function readExport(flags: readonly string[], env: NodeJS.ProcessEnv, readTextFile: ReadTextFile): Command {
  const given = collect(flags, env, readTextFile, [EXPORT_NAMESPACE])
  const config = readConfig(given, env, readTextFile)
  const namespace = readValue(EXPORT_NAMESPACE, given) as string
  const { watchNamespaces } = config
  if (watchNamespaces.length > 0 && !watchNamespaces.includes(namespace)) {
    throw new ConfigurationError(
      `namespace got "${namespace}", takes one of watch-namespaces (${watchNamespaces.join(', ')}): others are not looked after`,
    )
  }
  return { command: 'export', config, namespace }
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
