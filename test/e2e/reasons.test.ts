// Every reason on the real API server: how it comes about, what it shows, that it stays so, and that what
// docs/reasons.md says about it helps.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { REASON_CLASS } from '../../src/api/reasons.ts'
import type { Reason } from '../../src/api/reasons.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { startStack } from '../stack/stack.ts'
import { APPLICATION_ROWS } from './reasons/application-rows.ts'
import { CREDENTIAL_ROWS } from './reasons/credential-rows.ts'
import { DELETION_ROWS } from './reasons/deletion-rows.ts'
import type { Kind } from './reasons/history.ts'
import { clearGround, prepareGround, releaseGround } from './reasons/lab.ts'
import type { Ground } from './reasons/lab.ts'
import { ORGANIZATION, ORGANIZATION_ROWS } from './reasons/organization-rows.ts'
import { holds } from './reasons/row.ts'
import type { Row } from './reasons/row.ts'
import { TENANT_ROWS } from './reasons/tenant-rows.ts'

const test = suite('reasons')

/** Side by side, on one operator: those that wait longest come first. */
const PARALLEL_ROWS: readonly Row[] = [...CREDENTIAL_ROWS, ...APPLICATION_ROWS, ...DELETION_ROWS, ...TENANT_ROWS]
const ROWS: readonly Row[] = [...PARALLEL_ROWS, ...ORGANIZATION_ROWS]
const MANY = 1_000

const BOTH = ['tenant', 'application'] as const
/** Whose resources can have which reason: each pair has a row. */
const SHOWN_BY: Readonly<Record<Reason, readonly Kind[]>> = {
  Ready: BOTH,
  Provisioning: ['application'],
  TenantNotFound: ['application'],
  TenantNotReady: ['application'],
  QuotaExceeded: ['tenant'],
  RateLimited: BOTH,
  ControlPlaneUnavailable: BOTH,
  Unauthorized: BOTH,
  Forbidden: BOTH,
  SecretMissing: ['application'],
  SecretWriteRefused: ['application'],
  Rotating: ['application'],
  Draining: BOTH,
  AmbiguousCreate: BOTH,
  ReferenceNotPermitted: ['application'],
  AdoptionNotPermitted: [],
  TenantExists: ['tenant'],
  AlreadyClaimed: BOTH,
  ExternalNotFound: [],
  ExternalGone: [],
  TenantChanged: ['application'],
  InvalidSpec: BOTH,
  Rejected: BOTH,
  SecretConflict: ['application'],
  CredentialRejected: ['application'],
  DrainBlocked: ['tenant'],
  DeletionProtected: ['tenant'],
  ExternalViewSuspect: [],
  WrongOrganization: BOTH,
  StatusForged: BOTH,
  Paused: BOTH,
}
/** Reasons that nothing leads to yet. */
const NOT_YET: readonly Reason[] = ['AdoptionNotPermitted', 'ExternalNotFound', 'ExternalGone', 'ExternalViewSuspect']

let guest: TestNamespace
const grounds: Ground[] = []
/** How each row went: the error, if it did not hold. */
const outcomes = new Map<Row, Promise<unknown>>()

test.before(async () => {
  guest = await createNamespace(await sharedCluster(), 'guest')
  await Promise.all([startParallel(), startOrganization()])
})

async function startParallel(): Promise<void> {
  const stack = await startStack('reasons', {
    alsoWatch: [guest.name],
    planeFlags: { quota: MANY },
    flags: { 'tenant-quota': MANY, 'requests-per-second': MANY, burst: MANY, workers: 16, 'log-level': 'debug' },
  })
  const ground = await prepareGround(stack, guest.name)
  grounds.push(ground)
  for (const row of PARALLEL_ROWS) outcomes.set(row, errorOf(holds(ground, row)))
}

/** One row after the other, each on an empty organization. */
async function startOrganization(): Promise<void> {
  const { name, quota } = ORGANIZATION
  const stack = await startStack('reasons-organization', {
    planeFlags: { quota },
    flags: { organization: name, 'tenant-quota': quota, 'log-level': 'debug' },
  })
  const ground = await prepareGround(stack, stack.namespace)
  grounds.push(ground)
  let before: Promise<unknown> = Promise.resolve()
  for (const row of ORGANIZATION_ROWS) {
    before = errorOf(before.then(() => holds(ground, row)))
    outcomes.set(row, before)
    if (row !== ORGANIZATION_ROWS.at(-1)) before = before.then(() => clearGround(ground))
  }
}

function errorOf(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test.after(async () => {
  await Promise.all(outcomes.values())
  for (const ground of grounds) await releaseGround(ground)
  await guest.remove()
})

test('each reason has a row for each kind that can have it', () => {
  const missing = Object.entries(SHOWN_BY).flatMap(([reason, kinds]) =>
    kinds
      .filter((kind) => !ROWS.some((row) => row.reason === reason && row.kind === kind))
      .map((kind) => `${kind} ${reason}`),
  )
  assert.equal(missing, [])
  assert.equal(Object.keys(SHOWN_BY).toSorted(), Object.keys(REASON_CLASS).toSorted())
  const shown = ROWS.filter(({ reason, kind }) => !SHOWN_BY[reason].includes(kind))
  assert.equal(shown, [], 'rows of reasons that a kind cannot have')
  const unreached = (Object.keys(SHOWN_BY) as Reason[]).filter((reason) => SHOWN_BY[reason].length === 0)
  assert.equal(unreached, NOT_YET)
})

test('each row has a name of its own', () => {
  assert.is(new Set(ROWS.map(({ name }) => name)).size, ROWS.length)
})

for (const row of ROWS) {
  test(`${row.kind}: ${row.reason}, where ${row.situation}: ${row.then}, and the way out`, async () => {
    const error = await outcomes.get(row)
    if (error !== undefined) throw error
  })
}

test.run()
