// What the operators of a stack have told anybody, and the secrets that may not be in it.
import { createPrivateKey } from 'node:crypto'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { CANARY, leaksIn } from '../leaks/search.ts'
import type { Known, Told } from '../leaks/search.ts'
import type { Operator } from './operator.ts'
import type { Stack } from './stack.ts'

/** All kinds of objects that an operator may write, see deploy/base. */
const WRITTEN = 'rai,leases,events.events.k8s.io,secrets'

type WireObject = {
  readonly kind: string
  readonly metadata: {
    readonly namespace: string
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly data?: Readonly<Record<string, string>>
}

export type LeakSources = Pick<Stack, 'kubectl' | 'directory'> & {
  readonly settings: { readonly 'credentials-dir'?: string | number; readonly kubeconfig: string }
  /** Where its operators write. */
  readonly namespaces: readonly string[]
  /** Read while they still ran. */
  readonly metrics: readonly Told[]
}

/**
 * Each place where a secret stands that may not, in a line: a log of any process of the stack, a report that Node wrote of one,
 * its metrics, and all that is in objects which an operator may write, but for the data of Secrets. What is searched for:
 * credentials of the organization and of the operator, and all that Secrets hold by now; and by their marks client secrets,
 * tokens and keys that have gone.
 */
export async function leaksOf(sources: LeakSources): Promise<string[]> {
  const objects = (await Promise.all(sources.namespaces.map((namespace) => objectsIn(sources, namespace)))).flat()
  const known = [...(await ownCredentials(sources)), ...objects.flatMap(secretsIn)]
  return leaksIn([...(await written(sources.directory)), ...sources.metrics, ...objects.map(withoutData)], known)
}

/** What an operator serves to who scrapes it; nothing of one that has ended, or that serves by HTTPS to whom it knows. */
export async function scraped({ metricsUrl, logFile }: Operator): Promise<Told> {
  const text = await fetch(metricsUrl).then(
    (answer) => answer.text(),
    () => '',
  )
  return { where: `the metrics of ${basename(logFile, '.log')}`, text }
}

/** Both outputs of every process: what ended one with an exception is there, too. */
async function written(directory: string): Promise<Told[]> {
  const files = globSync('*.{log,json}', { cwd: directory })
  return Promise.all(files.map(async (where) => ({ where, text: await readFile(join(directory, where), 'utf8') })))
}

async function objectsIn({ kubectl }: LeakSources, namespace: string): Promise<readonly WireObject[]> {
  const text = await kubectl(['-n', namespace, 'get', WRITTEN, '-o', 'json', '--show-managed-fields'])
  return (JSON.parse(text) as { items: WireObject[] }).items
}

/** What kubectl notes of a Secret that a person applies is theirs. */
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

function withoutData({ kind, metadata, ...rest }: WireObject): Told {
  const { [APPLIED]: applied, ...annotations } = metadata.annotations ?? {}
  const { data, ...others } = rest
  const object = {
    kind,
    metadata: { ...metadata, annotations },
    ...others,
    ...(kind !== 'Secret' && { data, applied }),
  }
  const { namespace, name } = metadata
  return { where: `${object.kind} ${namespace}/${name}`, text: JSON.stringify(object, undefined, 1) }
}

async function ownCredentials({ settings }: LeakSources): Promise<Known[]> {
  const directory = String(settings['credentials-dir'])
  const files = globSync(['private_key.pem', 'client_secret'], { cwd: directory })
  const organization = files.map(async (file) => ({
    kind: `${file} of the organization`,
    value: (await readFile(join(directory, file), 'utf8')).trim(),
  }))
  const { users } = parse(await readFile(settings.kubeconfig, 'utf8')) as {
    users: readonly { readonly user: Readonly<Record<string, string>> }[]
  }
  const keys = users.flatMap(({ user }) => user['client-key-data'] ?? [])
  return [
    ...(await Promise.all(organization)),
    ...keys.map((data) => ({ kind: 'the operator’s key for the API server', value: plain(data) })),
  ]
}

/** By what the values are: users name the keys of a Secret as they like. */
function secretsIn({ kind, metadata, data = {} }: WireObject): Known[] {
  if (kind !== 'Secret') return []
  return Object.values(data).flatMap((encoded) => {
    const value = plain(encoded)
    if (value.startsWith(CANARY)) return { kind: 'a client secret', value }
    if (isPrivateKey(value)) return { kind: 'a private key of an application', value }
    return metadata.name === 'sealing-key' ? { kind: 'the sealing key', value } : []
  })
}

function isPrivateKey(value: string): boolean {
  try {
    createPrivateKey(value.startsWith('{') ? { key: JSON.parse(value), format: 'jwk' } : value)
    return true
  } catch {
    return false
  }
}

function plain(base64: string): string {
  return Buffer.from(base64, 'base64').toString()
}
