// Runs the kubectl that belongs to a test cluster.
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Failure } from '../../src/errors.ts'
import type { TestCluster } from './cluster.ts'

export type KubectlOptions = {
  /** Path of the kubeconfig to use; the administrator's by default. */
  readonly kubeconfig?: string
  /** Standard input, for `-f -`. */
  readonly input?: string
}

/** What kubectl prints. Fails with `KubectlFailed`, whose message is what kubectl says, when it does not exit with 0. */
export async function kubectl(
  cluster: Pick<TestCluster, 'kubectl' | 'kubeconfig'>,
  args: readonly string[],
  options: KubectlOptions = {},
  signal?: AbortSignal,
): Promise<string> {
  const env = {
    ...process.env,
    KUBECONFIG: options.kubeconfig ?? cluster.kubeconfig,
    // Discovery of servers that are gone tomorrow does not belong into the user's home.
    KUBECACHEDIR: join(dirname(cluster.kubeconfig), 'kubectl-cache'),
  }
  const running = promisify(execFile)(cluster.kubectl, args, {
    env,
    maxBuffer: 64 * 1024 * 1024,
    ...(signal && { signal }),
  })
  // A kubectl that fails early closes its input: its own words say more than EPIPE.
  running.child.stdin?.on('error', () => undefined).end(options.input ?? '')
  try {
    return (await running).stdout
  } catch (error) {
    signal?.throwIfAborted()
    const said = (error as { stderr?: string }).stderr?.trim()
    throw new Failure('KubectlFailed', 'stall', said || `kubectl ${args.join(' ')} did not run`, { cause: error })
  }
}
