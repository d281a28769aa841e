// `rai-operator check`: what is looked at, and what is said of it. A failure hides nothing that comes after it.
import { DEFINITIONS } from '../api/generated/definitions.ts'
import { GROUP, TENANT_PLURAL, VERSION } from '../api/names.ts'
import type { RaiTenant } from '../api/types.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Definition, ExpectedDefinition } from './definitions.ts'
import { problemOf } from './definitions.ts'
import type { Needs, PlacedPermission } from './permissions.ts'
import { permissionsFor, remedyFor, subjectOf } from './permissions.ts'
import type { AccessAsker, CheckedOrganization, ClusterReader, Collection } from './ports.ts'
import type { Cell } from './table.ts'
import { table } from './table.ts'

/** One line of what `check` prints. */
export type Finding = {
  readonly check: 'configuration' | 'credential' | 'token' | 'tenants' | 'kubernetes' | 'definition' | 'permission'
  /** What exactly was looked at. */
  readonly subject: string
  readonly result: 'ok' | 'failed' | 'skipped'
  /** What is the matter and what to do about it, or what was found. */
  readonly message: string
}

/** The settings that are looked at. */
export type Checked = Omit<Needs, 'admitsByLabels'> & {
  readonly settingsFile: string | undefined
  readonly controlPlaneUrl: string
  readonly tokenUrl: string
  readonly credentialsDir: string
  readonly tenantQuota: number
  readonly selector: string | undefined
}

export type CheckedCluster = Pick<ClusterReader, 'version' | 'list' | 'find'> & AccessAsker

export type CheckPorts = {
  readonly organization: CheckedOrganization
  /** `host`: the API server's, with its port. Throws a `Failure` for a kubeconfig that cannot be used. */
  readonly openCluster: () => { readonly host: string; readonly objects: CheckedCluster }
}

/** Looks at everything, changes nothing. Throws only the signal's reason, when it aborts. */
export async function takeChecks(settings: Checked, ports: CheckPorts, signal: AbortSignal): Promise<Finding[]> {
  const { settingsFile = 'flags and variables' } = settings
  const [organization, cluster] = await Promise.all([
    organizationFindings(settings, ports.organization, signal),
    clusterFindings(settings, ports.openCluster, signal),
  ])
  return [about('configuration', settingsFile).ok('is understood'), ...organization, ...cluster]
}

/** True when nothing failed. What was skipped has a failure before it. */
export function isAllWell(findings: readonly Finding[]): boolean {
  return findings.every(({ result }) => result === 'ok')
}

async function organizationFindings(
  { credentialsDir, tokenUrl, controlPlaneUrl, tenantQuota }: Checked,
  organization: CheckedOrganization,
  signal: AbortSignal,
): Promise<Finding[]> {
  const [credential, token, tenants] = [
    about('credential', credentialsDir),
    about('token', tokenUrl),
    about('tenants', controlPlaneUrl),
  ]
  let name: string
  try {
    name = organization.name()
  } catch (error) {
    const missing = 'not asked for without a credential'
    return [credential.failed(told(error, signal)), token.skipped(missing), tenants.skipped(missing)]
  }
  const found = credential.ok(`is complete, for ${name}`)
  try {
    const count = await organization.countTenants(signal)
    return [found, token.ok('is given'), tenants.ok(`are listed: ${count}, and tenant-quota is ${tenantQuota}`)]
  } catch (error) {
    const why = told(error, signal)
    return organization.hadToken()
      ? [found, token.ok('is given'), tenants.failed(why)]
      : [found, token.failed(why), tenants.skipped('not asked for without a token')]
  }
}

async function clusterFindings(
  settings: Checked,
  openCluster: CheckPorts['openCluster'],
  signal: AbortSignal,
): Promise<Finding[]> {
  let subject = 'kubeconfig'
  try {
    const { host, objects } = openCluster()
    subject = host
    return [
      about('kubernetes', host).ok(`answers, ${await objects.version(signal)}`),
      ...(await definitionFindings(objects, signal)),
      ...(await permissionFindings(settings, objects, signal)),
    ]
  } catch (error) {
    const silent = 'not asked for, since Kubernetes does not answer'
    return [
      about('kubernetes', subject).failed(`${told(error, signal)}: check kubeconfig and context, and what they name`),
      about('definition', 'all').skipped(silent),
      about('permission', 'all').skipped(silent),
    ]
  }
}

