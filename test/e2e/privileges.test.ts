// Nothing is granted that is not used, and nothing asked for that is not granted: for each way to install the operator, through
// a life in which it does all that it ever does.
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import { makeServerCertificate } from '../../src/simulator/certificate.ts'
import { READS_AUDITED } from '../cluster/audit.ts'
import { startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import type { Flags, Operator } from '../stack/operator.ts'
import { untilLogged } from '../stack/program.ts'
import { startStandby } from '../stack/replicas.ts'
import { allow, createConfinedUser, createOperatorUser } from '../stack/roles.ts'
import type { Optional } from '../stack/roles.ts'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'
import { granted, used } from './privileges/rights.ts'
import type { Right } from './privileges/rights.ts'

/** A way to install the operator. */
type Variant = {
  readonly name: string
  /** Watches its own namespace by Roles there; otherwise all namespaces, by a ClusterRole. */
  readonly isConfined?: boolean
  readonly optional?: Optional
  /** Settings with which it needs that. */
  flags?(stack: Stack): Promise<Flags>
  /** Has it do what it needs that for. */
  use?(stack: Stack, operator: Operator): Promise<void>
}

const VARIANTS: readonly Variant[] = [
  { name: 'all-namespaces' },
  { name: 'listed-namespaces', isConfined: true },
  { name: 'watch-secrets', optional: 'secrets', flags: async () => ({ 'watch-secrets': 'true' }) },
  { name: 'namespace-labels', optional: 'namespaces', use: admitByLabels },
  { name: 'metrics-auth', optional: 'metrics-auth', flags: withCertificate, use: beScraped },
]

/** Whose rights a life was about. */
type Life = { readonly stack: Stack; readonly user: string; readonly granted: readonly Right[] }

/** Each operator works on the resources of its variant alone, also where it watches all namespaces. */
const LABEL = 'variant'
const NOTED_MS = 10_000

const test = suite('privileges')
let cluster: TestCluster
const stacks: Stack[] = []
const lives = new Map<Variant, Promise<Life>>()

test.before(async () => {
  // It streams no lists, as older ones do not: what is watched is listed first, and both rights are needed.
  cluster = await startCluster({ featureGates: 'WatchList=false' })
  for (const variant of VARIANTS) {
    const life = live(variant)
    life.catch(() => undefined)
    lives.set(variant, life)
  }
})

test.after(async () => {
  await Promise.allSettled(lives.values())
  try {
    await Promise.all(stacks.map((stack) => stack.stop()))
  } finally {
    await cluster.stop()
  }
})

async function live(variant: Variant): Promise<Life> {
  const stack = await startStack(`privileges-${variant.name}`, { cluster })
  stacks.push(stack)
  const { namespace, operatorNamespace } = stack
  // Another takes its place, which has to make its Lease, and whose rights are all there before it starts.
  await stack.operator.stop()
  const user = `privileged-${namespace}`
  const kubeconfig = variant.isConfined
    ? await createConfinedUser(cluster, user, operatorNamespace, [namespace], [READS_AUDITED])
    : await createOperatorUser(cluster, user, operatorNamespace, [READS_AUDITED])
  if (variant.optional) await allow(cluster, user, variant.optional)
  const flags = {
    ...(!variant.isConfined && { 'watch-namespaces': '' }),
    ...(await variant.flags?.(stack)),
    kubeconfig,
    'lease-name': 'privileged',
    selector: `${LABEL}=${variant.name}`,
    // The first one comes after a tenth of it.
    'sweep-interval': '1m',
  }
  const operator = await stack.startOperator('privileged', { flags })
  const standby = await startStandby(stack, 'standby', flags)
  await work(stack, variant)
  await variant.use?.(stack, operator)
  await untilLogged(operator, /"msg":"swept the organization"/)
  await stack.kubectl(['delete', 'raitenant', 'acme', '--timeout=30s'])
  // With the processes end their watches, which are noted then.
  for (const one of [standby, operator]) await one.stop()
  return { stack, user, granted: await granted(cluster, user, operatorNamespace) }
}

/** Makes, changes, moves and pauses, so that each thing that any operator does is done at least once. */
async function work(stack: Stack, { name }: Variant): Promise<void> {
  const apply = (spec?: object) => stack.apply(labelled(name, application('web', 'acme', spec)))
  await stack.apply(labelled(name, tenant('acme')))
  await apply()
  await told(stack, 'application', 'web', 'Ready')
  const label = ['get', 'secret', 'web', '-o', 'jsonpath={.metadata.labels.team}']
  await apply({ secret: { labels: { team: 'a' } } })
  await eventually('the label', async () => (await stack.kubectl(label)) === 'a')
  await apply({ secret: { name: 'moved' } })
  await eventually('the Secret has moved', async () => (await stack.secret('moved')) && !(await stack.secret('web')))
  // What is told a second time is counted on the Event of the first time.
  const pause = [
    ['=true', 'Paused'],
    ['-', 'Ready'],
  ] as const
  for (const [value, reason] of [...pause, ...pause]) {
    await stack.kubectl(['annotate', 'raiapp', 'web', `${REQUEST_ANNOTATIONS.paused}${value}`])
    await told(stack, 'application', 'web', reason)
  }
}

async function admitByLabels(stack: Stack, operator: Operator): Promise<void> {
  const selector = { matchLabels: { team: 'a' } }
  await stack.apply(labelled('namespace-labels', tenant('acme', { allowedNamespaces: { from: 'Selector', selector } })))
  await untilLogged(operator, /"reflector":"namespaces".*"msg":"listed"/)
}

async function withCertificate({ directory }: Stack): Promise<Flags> {
  const { ca, cert, key } = makeServerCertificate(['127.0.0.1'], Date.now())
  await writeFile(join(directory, 'ca.crt'), ca)
  await writeFile(join(directory, 'tls.crt'), cert)
  await writeFile(join(directory, 'tls.key'), key)
  return { 'metrics-auth': 'kubernetes', 'metrics-cert-dir': directory }
}

/** By somebody whom it gets to know, and who may not. */
async function beScraped(stack: Stack, { metricsUrl }: Operator): Promise<void> {
  await stack.kubectl(['create', 'serviceaccount', 'prometheus'])
  const token = (await stack.kubectl(['create', 'token', 'prometheus'])).trim()
  const request = https.get(metricsUrl.replace('http:', 'https:'), {
    agent: false,
    ca: await readFile(join(stack.directory, 'ca.crt')),
    headers: { authorization: `Bearer ${token}` },
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  assert.is(response.statusCode, 403)
}

function labelled(variant: string, resource: object): object {
  const { metadata } = resource as { metadata: object }
  return { ...resource, metadata: { ...metadata, labels: { [LABEL]: variant } } }
}

for (const variant of VARIANTS) {
  test(`${variant.name}: all that is granted is used`, async () => {
    const { stack, user, granted } = await lives.get(variant)!
    let unused = granted
    const isAllUsed = async () => {
      const { allowed } = await used(cluster, user, stack.operatorNamespace)
      unused = granted.filter((right) => !allowed.includes(right))
      return unused.length === 0
    }
    assert.ok(granted.length > 0)
    // The server notes a request a moment after its end.
    await eventually(() => `these are used: ${unused.join(', ')}`, isAllUsed, NOTED_MS)
  })

  test(`${variant.name}: nothing is asked for that is not granted`, async () => {
    const { stack, user, granted } = await lives.get(variant)!
    const { allowed, refused } = await used(cluster, user, stack.operatorNamespace)
    assert.equal(refused, [])
    assert.equal(
      allowed.filter((right) => !granted.includes(right)),
      [],
    )
  })
}

test.run()
