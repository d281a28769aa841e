// More RaiTenants than the organization has places: none is asked for in vain, and a free place goes to the oldest at once.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'

const test = suite('quota of tenants')
/** Much sooner than those who wait look by themselves, which is each minute. */
const AT_ONCE_MS = 20_000
let stack: Stack

test.before(async () => {
  // The vendor's own limit is higher.
  stack = await startStack('quota', { flags: { 'tenant-quota': 2 } })
})

test.after(async () => {
  await stack.stop()
})

async function waits(name: string): Promise<boolean> {
  const conditions = (await stack.tenant(name))?.status.conditions ?? []
  return conditions.some(({ type, reason }) => type === 'Ready' && reason === 'QuotaExceeded')
}

async function creates(): Promise<number> {
  return (await stack.controlPlane.counts())['createTenant'] ?? 0
}

test('who finds no place is told, and the control plane is not asked', async () => {
  await stack.apply(tenant('a'), tenant('b'))
  await eventually(
    'both have a place',
    async () => isReady(await stack.tenant('a')) && isReady(await stack.tenant('b')),
  )
  await stack.apply(tenant('d'))
  await eventually('d waits', () => waits('d'))
  // By its name older than d, if both are of the same second.
  await stack.apply(tenant('c'))
  await eventually('c waits', () => waits('c'))
  assert.is(await creates(), 2)
})

test('a place that a deletion frees goes to the oldest at once', async () => {
  const [c, d] = [await stack.tenant('c'), await stack.tenant('d')]
  const isOneSecond = c!.metadata.creationTimestamp === d!.metadata.creationTimestamp
  const [first, second] = isOneSecond ? (['c', 'd'] as const) : (['d', 'c'] as const)
  await stack.kubectl(['delete', 'rait', 'a'])
  await eventually('the oldest has it', async () => isReady(await stack.tenant(first)), AT_ONCE_MS)
  assert.ok(await waits(second))
  assert.is(await creates(), 3)
})

test.run()
