// Several replicas with default settings of the Lease: one works, the others stand by and take over in time.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { auditedWrites } from '../cluster/audit.ts'
import { createOperatorUser } from '../stack/roles.ts'
import { leadership, startStandby } from '../stack/replicas.ts'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { LIMITS, Takeovers } from '../trials/takeovers.ts'

const TRIALS = 3
const takeovers = suite('takeovers')
let trials: Takeovers

takeovers.before(async () => {
  trials = await Takeovers.begin('takeovers')
})

takeovers.after(async () => {
  await trials.stop()
})

function within(ms: number, limitMs: number): void {
  assert.ok(ms <= limitMs, `${(ms / 1000).toFixed(2)} s, more than ${limitMs / 1000} s`)
}

takeovers('after SIGTERM at rest another replica is at work within three seconds', async () => {
  for (let trial = 0; trial < TRIALS; trial++) within(await trials.stopped(), LIMITS.stoppedMs)
})

for (const when of ['before', 'after'] as const) {
  takeovers(
    `a POST that waits ${when} its effect is ended, not cut off, by SIGTERM, and its application bound`,
    async () => {
      for (let trial = 0; trial < TRIALS; trial++) {
        const auth = trial % 2 ? 'EC' : 'ClientSecret'
        within((await trials.stoppedWhilePosting(when, auth)).exitMs, LIMITS.exitMs)
      }
    },
  )
}

takeovers('after SIGKILL another replica is at work within twenty seconds', async () => {
  for (let trial = 0; trial < TRIALS; trial++) within(await trials.killed(), LIMITS.killedMs)
})

takeovers('whoever was ended, every resource took one POST, and nothing is left over', async () => {
  assert.equal(await trials.surplus(), [])
})

takeovers.run()

const standby = suite('standby')
const APPLICATIONS = 20
let stack: Stack

standby.before(async () => {
  stack = await startStack('standby')
  await stack.apply(tenant('acme'))
})

standby.after(async () => {
  await stack.stop()
})

async function readyCount(): Promise<number> {
  const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
  const statuses = await stack.kubectl(['get', 'raiapp', '-o', `jsonpath=${path}`])
  return statuses.split('\n').filter((status) => status === 'True').length
}

standby(
  'a standby is ready, writes nothing, and asks for nothing outside but one token; the leader does it all',
  async () => {
    const user = `standby-of-${stack.namespace}`
    const kubeconfig = await createOperatorUser(stack.cluster, user, stack.operatorNamespace)
    const other = await startStandby(stack, 'other', { kubeconfig })
    assert.is((await fetch(`${other.healthUrl}/readyz`)).status, 200)

    const names = Array.from({ length: APPLICATIONS }, (_, i) => `app-${i}`)
    await stack.apply(...names.map((name) => application(name, 'acme')))
    await eventually('all are Ready', async () => (await readyCount()) === APPLICATIONS)
    assert.is((await stack.controlPlane.counts())['createTenantApplication'], APPLICATIONS)
    assert.is(await leadership(stack.operator), 1)
    assert.is(await leadership(other), 0)
    const calls = Array.from(await other.metrics('rai_control_plane_requests_total{')).filter(([, count]) => count > 0)
    assert.equal(calls, [['rai_control_plane_requests_total{operation="organizationToken",code="200"}', 1]])
    assert.equal(await auditedWrites(stack.cluster.auditLog, (write) => write.user === user), [])
  },
)

standby('a leader whose Lease is taken by force ends with code 3, and no two ever make the same', async () => {
  const { controlPlane } = stack
  const posts = async () => (await controlPlane.counts())['createTenantApplication'] ?? 0
  await controlPlane.disturb({ kind: 'delay', op: 'createTenantApplication', seconds: 0.3, count: -1 })
  const names = Array.from({ length: APPLICATIONS }, (_, i) => `more-${i}`)
  const applied = stack.apply(...names.map((name) => application(name, 'acme')))
  await eventually('POSTs are under way', async () => (await posts()) > APPLICATIONS)
  const theft = ['patch', 'lease', 'rai-operator', '--type=merge', '-p', '{"spec":{"holderIdentity":"stranger"}}']
  await stack.kubectlOfOperator(theft)
  assert.equal(await stack.operator.exited, { code: 3, signal: null })
  await applied
  // Whoever loses the Lease may not even say which of its attempts were never sent.
  await eventually('all are Ready', async () => (await readyCount()) === 2 * APPLICATIONS, 150_000)
  assert.is(await posts(), 2 * APPLICATIONS)
  assert.is((await controlPlane.state()).applications.length, 2 * APPLICATIONS)
})

standby.run()