const DEFINITIONS_THERE: Collection = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
}

async function definitionFindings(cluster: CheckedCluster, signal: AbortSignal): Promise<Finding[]> {
  const look = async (expected: ExpectedDefinition): Promise<Finding> => {
    const name = `${expected.plural}.${GROUP}`
    const finding = about('definition', name)
    try {
      const found = await cluster.find(DEFINITIONS_THERE, name, signal)
      const problem = problemOf(found as Definition | undefined, expected)
      return problem === undefined ? finding.ok(`is there and current, ${VERSION}`) : finding.failed(problem)
    } catch (error) {
      if (!isFailure(error, 'KubeForbidden')) throw error
      return finding.failed('may not be looked at: kubectl apply -f deploy/base/definitions-role.yaml')
    }
  }
  return Promise.all(DEFINITIONS.map(look))
}

async function permissionFindings(settings: Checked, cluster: CheckedCluster, signal: AbortSignal): Promise<Finding[]> {
  const admitsByLabels = await isAnyoneAdmittedByLabels(settings, cluster, signal)
  const findings: Finding[] = []
  for (const permission of permissionsFor({ ...settings, admitsByLabels })) {
    const missing = await missingOf(permission, cluster, signal)
    const finding = about('permission', subjectOf(permission))
    findings.push(
      missing.length === 0 ? finding.ok(permission.verbs.join(', ')) : finding.failed(remedyFor(permission, missing)),
    )
  }
  return findings
}

/** The verbs that are refused, for whichever of the objects. */
async function missingOf(
  { verbs, names, group, resource, namespace }: PlacedPermission,
  cluster: AccessAsker,
  signal: AbortSignal,
): Promise<string[]> {
  const objects = names ?? [undefined]
  const answers = await Promise.all(
    verbs.map(async (verb) => {
      const asked = objects.map((name) => cluster.may({ verb, group, resource, namespace, name }, signal))
      return (await Promise.all(asked)).every((may) => may)
    }),
  )
  return verbs.filter((_, index) => !answers[index])
}

/** No, where the resources cannot be read: then that is what is missing first. */
async function isAnyoneAdmittedByLabels(
  { watchNamespaces, selector }: Checked,
  cluster: CheckedCluster,
  signal: AbortSignal,
): Promise<boolean> {
  for (const namespace of watchNamespaces.length > 0 ? watchNamespaces : [undefined]) {
    const collection = { group: GROUP, version: VERSION, plural: TENANT_PLURAL, namespace, labelSelector: selector }
    try {
      const tenants = (await cluster.list(collection, signal)) as readonly unknown[] as readonly RaiTenant[]
      if (tenants.some(({ spec }) => spec.allowedNamespaces?.from === 'Selector')) return true
    } catch (error) {
      if (!isFailure(error, 'KubeForbidden') && !isFailure(error, 'KubeNotFound')) throw error
    }
  }
  return false
}

function about(check: Finding['check'], subject: string) {
  const finding =
    (result: Finding['result']) =>
    (message: string): Finding => ({ check, subject, result, message })
  return { ok: finding('ok'), failed: finding('failed'), skipped: finding('skipped') }
}

function told(error: unknown, signal: AbortSignal): string {
  if (signal.aborted || !(error instanceof Failure)) throw error
  return error.message
}

const RESULT: Readonly<Record<Finding['result'], Cell>> = {
  ok: { text: 'ok', tone: 'good' },
  failed: { text: 'FAILED', tone: 'bad' },
  skipped: { text: 'skipped', tone: 'pending' },
}

/** A line for each, and one that sums up. */
export function checkText(findings: readonly Finding[], isColoured: boolean): string {
  const rows = findings.map(({ check, subject, result, message }) => [RESULT[result], check, subject, message])
  const count = (wanted: Finding['result']) => findings.filter(({ result }) => result === wanted).length
  const skipped = count('skipped') === 0 ? '' : `, ${count('skipped')} skipped`
  return `${table(rows, isColoured)}\n${count('ok')} ok, ${count('failed')} failed${skipped}\n`
}
