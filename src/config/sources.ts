// Collects what was said about settings, and where: flags, environment variables, the YAML file.
import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { CommandFlag } from './command-flags.ts'
import { ConfigurationError } from './configuration-error.ts'
import type { Setting } from './settings.ts'
import { SETTINGS, variable } from './settings.ts'

/** What was said about one setting, not looked at yet. */
export type Given = { readonly origin: string } & ({ readonly text: string } | { readonly fileValue: unknown })

/** By name of the setting. */
export type AllGiven = ReadonlyMap<string, Given>

/** The contents of a file; throws what Node throws. */
export type ReadTextFile = (path: string) => string

const SETTING_OF_NAME: ReadonlyMap<string, Setting> = new Map(
  Object.values(SETTINGS).map((setting) => [setting.name, setting]),
)
const SETTING_OF_VARIABLE: ReadonlyMap<string, Setting> = new Map(
  Object.values(SETTINGS).map((setting) => [variable(setting), setting]),
)

/**
 * The strongest word on each setting, by its name: flag before variable before file. `more` can be flags alone. Throws {@link ConfigurationError} for
 * whatever is no setting, or no value, in any of the three; names it, and never shows what was to be its value.
 */
export function collect(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  readTextFile: ReadTextFile,
  more: readonly CommandFlag[] = [],
): AllGiven {
  const flags = readFlags(argv, more)
  const variables = readVariables(env)
  const config = flags.get('config') ?? variables.get('config')
  const file = config && 'text' in config ? readFile(config.text, readTextFile) : new Map<string, Given>()
  return new Map([...file, ...variables, ...flags])
}

function readFlags(argv: readonly string[], more: readonly CommandFlag[]): Map<string, Given> {
  const given = new Map<string, Given>()
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(spelledOut(word, more)) ?? []
    if (name === undefined) {
      const position = argv.length - words.length
      throw new ConfigurationError(
        `argument ${position} is no flag: settings are given as --name value or --name=value`,
      )
    }
    const setting = SETTING_OF_NAME.get(name) ?? more.find((one) => one.name === name)
    if (!setting) throw unknown(`--${name}`)
    if (given.has(name)) throw new ConfigurationError(`--${name} is given more than once`)
    const text = inline ?? following(setting, words)
    if (text === undefined) throw missing(setting, `--${name}`)
    given.set(name, { origin: `--${name}`, text })
  }
  return given
}

/** `-o json`, `-o=json` and `-ojson` mean `--output`. */
function spelledOut(word: string, more: readonly CommandFlag[]): string {
  const [, letter, rest = ''] = /^-([a-z])(?:=?(.+))?$/s.exec(word) ?? []
  const flag = letter === undefined ? undefined : more.find(({ short }) => short === letter)
  return flag ? `--${flag.name}${rest === '' ? '' : `=${rest}`}` : word
}

/** Takes the value of a flag from the words after it. A boolean's may be left out: the flag alone means true. */
function following(setting: Setting, words: string[]): string | undefined {
  const [next] = words
  if (setting.kind.fromText('true') === true && next !== 'true' && next !== 'false') return 'true'
  return next === undefined || next.startsWith('--') ? undefined : words.shift()
}

function readVariables(env: NodeJS.ProcessEnv): Map<string, Given> {
  const given = new Map<string, Given>()
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith('RAI_')) continue
    const setting = SETTING_OF_VARIABLE.get(name)
    if (setting) given.set(setting.name, { origin: name, text })
    else if (!name.startsWith('RAI_TEST_') && !isServiceLink(name, env)) throw unknown(`environment variable ${name}`)
  }
  return given
}

const SERVICE_HOST = '_SERVICE_HOST'
/** What follows a Service's name. */
const SERVICE_LINK = /^_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_[A-Z]+(?:_(?:PROTO|PORT|ADDR))?)?)$/

/**
 * Kubernetes tells each Pod of the Services in its namespace by variables of such names, so a Service called `rai-…` must
 * not keep the operator from starting. Source: Kubernetes, "Service", environment variables.
 */
function isServiceLink(name: string, env: NodeJS.ProcessEnv): boolean {
  return Object.keys(env)
    .filter((host) => host.endsWith(SERVICE_HOST))
    .map((host) => host.slice(0, -SERVICE_HOST.length))
    .some((service) => name.startsWith(service) && SERVICE_LINK.test(name.slice(service.length)))
}

function readFile(path: string, readTextFile: ReadTextFile): Map<string, Given> {
  const given = new Map<string, Given>()
  for (const [name, fileValue] of Object.entries(parseFile(path, readTextFile))) {
    const origin = `${name} in ${path}`
    const setting = SETTING_OF_NAME.get(name)
    if (!setting || name === 'config') throw unknown(origin)
    if (fileValue === null) throw missing(setting, origin)
    given.set(name, { origin, fileValue })
  }
  return given
}

function parseFile(path: string, readTextFile: ReadTextFile): object {
  let text: string
  try {
    text = readTextFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    throw new ConfigurationError(`config: cannot read ${path}${code}`, { cause: error })
  }
  const lineCounter = new LineCounter()
  // The parser's own messages quote the file, which may hold what nobody should print.
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const [error] = document.errors
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    throw new ConfigurationError(`config: ${path} is not YAML at line ${line}, column ${col} (${error.code})`)
  }
  const value = valueOf(document, path) ?? {}
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new ConfigurationError(`config: ${path} takes one setting a line, as "name: value"`)
}

/** What the parser finds only now: a reference to nothing, or so many that a small file would fill the memory. */
function valueOf(document: Document, path: string): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    throw new ConfigurationError(`config: ${path} has a reference (*name) that cannot be followed: write it out`, {
      cause,
    })
  }
}

function unknown(origin: string): ConfigurationError {
  return new ConfigurationError(`${origin} is no setting: see --help`)
}

function missing(setting: Setting, origin: string): ConfigurationError {
  return new ConfigurationError(`${origin} has no value, takes ${setting.kind.takes}`)
}
