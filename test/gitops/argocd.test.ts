// What Argo CD and kstatus make of every state that our rules can lead to, and what Argo CD's actions do: as they run it themselves.
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { argocdConfigMap, CONFIG_MAP, SCRIPTS } from '../../.ci/generate-argocd.ts'
import { APPLICATION_KIND, REQUEST_ANNOTATIONS, TENANT_KIND } from '../../src/api/names.ts'
import { REASON_CLASS } from '../../src/api/reasons.ts'
import { timestamp } from '../../src/clock.ts'
import { kstatusOf as kstatusByRules } from '../e2e/reasons/kstatus.ts'
import { applicationOf, condition, ready, tenantOf } from '../doubles/resources.ts'
import { contradiction, healthOf, kstatusOf, runScript } from './judges.ts'
import type { Health, Kstatus } from './judges.ts'
import { allStates } from './states.ts'
import type { State } from './states.ts'

const test = suite('argocd')
const STATES = allStates()
const RESOURCES = STATES.map(({ resource }) => resource)
const KINDS = [TENANT_KIND, APPLICATION_KIND]

type Manifest = {
  readonly kind: string
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  readonly [field: string]: unknown
}

async function yaml<T>(...path: readonly string[]): Promise<T> {
  return parse(await readFile(join(SCRIPTS, ...path), 'utf8')) as T
}

/** Of {@link RESOURCES}. */
let healths: readonly Health[]
let verdicts: readonly Kstatus[]

test.before(async () => {
  ;[healths, verdicts] = await Promise.all([healthOf(RESOURCES), kstatusOf(RESOURCES)])
})

/** The states in which a verdict is not the one that is expected, with that verdict. */
function misjudged<T>(verdicts: readonly T[], isExpected: (verdict: T, state: State) => boolean): string[] {
  assert.is(verdicts.length, STATES.length)
  return STATES.flatMap((state, index) => {
    const verdict = verdicts[index]!
    return isExpected(verdict, state) ? [] : `${state.name}: ${JSON.stringify(verdict)}`
  })
}

test('every reason is judged, of both kinds', () => {
  for (const kind of KINDS) {
    const judged = STATES.filter(({ resource }) => resource.kind === kind).flatMap(({ resource }) =>
      (resource.status.conditions ?? []).map(({ reason }) => reason),
    )
    assert.equal([...new Set(judged)].toSorted(), Object.keys(REASON_CLASS).toSorted())
  }
})

test('Argo CD’s verdict on each state follows from its reason’s class', () => {
  const isExpected = ({ status }: Health, state: State) => status === state.health
  assert.equal(misjudged(healths, isExpected), [])
})

test('… and its message begins with the reason that REASON shows', () => {
  const isExpected = ({ message }: Health, { resource }: State) => {
    const synced = resource.status.conditions!.find(({ type }) => type === 'Synced')!
    return message === `${synced.reason}: ${synced.message}`
  }
  assert.equal(misjudged(healths, isExpected), [])
})

test('kstatus’ verdict on each state is as Flux and Helm need it', () => {
  const isExpected = (verdict: Kstatus, state: State) => verdict === state.kstatus
  assert.equal(misjudged(verdicts, isExpected), [])
})

test('the two never contradict each other', () => {
  const found = STATES.map(({ resource }, index) => contradiction(resource, healths[index]!, verdicts[index]!))
  const isExpected = (contradicts: string | undefined) => contradicts === undefined
  assert.equal(misjudged(found, isExpected), [])
})

test('a contradiction would be noticed', () => {
  const health = (status: Health['status']): Health => ({ status, message: '' })
  const going = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }
  assert.is(contradiction(tenantOf(), health('Healthy'), 'Current'), undefined)
  assert.is(contradiction(going, health('Degraded'), 'Terminating'), undefined)
  for (const kstatus of ['InProgress', 'Failed', 'Terminating'] as const) {
    assert.match(contradiction(tenantOf(), health('Healthy'), kstatus)!, `Healthy (), and kstatus ${kstatus}`)
  }
  assert.ok(contradiction(tenantOf(), health('Degraded'), 'InProgress'))
  assert.ok(contradiction(going, health('Healthy'), 'Terminating'))
})

