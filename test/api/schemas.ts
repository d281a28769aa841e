// Reads the CRDs' schemas and walks through them, for the tests that check how they are made.
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'

export type Schema = {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly required?: readonly string[]
  readonly minLength?: number
  readonly minItems?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string }[]
}

export type Crd = {
  readonly file: string
  readonly metadata: { readonly name: string; readonly annotations?: object }
  readonly spec: {
    readonly group: string
    readonly scope: string
    readonly names: { readonly kind: string; readonly plural: string; readonly categories: readonly string[] }
    readonly versions: readonly {
      readonly name: string
      readonly subresources: object
      readonly schema: { readonly openAPIV3Schema: Schema }
    }[]
  }
}

/** All that is in crds/. */
export const CRDS: readonly Crd[] = globSync(join(import.meta.dirname, '../../crds/*.yaml'))
  .toSorted()
  .map((path) => Object.assign(parse(readFileSync(path, 'utf8')) as Omit<Crd, 'file'>, { file: basename(path) }))

export function schemaOf(crd: Crd): Schema {
  return crd.spec.versions[0]!.schema.openAPIV3Schema
}

/** A schema with where it stands: `spec.cells`, `spec.cells[]` for its items, `spec.secret.labels{}` for its values. */
export type Place = { readonly path: string; readonly schema: Schema }

/** `schema` and all below it. */
export function* walk(schema: Schema, path = ''): Iterable<Place> {
  yield { path, schema }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    yield* walk(property, path === '' ? name : `${path}.${name}`)
  }
  if (schema.items) yield* walk(schema.items, `${path}[]`)
  if (schema.additionalProperties) yield* walk(schema.additionalProperties, `${path}{}`)
}
