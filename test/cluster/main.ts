// `node test/cluster/main.ts`: a test cluster with the project's CRDs to play with, until Ctrl-C.
import { once } from 'node:events'
import { Failure } from '../../src/errors.ts'
import { startCluster } from './cluster.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort(signal))

try {
  say('starting a test cluster ...')
  const cluster = await startCluster({ report: say }, interrupted.signal)
  say(`
A Kubernetes API server with the project's CRDs is at ${cluster.server}. In another terminal:

  export KUBECONFIG=${cluster.kubeconfig}
  alias kubectl=${cluster.kubectl}
  kubectl api-resources

Logs: ${cluster.logsDir}
Ctrl-C ends it and removes everything.`)
  // The cluster does not keep this process alive.
  const alive = setInterval(() => undefined, 2 ** 30)
  if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort')
  clearInterval(alive)
  await cluster.stop()
} catch (error) {
  if (!interrupted.signal.aborted) {
    process.stderr.write(`${error instanceof Failure ? error.message : (error as Error).stack}\n`)
    process.exitCode = 1
  }
}
