// What of the chart is generated follows from its sources, and its settings are those of the operator.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { generateChart, templateOf, valuesIn } from '../../.ci/generate-chart.ts'
import { releaseManifests } from '../../.ci/release-manifests.ts'
import { CHART_SETTINGS, schemaOf, valuesSchema } from '../../.ci/values-schema.ts'
import type { Schema } from '../../.ci/values-schema.ts'
import { matching } from '../../src/config/kinds.ts'
import type { Setting } from '../../src/config/settings.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { read, repositoryFiles, ROOT } from './source-files.ts'

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false })
const isValid = ajv.compile(valuesSchema())
const takes = (values: object) => isValid(values)

const test = suite('chart')

test('all that is generated is current', async () => {
  for (const { path, text } of await generateChart()) assert.is(read(path.slice(ROOT.length + 1)), text, path)
})

test('its version, and that of the operator in it, are the version of this repository', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  const chart = parse(read('charts/rai-operator/Chart.yaml')) as { version: string; appVersion: string }
  assert.equal([chart.version, chart.appVersion], [version, version])
})

test('every value has a comment, and its default is one that the schema takes', () => {
  const yaml = read('charts/rai-operator/values.yaml')
  assert.ok(valuesIn(yaml).every(({ about }) => about.length > 5))
  assert.ok(takes(parse(yaml) as object), ajv.errorsText(isValid.errors))
  assert.throws(() => valuesIn('# A file.\n\n# A value.\na: 1\nb: 2\n'), 'b in values.yaml has no comment')
})

test('every object in the schema says what it takes beside its own properties: nothing, or texts', () => {
  const open = objectsIn(valuesSchema()).filter(({ additionalProperties }) => additionalProperties === undefined)
  assert.equal(open, [])
  const free = objectsIn(valuesSchema()).filter(({ additionalProperties }) => additionalProperties === true)
  assert.is(free.length, 1, 'what other charts share is not ours')
})

test('all that the schema takes at the top has a default, and the other way round', () => {
  const { properties } = valuesSchema() as { properties: object }
  const { global: _, ...own } = properties as Record<string, unknown>
  assert.equal(Object.keys(own).toSorted(), Object.keys(parse(read('charts/rai-operator/values.yaml'))).toSorted())
})

test('braces in a CRD are braces in what is rendered of it', () => {
  const made = templateOf(
    'metadata:\n  name: x\n  annotations:\n    a: b\nspec:\n  about: "{{ .Values }}"\n',
    'crds/x.yaml',
  )
  assert.match(made, 'about: "{{ "{{" }} .Values {{ "}}" }}"')
  assert.match(made, /^ {2}name: x\n {2}labels:$/m)
  assert.throws(() => templateOf('spec: {}\n', 'crds/x.yaml'), 'crds/x.yaml does not begin with a name and annotations')
})

test('settings that the chart does not settle itself can be said, and no others', () => {
  const settled = Object.values<Setting>(SETTINGS).filter((setting) => !CHART_SETTINGS.includes(setting))
  assert.equal(
    settled.map(({ name }) => name),
    ['config', 'credentials-dir', 'kubeconfig', 'context', 'operator-namespace', 'metrics-cert-dir'],
  )
  for (const { name, example } of settled) assert.not(takes({ settings: { [name]: example } }), name)
  assert.not(takes({ settings: { 'tenant-qouta': 1 } }))
})

const TEXTS: readonly string[] =
  `true x 0 1 None none debug Retain retain json kubernetes 10m 1h30m .5h 10 10s -5m 90µs https://example.com/v0 http://127.0.0.1:1/x
  ftp://example.com https://a@example.com example.com https://documents.example.com/{cell} :8080 127.0.0.1:9090 [::1]:80 :x 8080
  0123456789ab stage=production !a acme rai-operator-blue Upper`.split(/\s+/)
const LISTS = [
  [],
  ['team-a'],
  ['team-a', 'team-a'],
  ['Team'],
  [''],
  [1],
  ['*.id.resistant.ai'],
  ['team-a=acme*'],
  ['*=x'],
]
const NUMBERS = [0, 1, 7, 100, 20_000, 1_000_001, -1, 1.5]
/** As they could stand in a file: right for some settings, and for most not. */
const VALUES: readonly unknown[] = [
  ...TEXTS,
  '',
  ' ',
  '5 m',
  'a in (b,c)',
  'two\nlines',
  ...LISTS,
  ...NUMBERS,
  true,
  false,
  {},
  { a: 1 },
]

for (const { name, kind, example } of CHART_SETTINGS) {
  test(`${name}: the schema takes what the operator takes, and refuses what is of another type`, () => {
    const schema = ajv.compile(schemaOf(kind))
    const isList = Array.isArray(kind.fromText(example))
    const values = [...VALUES, isList ? example.split(',') : example].filter(
      (value) => kind.fromFile(value) !== undefined,
    )
    assert.ok(values.length > 0)
    assert.equal(
      values.filter((value) => !schema(value)),
      [],
    )
    const types = new Set(values.map(typeOf))
    const strangers = VALUES.filter((value) => !types.has(typeOf(value)))
    assert.equal(
      strangers.filter((value) => schema(value)),
      [],
    )
  })
}

test('a kind of setting that the schema does not know is noticed', () => {
  assert.throws(() => schemaOf(matching(/x/, 'a colour', 'COLOUR')), 'no schema is known for settings that take COLOUR')
})

test('no credential has a place in it', () => {
  assert.not(takes({ proxy: { httpsProxy: 'http://me:secret@proxy.example.com' } }))
  assert.not(takes({ credentials: { client_secret: 'x' } }))
  const made = repositoryFiles(/^charts\/.*\/templates\//).filter((path) => /^kind: Secret$/m.test(read(path)))
  assert.equal(made, [])
})

test('nothing in the templates runs by itself, looks into the cluster, or differs from one render to the next', () => {
  const unsteady = /\b(?:lookup|now|ago|date\w*|rand\w+|shuffle|uuidv4|gen[A-Z]\w+|getHostByName)\b/
  const found = repositoryFiles(/^charts\/.*\/templates\//).filter((path) => {
    const text = read(path)
    const actions = text.match(/\{\{.*?\}\}/gs) ?? []
    // What stands in quotes, in a comment, or behind a dot calls nothing.
    const calls = actions.map((action) => action.replaceAll(/"[^"]*"|\/\*.*\*\/|\.\w+/gs, ''))
    return text.includes('helm.sh/hook') || calls.some((call) => unsteady.test(call))
  })
  assert.equal(found, [])
})

test('a release has the definitions, and all of the base with the image that is named', async () => {
  const made = await releaseManifests(`registry.example.com/rai-operator@sha256:${'0'.repeat(64)}`)
  const kinds = (text: string) => text.match(/^kind: \w+/gm)!.map((kind) => kind.slice('kind: '.length))
  assert.equal(kinds(made['crds.yaml']!), ['CustomResourceDefinition', 'CustomResourceDefinition'])
  assert.ok(made['install.yaml']!.startsWith(made['crds.yaml']!))
  assert.ok(kinds(made['install.yaml']!).includes('Deployment'))
  assert.match(made['install.yaml']!, / image: registry\.example\.com\/rai-operator@sha256:0+\n/)
})

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : typeof value
}

/** All schemas of objects in a schema. */
function objectsIn(schema: Schema): Schema[] {
  const inside = Object.values(schema).flatMap((part) =>
    typeof part === 'object' && part !== null ? objectsIn(part as Schema) : [],
  )
  return schema['type'] === 'object' ? [schema, ...inside] : inside
}

test.run()
