// What `kubectl rai` does with a cluster: reads resources, asks for things by annotations, and explains what is refused.
import { API_VERSION, APPLICATION_KIND, GROUP, TENANT_KIND, VERSION } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Overview, OverviewScope } from './overview.ts'
import { overviewOf } from './overview.ts'
import type { Annotator, ClusterReader, KubeObject } from './ports.ts'
import type { Request } from './requests.ts'
import { collectionOf, displayName, onlyOf, planRequest, targetOf } from './requests.ts'

/** Throws `NotFound` where there is no tenant of the only name that is asked about. */
export async function readOverview(
  cluster: ClusterReader,
  scope: OverviewScope,
  signal: AbortSignal,
): Promise<Overview> {
  const { namespace, only } = scope
  const [tenants, applications] = await explained(cluster, signal, () =>
    Promise.all([
      cluster.list(collectionOf(TENANT_KIND, namespace), signal),
      cluster.list(collectionOf(APPLICATION_KIND, namespace), signal),
    ]),
  )
  const overview = overviewOf(
    tenants.map((object) => resourceOf<RaiTenant>(object, TENANT_KIND)),
    applications.map((object) => resourceOf<RaiTenantApplication>(object, APPLICATION_KIND)),
    scope,
  )
  if (only !== undefined && overview.tenants.length + overview.unknownTenants.length === 0) {
    const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`
    throw new Failure('NotFound', 'stall', `no RaiTenant is called ${only} ${where}: see kubectl rai status -A`)
  }
  return overview
}

/** Does what was asked for with the resource that `word` names, and says so. `unique` as for {@link planRequest}. */
export async function makeRequest(
  cluster: ClusterReader & Annotator,
  asked: { readonly request: Request; readonly word: string; readonly namespace: string; readonly unique: string },
  signal: AbortSignal,
): Promise<string> {
  const { request, word, namespace, unique } = asked
  const target = targetOf(word, request)
  return explained(cluster, signal, async () => {
    const found = await Promise.all(
      target.kinds.map(async (kind) => {
        const object = await cluster.find(collectionOf(kind, namespace), target.name, signal)
        return object ? [resourceOf<RaiTenant | RaiTenantApplication>(object, kind)] : []
      }),
    )
    const resource = onlyOf(found.flat(), target, namespace)
    const { annotations, told } = planRequest(request, resource, unique)
    if (annotations) await cluster.annotate(collectionOf(resource.kind, namespace), target.name, annotations, signal)
    return `${displayName(resource)} ${told}`
  })
}

/** What `work` comes to. A refusal of the API server is told with its remedy. */
export async function explained<T>(
  cluster: Pick<ClusterReader, 'serves'>,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error
    const mayBeMissing = ['KubeForbidden', 'KubeNotFound', 'NotFound'].includes(error.code)
    if (mayBeMissing && !(await cluster.serves({ group: GROUP, version: VERSION, plural: '' }, signal))) {
      throw new Failure('NoDefinitions', 'stall', `the cluster does not know ${API_VERSION}: kubectl apply -f crds/`)
    }
    if (isFailure(error, 'KubeForbidden'))
      throw withRemedy(error, 'have that right granted, or name another namespace (-n)')
    if (isFailure(error, 'KubeUnavailable')) throw withRemedy(error, 'check KUBECONFIG, --context and the network')
    throw error
  }
}

function withRemedy({ code, disposition, message }: Failure, remedy: string): Failure {
  return new Failure(code, disposition, `${message}: ${remedy}`)
}

/** As the rest of the code knows it: an object of a list has no kind, one that nobody looked at no status. */
function resourceOf<T extends RaiTenant | RaiTenantApplication>(object: KubeObject, kind: T['kind']): T {
  const { status = { observedGeneration: -1 } } = object as Partial<T>
  return { ...object, apiVersion: API_VERSION, kind, status } as unknown as T
}
