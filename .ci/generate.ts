// Generates src/api/generated/ from crds/: types, and what tells a definition from older and newer ones; `--check` only tells
// whether it is current.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compile } from 'json-schema-to-typescript'
import type { JSONSchema } from 'json-schema-to-typescript'
import { format, resolveConfig } from 'prettier'
import { parse } from 'yaml'
import type { GeneratedFile } from './generated.ts'
import { settle } from './generated.ts'
import type { Definition } from '../src/cli/definitions.ts'
import { expectedOf } from '../src/cli/definitions.ts'

const ROOT = join(import.meta.dirname, '..')
const CRDS_DIR = join(ROOT, 'crds')
const TYPES_DIR = join(ROOT, 'src/api/generated')

/** A structural schema, as far as types follow from it. */
type Schema = JSONSchema & {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly default?: unknown
}

type Crd = {
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[]
  }
}

/** What src/api/generated/ is to hold: a file for each CRD, one for the condition, which is the same in all, and one of all. */
async function generate(): Promise<GeneratedFile[]> {
  const files = (await readdir(CRDS_DIR)).filter((file) => file.endsWith('.yaml')).toSorted()
  const generated = (await Promise.all(files.map(generateFrom))).flat()
  return [...new Map(generated.map((file) => [file.path, file])).values(), await generateExpectations(files)]
}

/** By which `rai-operator check` knows whether the definitions in a cluster are those of its version. */
async function generateExpectations(sources: readonly string[]): Promise<GeneratedFile> {
  const path = join(TYPES_DIR, 'definitions.ts')
  const definitions = await Promise.all(
    sources.map(async (source) => parse(await readFile(join(CRDS_DIR, source), 'utf8')) as Definition),
  )
  const text = `${openingOf('*')}
/** Of each definition all fields, and a hash of all that the API server does by it. */
export const DEFINITIONS = ${JSON.stringify(definitions.map(expectedOf))} as const
`
  return { path, text: await format(text, { ...(await resolveConfig(path)), parser: 'typescript' }) }
}

async function generateFrom(source: string): Promise<GeneratedFile[]> {
  const { names, versions } = (parse(await readFile(join(CRDS_DIR, source), 'utf8')) as Crd).spec
  const { spec, status } = versions[0]!.schema.openAPIV3Schema.properties!
  const { conditions } = status!.properties!
  const statusWithReference: Schema = {
    ...status!,
    properties: { ...status!.properties, conditions: { ...conditions!, items: { tsType: 'Condition' } } },
  }
  const types = await Promise.all([
    typesOf(spec!, `${names.kind}Spec`),
    typesOf(statusWithReference, `${names.kind}Status`),
  ])
  return [
    {
      path: join(TYPES_DIR, 'condition.ts'),
      text: `${openingOf('*')}\n${await typesOf(conditions!.items!, 'Condition')}`,
    },
    {
      path: join(TYPES_DIR, `${names.kind.toLowerCase()}.ts`),
      text: `${openingOf(source)}import type { Condition } from './condition.ts'\n\n${types.join('\n')}`,
    },
  ]
}

function openingOf(source: string): string {
  return `// Generated from crds/${source} by .ci/generate.ts: change it there.\n`
}

async function typesOf(schema: Schema, name: string): Promise<string> {
  return compile(asRead(schema), name, {
    additionalProperties: false,
    bannerComment: '',
    ignoreMinAndMaxItems: true,
    style: (await resolveConfig(join(TYPES_DIR, `${name}.ts`))) ?? {},
  })
}

/**
 * The schema of what the API server hands out, in which a field with a default is never missing. The operator only reads
 * specs, so nothing needs the type of what a user may leave out.
 */
function asRead(schema: Schema): Schema {
  const { properties, items } = schema
  const required = Array.isArray(schema.required) ? schema.required : []
  return {
    ...schema,
    ...(items && { items: asRead(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, asRead(property)])),
      required: [...required, ...Object.keys(properties).filter((name) => properties[name]!.default !== undefined)],
    }),
  }
}

await settle(await generate(), 'generate.ts')
