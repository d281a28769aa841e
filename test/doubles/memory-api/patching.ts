// Applies patches as the API server does: RFC 6902 by the library it uses, with that one's leniencies, and RFC 7386.
import { copyOf, isRecord, isSame } from './objects.ts'
import { badRequest, patchRefused, Refusal } from './refusals.ts'

type Operation = { readonly op: string; readonly path: string; readonly value?: unknown }
type Container = Record<string, unknown> | unknown[]

/** The document that the patch makes of this one, which is left as it is. May keep parts of the patch. Throws how a patch is refused. */
export function patched(document: object, patch: unknown, contentType: string | undefined): Record<string, unknown> {
  if (contentType === 'application/json-patch+json') return jsonPatched(document, patch)
  if (contentType !== 'application/merge-patch+json') {
    throw new Refusal(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: ${contentType}`)
  }
  if (!isRecord(patch)) throw badRequest('error decoding patch: it is no object')
  return merged(copyOf(document), patch) as Record<string, unknown>
}

function jsonPatched(document: object, patch: unknown): Record<string, unknown> {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: it is no list')
  const copy = copyOf(document) as Record<string, unknown>
  for (const operation of patch as Operation[]) apply(copy, operation)
  return copy
}

function apply(document: Record<string, unknown>, { op, path, value }: Operation): void {
  const [container, key] = placeOf(document, path)
  switch (op) {
    case 'test':
      // What is absent equals null, and so does null.
      if (!isSame(valueAt(container, key) ?? null, value ?? null)) throw patchRefused()
      return
    case 'add':
      return add(container, key, value)
    case 'replace':
      // Of an object also a member that is not there: the library does not look.
      if (Array.isArray(container)) container[indexIn(key, container.length - 1)] = value
      else container[key] = value
      return
    case 'remove':
      return remove(container, key)
    default:
      throw patchRefused()
  }
}

function placeOf(document: Record<string, unknown>, path: string): [Container, string] {
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const key = parts.pop()
  let container: unknown = document
  for (const part of parts) container = isContainer(container) ? valueAt(container, part) : undefined
  if (key === undefined || !isContainer(container)) throw patchRefused()
  return [container, key]
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

function valueAt(container: Container, key: string): unknown {
  return Array.isArray(container) ? container[indexIn(key, container.length - 1)] : container[key]
}

function add(container: Container, key: string, value: unknown): void {
  if (!Array.isArray(container)) container[key] = value
  else if (key === '-') container.push(value)
  else container.splice(indexIn(key, container.length), 0, value)
}

function remove(container: Container, key: string): void {
  if (Array.isArray(container)) container.splice(indexIn(key, container.length - 1), 1)
  else if (key in container) delete container[key]
  else throw patchRefused()
}

/** Negative ones count from behind. */
function indexIn(key: string, last: number): number {
  if (!/^[+-]?\d+$/.test(key)) throw patchRefused()
  const index = Number(key)
  const counted = index < 0 ? index + last + 1 : index
  if (counted < 0 || counted > last) throw patchRefused()
  return counted
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key], value)
  }
  return result
}
