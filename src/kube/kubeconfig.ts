// Finds the cluster to work with: as told, in the Pod it runs in, or where kubectl would look.
import { existsSync } from 'node:fs'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { Failure } from '../errors.ts'

const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token'

export type KubeconfigChoice = {
  /** Path of a kubeconfig; `undefined`: in-cluster, else kubectl's rules. */
  readonly path: string | undefined
  /** `undefined`: the current one. A context means a kubeconfig: in-cluster is not looked at then. */
  readonly context: string | undefined
  /** In a Pod, too, a kubeconfig comes first. */
  readonly asKubectl?: boolean
}

/**
 * The kubeconfig with its cluster and user. Reads files while nothing else waits for the process: only at the start.
 * Throws `KubeconfigUnusable`, whose message names the file and never quotes it. `root` stands before the paths of a Pod.
 */
export function loadKubeconfig({ path, context, asKubectl = false }: KubeconfigChoice, root = ''): KubeConfig {
  const kubeconfig = new KubeConfig()
  const where = path ?? 'the default kubeconfig'
  try {
    if (path !== undefined) kubeconfig.loadFromFile(path)
    else if (context === undefined && !asKubectl && existsSync(`${root}${TOKEN_FILE}`)) kubeconfig.loadFromCluster(root)
    else kubeconfig.loadFromDefault()
  } catch (error) {
    // Below its first line, the message of a syntax error shows the lines around it.
    const [reason] = (error as Error).message.split('\n')
    throw unusable(`${where} cannot be read: ${reason}`, error)
  }
  if (kubeconfig.currentContext === 'loaded-context') {
    throw unusable('no kubeconfig is found: set kubeconfig, or KUBECONFIG, or run in a Pod with a service account')
  }
  if (context !== undefined) kubeconfig.setCurrentContext(context)
  const cluster = kubeconfig.getCurrentCluster()
  if (!cluster) {
    const wanted = kubeconfig.getCurrentContext()
    throw unusable(wanted ? `${where} has no context ${wanted}, or it names no cluster` : `${where} has no context`)
  }
  if (!URL.canParse(cluster.server)) throw unusable(`the server of ${where} is no URL`)
  return kubeconfig
}

function unusable(message: string, cause?: unknown): Failure {
  return new Failure('KubeconfigUnusable', 'stall', message, { cause })
}
