// Generates docs/fields.md from crds/; `--check` only tells whether it is current.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { parse } from 'yaml'
import { settle } from './generated.ts'

const ROOT = join(import.meta.dirname, '..')
const CRDS_DIR = join(ROOT, 'crds')
const PAGE = join(ROOT, 'docs/fields.md')

/** A structural schema, as far as readers are told of it. */
type Schema = {
  readonly type: string
  readonly description?: string
  readonly format?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[]
} & Readonly<Record<string, unknown>>

type Crd = {
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[]
  }
}

const OPENING = `<!-- Generated from crds/ by .ci/generate-fields.ts: change it there. -->

# Fields

Every field of the API, with what it takes: the same as \`kubectl explain raitenant.spec --recursive\` tells. How the fields work together, and what comes of them, is in [api.md](api.md).

`

const LIMITS: readonly (readonly [keyword: string, words: (value: unknown) => string])[] = [
  ['minimum', (value) => `at least ${String(value)}`],
  ['minLength', (value) => `at least ${String(value)} characters`],
  ['maxLength', (value) => `at most ${String(value)} characters`],
  ['minItems', (value) => `at least ${String(value)} items`],
  ['maxItems', (value) => `at most ${String(value)} items`],
  ['maxProperties', (value) => `at most ${String(value)} keys`],
]

async function fieldsPage(): Promise<string> {
  const files = (await readdir(CRDS_DIR)).filter((file) => file.endsWith('.yaml')).toSorted()
  const kinds = await Promise.all(
    files.map(async (file) => kindSection(parse(await readFile(join(CRDS_DIR, file), 'utf8')) as Crd)),
  )
  return format(OPENING + kinds.join('\n'), { ...(await resolveConfig(PAGE)), parser: 'markdown' })
}

function kindSection({ spec: { names, versions } }: Crd): string {
  const [{ name, schema }] = versions as [(typeof versions)[number]]
  const { description = '', properties = {} } = schema.openAPIV3Schema
  const parts = ['spec', 'status'].map(
    (part) => `### ${names.kind} ${part}\n\n${properties[part]!.description}\n\n${list(properties[part]!)}`,
  )
  return [
    `## ${names.kind}`,
    `\`tenants.resistant.ai/${name}\`. ${description}`,
    ...rulesOf(schema.openAPIV3Schema),
    ...parts,
    '',
  ].join('\n\n')
}

/** The fields of an object, and theirs, as nested lists. */
function list({ properties = {}, required = [] }: Schema, indent = ''): string {
  return Object.entries(properties)
    .map(([name, field]) => {
      const inner = innermost(field)
      const about = [takes(field), ...(required.includes(name) ? ['required'] : [])].join(', ')
      const told = [
        prose(field.description),
        ...rulesOf(field),
        ...(inner === field ? [] : [`Each: ${prose(inner.description)}${limits(inner)}`, ...rulesOf(inner)]),
      ]
      return `${indent}- **\`${name}\`** (${about}): ${told.join(' ')}\n${list(inner, `${indent}  `)}`
    })
    .join('')
}

/** What a list or a map is of; else the field itself. */
function innermost(field: Schema): Schema {
  return field.items ?? field.additionalProperties ?? field
}

function takes(field: Schema): string {
  const of = field.items
    ? `list of ${typeOf(field.items)}s`
    : field.additionalProperties
      ? `map of ${typeOf(field.additionalProperties)}s`
      : typeOf(field)
  const fallback = field.default === undefined ? [] : [`\`${JSON.stringify(field.default)}\` by default`]
  const values = field.enum ? [`one of ${field.enum.map((value) => `\`${value}\``).join(', ')}`] : []
  return [of, ...values, ...limitsOf(field), ...fallback].join(', ')
}

function typeOf({ type, format }: Schema): string {
  return format === 'date-time' ? 'time' : type
}

function limitsOf(field: Schema): string[] {
  const told = LIMITS.flatMap(([keyword, words]) => (field[keyword] === undefined ? [] : [words(field[keyword])]))
  return [...told, ...(field.pattern === undefined ? [] : [`\`${field.pattern}\``])]
}

function limits(field: Schema): string {
  const told = limitsOf(field)
  return told.length === 0 ? '' : ` (${told.join(', ')})`
}

function rulesOf(field: Schema): string[] {
  return (field['x-kubernetes-validations'] ?? []).map(({ message }) => `_${message}._`)
}

function prose(text = ''): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

await settle([{ path: PAGE, text: await fieldsPage() }], 'generate-fields.ts')
