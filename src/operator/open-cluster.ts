// Opens a cluster for a command: with a kubeconfig's user, and nobody who counts requests.
import { systemClock } from '../clock.ts'
import { KubeObjects } from '../kube/objects.ts'
import { loadKubeconfig } from '../kube/kubeconfig.ts'
import type { KubeconfigChoice } from '../kube/kubeconfig.ts'
import { createTransport } from '../kube/transport.ts'

export type OpenedCluster = {
  readonly objects: KubeObjects
  /** The API server's, with its port. */
  readonly host: string
  /** That of the context, where it names one. */
  readonly namespace: string | undefined
  close(): void
}

/** Opens no connection yet. `program`: as it names itself to the API server. Throws `KubeconfigUnusable`. */
export function openCluster(choice: KubeconfigChoice, program: string, version: string): OpenedCluster {
  const kubeconfig = loadKubeconfig(choice)
  const transport = createTransport({
    kubeconfig,
    userAgent: `${program}/${version}`,
    clock: systemClock,
    metrics: { requested() {}, staleReadSkipped() {} },
  })
  return {
    objects: new KubeObjects({ transport, fieldManager: program }),
    host: transport.host,
    namespace: kubeconfig.getContextObject(kubeconfig.getCurrentContext())?.namespace,
    close: () => transport.close(),
  }
}
