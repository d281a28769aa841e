// Generates what of the Helm chart follows from elsewhere: the templates of the CRDs from crds/, values.schema.json from the
// settings, the table in README.md from values.yaml. `--check` only tells whether all is current.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { isMap, isScalar, parseDocument } from 'yaml'
import type { Pair, YAMLMap } from 'yaml'
import type { GeneratedFile } from './generated.ts'
import { settle } from './generated.ts'
import { valuesSchema } from './values-schema.ts'

const ROOT = join(import.meta.dirname, '..')
const CRDS = join(ROOT, 'crds')
const CHART = join(ROOT, 'charts/rai-operator')

/** All that is generated, as it is to be. */
export async function generateChart(): Promise<GeneratedFile[]> {
  const crds = (await readdir(CRDS)).filter((file) => file.endsWith('.yaml')).toSorted()
  return Promise.all([...crds.map(crdTemplate), schemaFile(), readme()])
}

async function crdTemplate(file: string): Promise<GeneratedFile> {
  const path = join(CHART, 'templates', `crd-${file.replace(/^[^_]*_/, '')}`)
  return { path, text: templateOf(await readFile(join(CRDS, file), 'utf8'), `crds/${file}`) }
}

const OPENING =
  '{{- /* Generated from SOURCE by .ci/generate-chart.ts: change it there. */}}\n{{- if .Values.crds.enabled }}\n'

const METADATA = `  labels:
    {{- include "rai-operator.labels" (list .) | nindent 4 }}
  {{- $keep := ternary (dict "helm.sh/resource-policy" "keep") (dict) .Values.crds.keep }}
  annotations:
    {{- with merge (dict) $keep .Values.crds.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
`

/** A manifest, which has annotations, as a template that renders it again, with the chart's labels and annotations besides. */
export function templateOf(manifest: string, source: string): string {
  // What stands in a template must not be taken for a part of it.
  const escaped = manifest.replaceAll(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`)
  const whole = escaped.replace(/^(metadata:\n  name: .*\n)  annotations:\n/m, (_, name: string) => name + METADATA)
  if (whole === escaped) throw new Error(`${source} does not begin with a name and annotations, to put labels between`)
  return `${OPENING.replace('SOURCE', source)}${whole}{{- end }}\n`
}

async function schemaFile(): Promise<GeneratedFile> {
  return formatted(join(CHART, 'values.schema.json'), JSON.stringify(valuesSchema()))
}

const TABLE = /(?<=<!-- values -->\n).*(?=<!-- \/values -->)/s

async function readme(): Promise<GeneratedFile> {
  const path = join(CHART, 'README.md')
  const rows = valuesIn(await readFile(join(CHART, 'values.yaml'), 'utf8'))
  const table = rows.map(({ name, fallback, about }) => `| \`${name}\` | \`${fallback}\` | ${about} |\n`)
  const text = await readFile(path, 'utf8')
  if (!TABLE.test(text)) throw new Error('the README of the chart has no place for the table of values')
  return formatted(
    path,
    text.replace(TABLE, () => `\n| value | default | |\n|---|---|---|\n${table.join('')}\n`),
  )
}

async function formatted(path: string, text: string): Promise<GeneratedFile> {
  return { path, text: await format(text, { ...(await resolveConfig(path)), filepath: path }) }
}

export type Value = { readonly name: string; readonly fallback: string; readonly about: string }

/** Every value, by its path, with the comment above it. Fails on one without: it would be in no table. */
export function valuesIn(yaml: string): Value[] {
  const { contents } = parseDocument(yaml)
  return valuesOf(contents as YAMLMap, '')
}

function valuesOf(map: YAMLMap, path: string): Value[] {
  return map.items.flatMap((pair, index) => {
    const { key, value } = pair as Pair<{ value: string; commentBefore?: string }>
    const name = `${path}${key.value}`
    // That of the first in a map belongs to the map itself where there is none before it; the file's own goes with a blank line.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : null)
    if (comment) return [{ name, fallback: shortest(value), about: oneLine(comment) }]
    if (isMap(value)) return valuesOf(value, `${name}.`)
    throw new Error(`${name} in values.yaml has no comment`)
  })
}

function oneLine(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .replaceAll('|', String.raw`\|`)
}

function shortest(value: unknown): string {
  const plain = isScalar(value) ? value.value : (value as YAMLMap).toJSON()
  return JSON.stringify(plain)
}

if (import.meta.main) await settle(await generateChart(), 'generate-chart.ts')