test('kstatus as the tests of the conditions know it judges each state as the real one does', () => {
  assert.equal(verdicts, RESOURCES.map(kstatusByRules))
})

const UNSEEN = { status: 'Progressing', message: 'The operator has not looked at this yet' }

test('what the operator has not looked at yet is never taken for finished', async () => {
  const fresh = [tenantOf(), applicationOf()]
  const changed = fresh.map((resource) => ({
    ...resource,
    metadata: { ...resource.metadata, generation: 2 },
    status: { observedGeneration: 1, conditions: ready() },
  }))
  assert.equal(await healthOf([...fresh, ...changed]), [UNSEEN, UNSEEN, UNSEEN, UNSEEN])
  assert.equal(await kstatusOf([...fresh, ...changed]), ['InProgress', 'InProgress', 'InProgress', 'InProgress'])
})

test('an object without any status would be finished to kstatus: the default in the schema is why there is none', async () => {
  const { status: _, ...bare } = tenantOf()
  assert.equal(await kstatusOf([bare]), ['Current'])
  assert.equal(await healthOf([bare]), [UNSEEN])
})

test('a status that is not as the operator writes it makes no script fail', async () => {
  const alone = { observedGeneration: 1, conditions: [condition('Ready', 'True', 'Ready')] }
  const statuses = [null, {}, { conditions: null }, { conditions: [] }, { observedGeneration: 1 }, alone]
  const { kind, metadata } = tenantOf()
  const odd = statuses.map((status) => ({ kind, metadata, status }))
  assert.equal(
    await healthOf(odd),
    odd.map(() => UNSEEN),
  )
})

test('health_test.yaml says what the script does with all that is in testdata', async () => {
  type Test = { readonly healthStatus: Health; readonly inputPath: string }
  const { tests } = await yaml<{ readonly tests: readonly Test[] }>('_', 'health_test.yaml')
  const inputs = await Promise.all(tests.map(({ inputPath }) => yaml<object>('_', inputPath)))
  assert.equal(
    await healthOf(inputs),
    tests.map(({ healthStatus }) => healthStatus),
  )
  assert.equal(tests.map(({ inputPath }) => inputPath).toSorted(), testdata('_'))
})

function testdata(...folder: readonly string[]): string[] {
  return readdirSync(join(SCRIPTS, ...folder, 'testdata'))
    .map((file) => `testdata/${file}`)
    .toSorted()
}

