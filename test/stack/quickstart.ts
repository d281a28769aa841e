// `npm run quickstart`: a cluster, a control plane and the operator on this machine, and the main job done before your eyes.
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Failure } from '../../src/errors.ts'
import { startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { startOperator } from './operator.ts'
import type { Operator } from './operator.ts'
import { untilDone } from './progress.ts'
import type { Say } from './progress.ts'
import { installRoles } from './roles.ts'
import { obtainToken } from './workload.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DIRECTORY = join(ROOT, '.quickstart')
const LOGS = join(DIRECTORY, 'logs')
const SAMPLES = join(ROOT, 'deploy/samples')
const NAMESPACE = 'quickstart'
const READY_TIMEOUT = '--timeout=60s'

type Stack = { readonly cluster: TestCluster; readonly controlPlane: ControlPlane; readonly operator: Operator }

const say: Say = (line) => process.stdout.write(`${line}\n`)

/** Runs it all; what was begun is stopped in reverse, whatever happens. */
async function quickstart(onceOnly: boolean, signal: AbortSignal): Promise<void> {
  const begun: (() => Promise<unknown>)[] = []
  const start = async <T extends { stop(): Promise<unknown> }>(title: string, work: () => Promise<T>): Promise<T> => {
    const part = await untilDone(title, work(), say)
    begun.push(() => part.stop())
    return part
  }
  try {
    await rm(DIRECTORY, { recursive: true, force: true })
    await mkdir(LOGS, { recursive: true })
    const cluster = await start('a Kubernetes API server with the CRDs', () =>
      startCluster({ report: say, logsDir: join(LOGS, 'cluster') }, signal),
    )
    const controlPlane = await start('a control plane, simulated', () =>
      startControlPlane({ credentialsDir: join(DIRECTORY, 'credentials'), logFile: join(LOGS, 'control-plane.log') }),
    )
    const operator = await start('the operator, with the rights of deploy/base and no more', async () => {
      const kubeconfig = await installRoles(cluster, signal)
      const flags = { ...controlPlane.settings, kubeconfig }
      return startOperator({ flags, logFile: join(LOGS, 'operator.log') }, signal)
    })
    const stack = { cluster, controlPlane, operator }
    await applySamples(stack, signal)
    await showResult(stack, signal)
    if (onceOnly) return await showDrain(stack, signal)
    explainHowToGoOn(stack)
    await Promise.race([once(signal, 'abort'), operator.exited.then(ended)])
  } finally {
    await untilDone('all stopped', stopAll(begun), say)
  }
}

async function stopAll(begun: (() => Promise<unknown>)[]): Promise<void> {
  for (let stop = begun.pop(); stop; stop = begun.pop()) await stop()
}

async function applySamples({ cluster }: Stack, signal: AbortSignal): Promise<void> {
  await kubectl(cluster, ['create', 'namespace', NAMESPACE], {}, signal)
  const applied = await kubectl(cluster, ['-n', NAMESPACE, 'apply', '-f', SAMPLES], {}, signal)
  show('kubectl apply -f deploy/samples', applied)
  const wait = [
    '-n',
    NAMESPACE,
    'wait',
    '--for=condition=Ready',
    READY_TIMEOUT,
    '--all',
    'raitenants,raitenantapplications',
  ]
  await untilDone('everything to become Ready', kubectl(cluster, wait, {}, signal), say)
}

async function showResult({ cluster, operator }: Stack, signal: AbortSignal): Promise<void> {
  show('kubectl get rai', await kubectl(cluster, ['-n', NAMESPACE, 'get', 'rai'], {}, signal))
  const get = ['-n', NAMESPACE, 'get', 'secret', 'acme-web', '-o', 'json']
  const { data } = JSON.parse(await kubectl(cluster, get, {}, signal)) as { data: Record<string, string> }
  show('the keys of the Secret acme-web', `${Object.keys(data).sort().join('\n')}\n`)
  const values = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
  const { expiresInSeconds } = await obtainToken(values)
  show(
    'a token with the credential in it',
    `client ${values['client_id']} obtained a token for ${values['scope']}\nfrom ${values['token_url']}, good for ${expiresInSeconds} s\n`,
  )
  const counted = await operator.metrics('rai_control_plane_requests_total{operation="create')
  const creates = Array.from(counted).filter(([, value]) => value > 0)
  show('what /metrics counts', creates.map(([name, value]) => `${name} ${value}\n`).join(''))
}

async function showDrain({ cluster, controlPlane }: Stack, signal: AbortSignal): Promise<void> {
  say('\nkubectl delete raitenant acme')
  const deletion = ['-n', NAMESPACE, 'delete', 'raitenant', 'acme', READY_TIMEOUT]
  await untilDone('the applications, then the tenant, to go', kubectl(cluster, deletion, {}, signal), say)
  const events = ['-n', NAMESPACE, 'get', 'events', '--sort-by=.metadata.creationTimestamp']
  const columns = '-o=custom-columns=REASON:.reason,OBJECT:.involvedObject.name,MESSAGE:.message'
  show('kubectl get events', await kubectl(cluster, [...events, columns], {}, signal))
  const left = (await kubectl(cluster, ['-n', NAMESPACE, 'get', 'rai', '-o', 'name'], {}, signal)).trim()
  const { tenants } = await controlPlane.state()
  if (left !== '' || tenants.length > 0) {
    throw new Failure('NotEmpty', 'stall', `something is left after the deletion: ${left || tenants[0]!.name}`)
  }
  say('The control plane is empty again.')
}

function explainHowToGoOn({ cluster, controlPlane, operator }: Stack): void {
  say(`
Everything keeps running until Ctrl-C. In another terminal:

  export KUBECONFIG=${cluster.kubeconfig}
  alias kubectl=${cluster.kubectl}
  kubectl config set-context --current --namespace=${NAMESPACE}

  kubectl get rai -o wide                       # ids, Secrets, messages
  kubectl describe raiapp acme-web              # conditions and Events
  kubectl delete raitenant acme                 # drains its applications first
  kubectl apply -f deploy/samples               # and makes them again
  curl ${operator.metricsUrl}
  curl ${controlPlane.adminUrl}/state           # what the control plane holds

Logs: ${LOGS}`)
}

function show(title: string, text: string): void {
  say(`\n${title}\n${text.trimEnd().replaceAll(/^/gm, '  ')}`)
}

function ended(): never {
  throw new Failure('OperatorFailed', 'stall', 'the operator ended unexpectedly')
}

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort(name))
try {
  const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } })
  await quickstart(values.once, stop.signal)
} catch (error) {
  if (!stop.signal.aborted) {
    const { message } = error as Error
    say(`\nThe quickstart failed: ${message.replaceAll('\n', ' ')}. Logs are in ${LOGS}; mend that and run it again.`)
    process.exitCode = 1
  }
}
