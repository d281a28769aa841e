// JSON Schemas made of CRDs, for tools that check manifests without a cluster.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'

type Schema = Readonly<Record<string, unknown>> & {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: unknown
}

type Crd = {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[]
  }
}

/** One for each version of each kind in the folder, by the name of its file: `group_kind_version.json`. */
export async function schemaFiles(folder: string): Promise<Readonly<Record<string, object>>> {
  const files = await readdir(folder)
  const crds = await Promise.all(files.map(async (file) => parse(await readFile(join(folder, file), 'utf8')) as Crd))
  return Object.fromEntries(
    crds.flatMap(({ spec: { group, names, versions } }) =>
      versions.map(({ name, schema }) => [
        `${group}_${names.kind.toLowerCase()}_${name}.json`,
        closed(schema.openAPIV3Schema),
      ]),
    ),
  )
}

/** Refuses what the API server would drop. What is said of metadata belongs to the API server alone. */
function closed(schema: Schema): Schema {
  const { properties, items } = schema
  return {
    ...schema,
    ...(items && { items: closed(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, closed(property)])),
      additionalProperties: false,
    }),
  }
}
