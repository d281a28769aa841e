// Reads the paths of requests, and the short names under which tests speak of objects.
import type { ResourceType } from './resource-types.ts'
import { apiVersionOf, RESOURCE_TYPES } from './resource-types.ts'

/** What a path leads to: all objects of a type, those of a namespace, one of them, or a part of that one. */
export type Target = {
  readonly type: ResourceType
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
}

const PATH = new RegExp(
  [
    String.raw`^/(?:api|apis/(?<group>[^/]+))/(?<version>[^/]+)`,
    String.raw`(?:/namespaces/(?<namespace>[^/]+))?`,
    String.raw`/(?<plural>[^/]+)(?:/(?<name>[^/]+))?(?:/(?<subresource>[^/]+))?$`,
  ].join(''),
)

const BY_PATH = new Map(RESOURCE_TYPES.map((type) => [`${apiVersionOf(type)}/${type.plural}`, type]))
const BY_KIND = new Map(RESOURCE_TYPES.map((type) => [type.kind, type]))
/** Programs ask for the same few paths over and over. */
const read = new Map<string, Target | undefined>()

/** `undefined` for a path that leads nowhere. */
export function targetOf(path: string): Target | undefined {
  if (!read.has(path)) read.set(path, parsed(path))
  return read.get(path)
}

function parsed(path: string): Target | undefined {
  const parts = PATH.exec(path)?.groups as Partial<Record<string, string>> | undefined
  if (!parts) return undefined
  const { group, version, namespace, plural, name, subresource } = parts
  const type = BY_PATH.get(`${group === undefined ? '' : `${group}/`}${version}/${plural}`)
  if (!type || (namespace !== undefined && !type.isNamespaced)) return undefined
  if (subresource !== undefined && !(subresource === 'status' && type.schema)) return undefined
  return { type, namespace, name, subresource }
}

/** Throws for a kind that is not known: a test's mistake. */
export function typeOfKind(kind: string): ResourceType {
  const type = BY_KIND.get(kind)
  if (!type) throw new Error(`the API server in memory knows no ${kind}`)
  return type
}

export type Reference = Pick<Target, 'type' | 'namespace'> & { readonly name: string }

/** Reads `Kind/namespace/name`, `Kind/name` where there are no namespaces, or a path. Throws for anything else. */
export function referenceOf(text: string): Reference {
  if (text.startsWith('/')) {
    const target = targetOf(text)
    if (target?.name === undefined) throw new Error(`${text} is no object's path`)
    return { type: target.type, namespace: target.namespace, name: target.name }
  }
  const [kind = '', ...rest] = text.split('/')
  const type = typeOfKind(kind)
  const [name, namespace] = rest.toReversed()
  if (!name || rest.length !== (type.isNamespaced ? 2 : 1)) throw new Error(`${text} names no object`)
  return { type, namespace, name }
}

export function pathOf({ type, namespace, name }: Reference): string {
  const root = type.group === '' ? '/api' : `/apis/${type.group}`
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`
  return `${root}/${type.version}${within}/${type.plural}/${name}`
}
