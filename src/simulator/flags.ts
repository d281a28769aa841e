// The command line of the simulator: its own flags, and one flag for each setting.
import { parseArgs } from 'node:util'
import { Failure } from '../errors.ts'
import { Refusal } from './answers.ts'
import { describeFaultKinds } from './fault-kinds.ts'
import type { CredentialKind } from './organization.ts'
import type { Settings } from './settings.ts'
import { changeSettings, DEFAULT_SETTINGS, SETTINGS } from './settings.ts'

export type Flags = {
  readonly help: boolean
  readonly host: string
  readonly port: number
  readonly tlsFiles?: { readonly cert: string; readonly key: string }
  readonly selfSignedDir?: string
  readonly publicUrl?: string
  readonly credentialsDir?: string
  readonly credentialKind: CredentialKind
  readonly remoteAdmin: boolean
  readonly settings: Settings
}

/** Where the simulator listens when nothing is said. */
const DEFAULT_LISTEN = '127.0.0.1:8470'

const OWN_FLAGS = {
  listen: { type: 'string', about: `HOST:PORT to listen on (${DEFAULT_LISTEN}); :PORT is every address, port 0 any` },
  'tls-cert': { type: 'string', about: 'FILE with the certificate chain in PEM; with --tls-key' },
  'tls-key': { type: 'string', about: 'FILE with the private key in PEM' },
  'self-signed': { type: 'string', about: 'serve TLS with a new certificate and write its CA to DIR/ca.crt' },
  'public-url': { type: 'string', about: 'URL in links, where clients reach it by another name' },
  'credentials-dir': {
    type: 'string',
    about: "DIR with the organization's credential: accepted if it is there, else made and written",
  },
  'credential-type': { type: 'string', about: 'what to write there: key (private_key.pem and kid) or secret (key)' },
  'remote-admin': {
    type: 'boolean',
    about: 'serve the admin API, which asks nobody who they are, to other machines too',
  },
  help: { type: 'boolean', about: 'print this' },
} as const

const settingFlags = new Map(Object.entries(SETTINGS).map(([name, setting]) => [kebab(name), { name, ...setting }]))

/** The flags, understood. Throws a {@link Failure} (`InvalidFlag`) whose message is one line that names the flag. */
export function readFlags(argv: readonly string[]): Flags {
  const values = parse(argv)
  const text = (flag: keyof typeof OWN_FLAGS) => {
    const value = values[flag]
    return typeof value === 'string' ? value : undefined
  }
  const credentialKind = text('credential-type') ?? 'key'
  if (credentialKind !== 'key' && credentialKind !== 'secret') {
    throw invalid(`--credential-type takes key or secret, not ${credentialKind}`)
  }
  const selfSignedDir = text('self-signed')
  const publicUrl = text('public-url')
  const credentialsDir = text('credentials-dir')
  return {
    help: values['help'] === true,
    ...readListen(text('listen') ?? DEFAULT_LISTEN),
    ...readTls(text('tls-cert'), text('tls-key'), selfSignedDir),
    ...(selfSignedDir !== undefined && { selfSignedDir }),
    ...(publicUrl !== undefined && { publicUrl: readOrigin(publicUrl) }),
    ...(credentialsDir !== undefined && { credentialsDir }),
    credentialKind,
    remoteAdmin: values['remote-admin'] === true,
    settings: readSettings(values),
  }
}

/** What `--help` prints. */
export function usage(): string {
  const row = (flag: string, about: string) => `  --${flag.padEnd(24)} ${about}\n`
  const own = Object.entries(OWN_FLAGS).map(([flag, { about }]) => row(flag, about))
  const settings = [...settingFlags].map(([flag, { about, default: value, schema }]) =>
    row(flag, `${about} (${String(value) || 'nothing'}${alternatives(schema, value)})`),
  )
  return [
    'rai-operator simulator: the Tenant Management API and its token endpoints, in memory\n\n',
    ...own,
    '\nHow it behaves, above all where the contract says nothing; lists are separated by commas:\n',
    ...settings,
    '\nWhat can be made to go wrong, with POST /admin/fault (GET /admin says how):\n',
    ...describeFaultKinds().map((line) => `  ${line}\n`),
  ].join('')
}

function parse(argv: readonly string[]) {
  const settings = Object.fromEntries([...settingFlags.keys()].map((flag) => [flag, { type: 'string' } as const]))
  try {
    return parseArgs({ args: [...argv], options: { ...OWN_FLAGS, ...settings }, strict: true }).values
  } catch (error) {
    throw invalid(error instanceof Error ? (error.message.split(/\.\s/)[0] ?? '') : 'the flags cannot be read')
  }
}

function readSettings(values: Readonly<Record<string, unknown>>): Settings {
  let settings = DEFAULT_SETTINGS
  for (const [flag, setting] of settingFlags) {
    const value = values[flag]
    if (typeof value !== 'string') continue
    try {
      settings = changeSettings(settings, { [setting.name]: typed(value, setting.default) })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw invalid(`--${flag} got ${value}: ${error.message}`)
    }
  }
  return settings
}

/** A flag's text as a value of the setting's type; text that is none stays text, which the schema refuses. */
function typed(value: string, like: unknown): unknown {
  if (Array.isArray(like)) return value.split(',')
  if (typeof like === 'boolean') return value === 'true' || (value === 'false' ? false : value)
  return typeof like === 'number' && value.trim() !== '' ? Number(value) : value
}

function readListen(listen: string): { host: string; port: number } {
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([^\]]+)\]|([^:]*)):([0-9]{1,5})$/.exec(listen) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535) throw invalid(`--listen takes HOST:PORT, not ${listen}`)
  return { host: bracketed ?? (plain === '' ? '::' : plain), port }
}

function readTls(cert: string | undefined, key: string | undefined, selfSignedDir: string | undefined) {
  if ((cert === undefined) !== (key === undefined)) throw invalid('--tls-cert and --tls-key are given together')
  if (cert === undefined || key === undefined) return {}
  if (selfSignedDir !== undefined) throw invalid('--self-signed is given instead of --tls-cert and --tls-key')
  return { tlsFiles: { cert, key } }
}

function readOrigin(value: string): string {
  const url = URL.parse(value)
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === ''
  if (!isOrigin) throw invalid('--public-url takes an http or https URL without a path')
  return url.origin
}

function alternatives(schema: Readonly<Record<string, unknown>>, value: unknown): string {
  const values: unknown = schema['enum']
  if (!Array.isArray(values)) return ''
  return values
    .filter((one) => one !== value)
    .map((one) => ` | ${String(one)}`)
    .join('')
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function invalid(message: string): Failure {
  return new Failure('InvalidFlag', 'stall', message)
}