type ResourceAction = { readonly name: string; readonly disabled: boolean }
type ActionTests = {
  readonly discoveryTests: readonly { readonly inputPath: string; readonly result: readonly ResourceAction[] }[]
  readonly actionTests: readonly {
    readonly action: string
    readonly inputPath: string
    readonly expectedOutputPath: string
  }[]
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/** A manifest in which all times are the same: those of testdata have passed. */
function withoutTimes({ metadata, ...rest }: Manifest): Manifest {
  const { annotations = {} } = metadata
  const masked = Object.entries(annotations).map(([key, value]) => [key, INSTANT.test(value) ? 'now' : value])
  return { ...rest, metadata: { ...metadata, annotations: Object.fromEntries(masked) as Record<string, string> } }
}

for (const kind of KINDS) {
  const folder = [kind, 'actions'] as const
  const runAction = async (action: string, input: object) =>
    (await runScript(`${kind}/actions/${action}/action.lua`, [input]))[0] as Manifest

  test(`${kind}: action_test.yaml says what can be done in which state`, async () => {
    const { discoveryTests } = await yaml<ActionTests>(...folder, 'action_test.yaml')
    const inputs = await Promise.all(discoveryTests.map(({ inputPath }) => yaml<object>(...folder, inputPath)))
    const discovered = (await runScript(`${kind}/actions/discovery.lua`, inputs)) as Record<string, object>[]
    const expected = discoveryTests.map(({ result }) =>
      Object.fromEntries(result.map(({ name, ...action }) => [name, action])),
    )
    assert.equal(discovered, expected)
  })

  test(`${kind}: action_test.yaml says what each action does, and uses all of testdata`, async () => {
    const { discoveryTests, actionTests } = await yaml<ActionTests>(...folder, 'action_test.yaml')
    for (const { action, inputPath, expectedOutputPath } of actionTests) {
      const output = await runAction(action, await yaml<object>(...folder, inputPath))
      const expected = await yaml<Manifest>(...folder, expectedOutputPath)
      assert.equal(withoutTimes(output), withoutTimes(expected), `${action} of ${inputPath}`)
      assert.is(output.kind, kind)
    }
    const used = [...discoveryTests, ...actionTests].flatMap((one) =>
      'action' in one ? [one.inputPath, one.expectedOutputPath] : one.inputPath,
    )
    assert.equal([...new Set(used)].toSorted(), testdata(...folder))
  })

  test(`${kind}: each action has a script, and each script is an action with a test`, async () => {
    const { actionTests } = await yaml<ActionTests>(...folder, 'action_test.yaml')
    const [discovered] = (await runScript(`${kind}/actions/discovery.lua`, [tenantOf()])) as [object]
    const scripts = readdirSync(join(SCRIPTS, ...folder)).filter((name) =>
      existsSync(join(SCRIPTS, ...folder, name, 'action.lua')),
    )
    assert.equal(Object.keys(discovered).toSorted(), scripts.toSorted())
    assert.equal([...new Set(actionTests.map(({ action }) => action))].toSorted(), scripts.toSorted())
  })

  test(`${kind}: a request by an action has the time as its value, which is new each second`, async () => {
    const requests = kind === TENANT_KIND ? (['reconcile'] as const) : (['reconcile', 'rotate'] as const)
    for (const request of requests) {
      const before = timestamp(Date.now())
      const { metadata } = await runAction(request, tenantOf())
      const asked = metadata.annotations![REQUEST_ANNOTATIONS[request]]!
      assert.match(asked, INSTANT)
      assert.ok(asked >= before && asked <= timestamp(Date.now()), `${asked} is now`)
    }
  })
}

test('an action that both kinds have is the same script', async () => {
  const shared = readdirSync(join(SCRIPTS, TENANT_KIND, 'actions'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/action.lua'))
    .map((path) => join('actions', path))
  assert.is(shared.length, 3)
  for (const path of shared) {
    const [one, other] = await Promise.all(KINDS.map((kind) => readFile(join(SCRIPTS, kind, path), 'utf8')))
    assert.is(one, other, path)
  }
})

test('only kinds that exist have scripts', () => {
  assert.equal(readdirSync(SCRIPTS).toSorted(), [...KINDS, '_'].toSorted())
})

test('argocd-cm.yaml is what the scripts say: node .ci/generate-argocd.ts writes it', async () => {
  assert.is(await readFile(CONFIG_MAP, 'utf8'), await argocdConfigMap())
})

test('argocd-cm.yaml holds for both kinds the scripts, word for word', async () => {
  const { data } = parse(await readFile(CONFIG_MAP, 'utf8')) as { readonly data: Readonly<Record<string, string>> }
  const keys = KINDS.flatMap((kind) =>
    ['health', 'actions'].map((what) => `resource.customizations.${what}.tenants.resistant.ai_${kind}`),
  )
  assert.equal(Object.keys(data).toSorted(), keys.toSorted())
  for (const kind of KINDS) {
    const [health, actions] = ['health', 'actions'].map(
      (what) => data[`resource.customizations.${what}.tenants.resistant.ai_${kind}`]!,
    ) as [string, string]
    assert.is(health, await readFile(join(SCRIPTS, '_/health.lua'), 'utf8'))
    type Actions = { readonly 'discovery.lua': string; readonly definitions: readonly Record<string, string>[] }
    const { definitions, ...rest } = parse(actions) as Actions
    assert.is(rest['discovery.lua'], await readFile(join(SCRIPTS, kind, 'actions/discovery.lua'), 'utf8'))
    for (const { name, 'action.lua': script } of definitions) {
      assert.is(script, await readFile(join(SCRIPTS, kind, 'actions', name!, 'action.lua'), 'utf8'))
    }
  }
})

test.run()
