// Whether a CustomResourceDefinition is the one that this version was made with, and what to do where it is not.
import { VERSION } from '../api/names.ts'
import { hashOf } from '../domain/hash.ts'

/** Of a definition in crds/, what tells it from those of other versions. */
export type ExpectedDefinition = {
  readonly plural: string
  /** Paths of all fields, sorted: `spec.links[].host`. */
  readonly fields: readonly string[]
  /** Of all that the API server checks, fills in and serves. */
  readonly fingerprint: string
}

/** A definition as the API server has it, as far as it is looked at. */
export type Definition = {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly names: { readonly plural: string }; readonly versions: readonly DefinedVersion[] }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

type DefinedVersion = {
  readonly name: string
  readonly served: boolean
  readonly schema?: { readonly openAPIV3Schema?: Schema }
  readonly subresources?: object
  readonly selectableFields?: readonly object[]
}

/** A structural schema, as far as its fields follow from it. */
type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
}

/** What is expected where `definition` is installed. */
export function expectedOf({ spec }: Definition): ExpectedDefinition {
  const version = spec.versions.find(({ name }) => name === VERSION)
  const { schema, subresources, selectableFields } = version ?? {}
  return {
    plural: spec.names.plural,
    fields: fieldsIn(schema?.openAPIV3Schema ?? {}, '').toSorted(),
    fingerprint: hashOf(canonical({ schema, subresources, selectableFields })),
  }
}

const INSTALL = 'kubectl apply -f crds/ of this version'

/** Why the operator cannot work well with this definition, and the remedy, in one line; `undefined`: it can. */
export function problemOf(definition: Definition | undefined, expected: ExpectedDefinition): string | undefined {
  if (!definition) return `is not there: ${INSTALL}`
  if (definition.metadata.deletionTimestamp !== undefined) {
    return `is being deleted, and everything outside is kept meanwhile: wait until it has gone, then ${INSTALL}`
  }
  const served = definition.spec.versions.filter((version) => version.served).map(({ name }) => name)
  if (!served.includes(VERSION)) {
    return `does not serve ${VERSION}, but ${served.join(', ') || 'nothing'}: ${INSTALL}`
  }
  const isEstablished = definition.status?.conditions?.some(
    ({ type, status }) => type === 'Established' && status === 'True',
  )
  if (!isEstablished) return 'is not established: see its conditions (kubectl describe crd)'
  return difference(expectedOf(definition), expected)
}

function difference(found: ExpectedDefinition, expected: ExpectedDefinition): string | undefined {
  const lacking = expected.fields.filter((field) => !found.fields.includes(field))
  const unknown = found.fields.filter((field) => !expected.fields.includes(field))
  if (lacking.length > 0) return `is too old, it lacks ${some(lacking)}: ${INSTALL}`
  if (unknown.length > 0) {
    return `is too new, this version does not know ${some(unknown)}: run the operator that it came with`
  }
  return found.fingerprint === expected.fingerprint
    ? undefined
    : `has other rules than those of this version: ${INSTALL}, or run the operator that it came with`
}

const MOST_NAMED = 3

function some(fields: readonly string[]): string {
  // Whoever lacks a field lacks all that is in it.
  const outermost = fields.filter((field) => !fields.some((other) => isWithin(field, other)))
  const more = outermost.length - MOST_NAMED
  return `${outermost.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function isWithin(field: string, other: string): boolean {
  return field !== other && field.startsWith(other) && /^[.[{]/.test(field.slice(other.length))
}

function fieldsIn({ properties = {}, items, additionalProperties }: Schema, path: string): string[] {
  const values = typeof additionalProperties === 'object' ? fieldsIn(additionalProperties, `${path}{}`) : []
  const named = Object.entries(properties).flatMap(([name, schema]) => {
    const field = path === '' ? name : `${path}.${name}`
    return [field].concat(fieldsIn(schema, field))
  })
  return [...named, ...(items ? fieldsIn(items, `${path}[]`) : []), ...values]
}

/** The same text for what means the same: members sorted, no descriptions. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    const members = Object.entries(part).filter(
      ([name, member]) => name !== 'description' || typeof member !== 'string',
    )
    return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
