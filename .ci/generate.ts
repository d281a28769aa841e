// Generates the types in src/api/generated/ from the schemas in crds/; `--check` only tells whether they are current.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { compile } from 'json-schema-to-typescript'
import type { JSONSchema } from 'json-schema-to-typescript'
import { resolveConfig } from 'prettier'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '..')
const CRDS_DIR = join(ROOT, 'crds')
const TYPES_DIR = join(ROOT, 'src/api/generated')

/** The part of a structural schema that types follow from. */
type Schema = JSONSchema & {
  readonly properties?: { [name: string]: Schema }
  readonly items?: Schema
  readonly default?: unknown
}

type Crd = {
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[]
  }
}

type GeneratedFile = { readonly path: string; readonly text: string }

/** What src/api/generated/ is to hold: a file for each CRD, and one for the condition that all share. */
async function generate(): Promise<GeneratedFile[]> {
  const style = (await resolveConfig(join(TYPES_DIR, 'any.ts'))) ?? {}
  const typesOf = async (schema: Schema, name: string): Promise<string> =>
    compile(typed(schema), name, { additionalProperties: false, bannerComment: '', ignoreMinAndMaxItems: true, style })

  const files = (await readdir(CRDS_DIR)).filter((file) => file.endsWith('.yaml')).toSorted()
  const generated: GeneratedFile[] = []
  for (const file of files) {
    const { names, versions } = (parse(await readFile(join(CRDS_DIR, file), 'utf8')) as Crd).spec
    const { spec, status } = versions[0]!.schema.openAPIV3Schema.properties!
    const condition = status!.properties!.conditions!.items!
    if (generated.length === 0) {
      const text = `${opening(file)}\n${await typesOf(condition, 'Condition')}`
      generated.push({ path: join(TYPES_DIR, 'condition.ts'), text })
    }
    status!.properties!.conditions!.items = { tsType: 'Condition' }
    const types = [await typesOf(spec!, `${names.kind}Spec`), await typesOf(status!, `${names.kind}Status`)]
    const text = `${opening(file)}import type { Condition } from './condition.ts'\n\n${types.join('\n')}`
    generated.push({ path: join(TYPES_DIR, `${names.kind.toLowerCase()}.ts`), text })
  }
  return generated
}

function opening(source: string): string {
  return `// Generated from crds/${source} by .ci/generate.ts: change it there.\n`
}

/**
 * The schema of what is read from the API server: a field with a default is always there. The operator never writes a
 * spec, so that no type of what a user may leave out is needed.
 */
function typed(schema: Schema): Schema {
  const { properties = {} } = schema
  const defaulted = Object.keys(properties).filter((name) => properties[name]!.default !== undefined)
  const required = Array.isArray(schema.required) ? schema.required : []
  return {
    ...schema,
    ...(schema.properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, typed(property)])),
      required: [...required, ...defaulted],
    }),
    ...(schema.items && { items: typed(schema.items) }),
  }
}

async function isCurrent({ path, text }: GeneratedFile): Promise<boolean> {
  return (await readFile(path, 'utf8').catch(() => '')) === text
}

for (const file of await generate()) {
  if (await isCurrent(file)) continue
  if (process.argv.includes('--check')) {
    process.stderr.write(`${relative(ROOT, file.path)} is stale: run node .ci/generate.ts\n`)
    process.exitCode = 1
  } else {
    await mkdir(TYPES_DIR, { recursive: true })
    await writeFile(file.path, file.text)
  }
}
