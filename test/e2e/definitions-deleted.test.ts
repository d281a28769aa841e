// The definitions of our kinds are deleted, by an uninstall or in error: all that is outside stays, and is bound again.
// On a cluster of its own, since every other test needs them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GROUP, REQUEST_ANNOTATIONS, TENANT_PLURAL } from '../../src/api/names.ts'
import { CRDS_DIR, startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { installCrds } from '../cluster/crds.ts'
import { application, eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'
import { obtainToken } from '../stack/workload.ts'

const test = suite('definitions deleted')
const TENANTS = `${TENANT_PLURAL}.${GROUP}`
const NAMES = ['web', 'batch'] as const
/** With the policy that has most to lose. */
const MANIFESTS = [
  tenant('acme', { deletionPolicy: 'Delete' }),
  application('web', 'acme', { deletionPolicy: 'Delete' }),
  application('batch', 'acme', { deletionPolicy: 'Delete', auth: { type: 'ClientSecret' } }),
]
/** An operator that misses its kinds looks for them at a growing pace. */
const PATIENCE_MS = 60_000

let cluster: TestCluster
let stack: Stack

test.before(async () => {
  cluster = await startCluster()
  stack = await startStack('definitions-deleted', { cluster })
  await applied()
})

test.after(async () => {
  try {
    await stack.stop()
  } finally {
    // After a test that failed our kinds may be missing: what is left goes with the cluster.
    await cluster.stop()
  }
})

/** The manifests are applied, and all is Ready. */
async function applied(): Promise<void> {
  await stack.apply(...MANIFESTS)
  await told(stack, 'tenant', 'acme', 'Ready', PATIENCE_MS)
  for (const name of NAMES) await told(stack, 'application', name, 'Ready', PATIENCE_MS)
}

const CHANGING = ['createTenant', 'createTenantApplication', 'deleteTenant', 'deleteTenantApplication']

/**
 * How many calls have made or deleted something. A create that is refused since the name is taken has not: a list of tenants may
 * be ten seconds old, which only saves such calls.
 */
async function carriedOut(operation: string): Promise<readonly [operation: string, count: number]> {
  const calls = await stack.controlPlane.calls(operation)
  return [operation, calls.filter(({ status }) => status !== null && status < 300).length]
}

/** What may not change: all that exists outside, what was ever made and deleted there, and the Secrets' values. */
async function kept(): Promise<object> {
  return {
    calls: Object.fromEntries(await Promise.all(CHANGING.map(carriedOut))),
    outside: await stack.controlPlane.state(),
    secrets: await Promise.all(NAMES.map((name) => stack.secret(name))),
  }
}

/** Which tenant and applications the resources are bound to, all of them as this `provenance` says. */
async function boundAs(provenance: 'Created' | 'Relinked'): Promise<readonly unknown[]> {
  const { status: ofTenant } = (await stack.tenant('acme'))!
  const ofApplications = await Promise.all(NAMES.map(async (name) => (await stack.application(name))!.status))
  for (const status of [ofTenant, ...ofApplications]) assert.is(status.provenance, provenance)
  return [ofTenant.tenantId, ...ofApplications.map(({ applicationId }) => applicationId)]
}

/** A person says that the tenant is theirs: else it would be left outside in any case. */
async function confirmTenant(): Promise<void> {
  const { tenantId } = (await stack.tenant('acme'))!.status
  await stack.kubectl(['annotate', '--overwrite', 'raitenant', 'acme', `${REQUEST_ANNOTATIONS.confirm}=${tenantId}`])
  await eventually('it is confirmed', async () => (await stack.tenant('acme'))!.status.provenance === 'Created')
}

async function protect(deletionProtection: boolean): Promise<void> {
  const patch = JSON.stringify({ spec: { deletionProtection } })
  await stack.kubectl(['patch', 'raitenant', 'acme', '--type=merge', '-p', patch])
}

test('both definitions go with all resources; all that is outside and the Secrets stay, and are bound again by the same manifests', async () => {
  const before = await kept()
  const bound = await boundAs('Created')
  await stack.kubectl(['delete', '-f', CRDS_DIR, `--timeout=${PATIENCE_MS}ms`])
  assert.equal(await kept(), before)
  for (const name of NAMES) {
    assert.is(await stack.kubectl(['get', 'secret', name, '-o', 'jsonpath={.metadata.ownerReferences}']), '')
    assert.ok((await obtainToken((await stack.secret(name))!)).expiresInSeconds > 0)
  }

  await installCrds(cluster, CRDS_DIR)
  await applied()
  assert.equal(await boundAs('Relinked'), bound)
  assert.equal(await kept(), before, 'nothing was made for that')
})

test('a protected tenant holds up the definition of tenants; once that is gone applications work on, and go on when it is back', async () => {
  await confirmTenant()
  const before = await kept()
  await protect(true)
  await stack.kubectl(['delete', 'crd', TENANTS, '--wait=false'])
  await told(stack, 'tenant', 'acme', 'DeletionProtected')
  await protect(false)
  await stack.kubectl(['wait', '--for=delete', `crd/${TENANTS}`, `--timeout=${PATIENCE_MS}ms`])
  for (const name of NAMES) {
    await told(stack, 'application', name, 'TenantNotFound')
    assert.ok(isReady(await stack.application(name)))
  }

  await installCrds(cluster, CRDS_DIR)
  await applied()
  assert.is((await stack.tenant('acme'))!.status.provenance, 'Relinked')
  assert.equal(await kept(), before)
})

test.run()
