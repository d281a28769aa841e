// `rai-operator check` on real parts: all is well with what is shipped, and each thing that is missing has its line. On a
// cluster of its own, since the definitions come and go.
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { DEFINITIONS } from '../../src/api/generated/definitions.ts'
import type { Finding } from '../../src/cli/check.ts'
import { permissionsFor, remedyFor, subjectOf } from '../../src/cli/permissions.ts'
import type { Needs, PlacedPermission } from '../../src/cli/permissions.ts'
import { CRDS } from '../api/schemas.ts'
import { auditedWrites } from '../cluster/audit.ts'
import { CRDS_DIR, startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { installCrds } from '../cluster/crds.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { ended } from '../stack/command.ts'
import type { Ended } from '../stack/command.ts'
import { startControlPlane } from '../stack/control-plane.ts'
import type { ControlPlane } from '../stack/control-plane.ts'
import { BUNDLE } from '../stack/operator.ts'
import type { Flags } from '../stack/operator.ts'
import { allow, createConfinedUser, installRoles } from '../stack/roles.ts'
import { eventually, tenant } from '../stack/stack.ts'
import { createLackingUser, lostVerb } from './check/lacking.ts'

const test = suite('check')
const DIRECTORY = fileURLToPath(new URL('../../.test-logs/check/', import.meta.url))
const USER = 'system:serviceaccount:rai-system:rai-operator'
const NEEDS: Needs = {
  watchNamespaces: [],
  operatorNamespace: 'rai-system',
  watchSecrets: false,
  leaderElect: true,
  metricsAuth: 'none',
  admitsByLabels: false,
}
/** Beside those of permissions. */
const OTHER_LINES = 7

let cluster: TestCluster
let controlPlane: ControlPlane
let kubeconfig: string

test.before(async () => {
  await rm(DIRECTORY, { recursive: true, force: true })
  await mkdir(DIRECTORY, { recursive: true })
  cluster = await startCluster({ crds: [] })
  const [credentialsDir, logFile] = [join(DIRECTORY, 'credentials'), join(DIRECTORY, 'control-plane.log')]
  controlPlane = await startControlPlane({ credentialsDir, logFile })
  kubeconfig = await installRoles(cluster)
})

test.after(async () => {
  await controlPlane?.stop()
  await cluster?.stop()
})

function check(flags: Flags = {}): Promise<Ended> {
  const all = { ...controlPlane.settings, kubeconfig, 'log-level': 'info', ...flags }
  return ended(process.execPath, [BUNDLE, 'check', ...Object.entries(all).map(([name, value]) => `--${name}=${value}`)])
}

/** What is not ok, as `check subject: message`; that the status goes with it. */
async function complaints(flags: Flags = {}): Promise<string[]> {
  const { code, stdout, stderr } = await check({ ...flags, output: 'json' })
  assert.is(stderr, '')
  const { isAllWell, findings } = JSON.parse(stdout) as { isAllWell: boolean; findings: Finding[] }
  assert.equal([code, isAllWell], findings.every(({ result }) => result === 'ok') ? [0, true] : [1, false])
  return findings
    .filter(({ result }) => result !== 'ok')
    .map(({ check, subject, message }) => `${check} ${subject}: ${message}`)
}

const TENANTS = 'raitenants.tenants.resistant.ai'

test('without the definitions: a line for each with the remedy, and no permission is said to be missing', async () => {
  const { code, stdout } = await check()
  assert.is(code, 1)
  const failed = stdout.split('\n').filter((line) => /^(?:FAILED|skipped)/.test(line))
  assert.equal(
    failed.map((line) => line.split(/ {2,}/)),
    DEFINITIONS.map(({ plural }) => [
      'FAILED',
      'definition',
      `${plural}.tenants.resistant.ai`,
      'is not there: kubectl apply -f crds/ of this version',
    ]),
  )
})

test('without the definitions kubectl rai says the same', async () => {
  const { code, stdout, stderr } = await ended(process.execPath, [BUNDLE, 'rai', 'status'], {
    KUBECONFIG: cluster.kubeconfig,
  })
  assert.equal([code, stdout], [1, ''])
  assert.is(stderr, 'error: the cluster does not know tenants.resistant.ai/v1alpha1: kubectl apply -f crds/\n')
})

/** Installs the definitions, the one of tenants changed. */
async function install(
  change: (properties: Record<string, { properties: Record<string, object> }>) => void,
): Promise<void> {
  const items = structuredClone(CRDS).map((crd) => {
    const { file: _, ...definition } = crd
    return definition
  })
  const schema = items.find(({ metadata }) => metadata.name === TENANTS)!.spec.versions[0]!.schema.openAPIV3Schema
  change(schema.properties as never)
  await kubectl(cluster, ['apply', '--server-side', '--force-conflicts', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  })
  await kubectl(cluster, ['wait', '--for=condition=Established', 'crd', '--all'])
}

test('definitions of an older version: what they lack is named', async () => {
  await install(({ status }) => delete status!.properties['links'])
  assert.equal(await complaints(), [
    `definition ${TENANTS}: is too old, it lacks status.links: kubectl apply -f crds/ of this version`,
  ])
})

test('definitions of a newer version: what is not known is named', async () => {
  await install(({ spec }) => (spec!.properties['region'] = { type: 'string' }))
  assert.equal(await complaints(), [
    `definition ${TENANTS}: is too new, this version does not know spec.region: run the operator that it came with`,
  ])
})

test('all is well with what is shipped: a line for each, in columns, without colours in a pipe', async () => {
  await installCrds(cluster, CRDS_DIR)
  const { code, stdout, stderr } = await check()
  assert.equal([code, stderr], [0, ''], stdout)
  const lines = stdout.trimEnd().split('\n')
  const count = OTHER_LINES + permissionsFor(NEEDS).length
  assert.equal(lines.slice(-2), ['', `${count} ok, 0 failed`])
  const starts = lines.slice(0, -2).map((line) => /^ok {2}\S+ +(?=\S)/.exec(line)?.[0].length)
  assert.equal([starts.length, new Set(starts).size], [count, 1])
  assert.not.match(stdout, '\u001b')
})

test('nothing is written anywhere, and the control plane is asked for a token and a list', async () => {
  const writes = await auditedWrites(cluster.auditLog, ({ user }) => user === USER)
  assert.ok(writes.length > 0)
  assert.equal(
    [...new Set(writes.map(({ verb, resource }) => `${verb} ${resource}`))],
    ['create selfsubjectaccessreviews'],
  )
  const asked = Object.entries(await controlPlane.counts()).flatMap(([operation, count]) =>
    count > 0 ? [operation] : [],
  )
  assert.equal(asked.toSorted(), ['getTenants', 'organizationToken'])
})

test('as YAML it is the same, for programs', async () => {
  const { code, stdout } = await check({ output: 'yaml' })
  const { isAllWell, findings } = parse(stdout) as { isAllWell: boolean; findings: Finding[] }
  assert.equal([code, isAllWell, findings.length], [0, true, OTHER_LINES + permissionsFor(NEEDS).length])
})

const permissionLine = (permission: PlacedPermission, missing = permission.verbs) =>
  `permission ${subjectOf(permission)}: ${remedyFor(permission, missing)}`

test('with Roles in the namespaces that are listed, all is well there, and elsewhere it is not', async () => {
  await kubectl(cluster, ['create', 'namespace', 'team-a'])
  const kubeconfig = await createConfinedUser(cluster, 'confined', 'rai-system', ['team-a'])
  const watchNamespaces = ['team-a', 'team-b']
  const elsewhere = permissionsFor({ ...NEEDS, watchNamespaces }).filter(({ namespace }) => namespace === 'team-b')
  assert.equal(
    await complaints({ kubeconfig, 'watch-namespaces': watchNamespaces.join() }),
    elsewhere.map((one) => permissionLine(one)),
  )
})

test('each permission that is missing has its line, with where it is granted, and no other has', async () => {
  const always = permissionsFor(NEEDS)
  const lacking = { kubeconfig: await createLackingUser(cluster, 'lacking', always) }
  const lines = always.map((one) => permissionLine(one, [lostVerb(one)]))
  assert.ok(lines.length > 5)
  // The server learns of new roles a moment after they are there.
  await eventually('only what is missing is told', async () => {
    const told = (await complaints(lacking)).filter((line) => !line.startsWith('definition'))
    return told.join('\n') === lines.join('\n')
  })
})

test('what is granted by an optional role is asked for where it is needed', async () => {
  const admitting = tenant('acme', { allowedNamespaces: { from: 'Selector', selector: {} } })
  await kubectl(cluster, ['-n', 'team-a', 'apply', '-f', '-'], { input: JSON.stringify(admitting) })
  const flags = { 'watch-secrets': 'true', 'metrics-auth': 'kubernetes', 'metrics-cert-dir': '/tls' }
  const needs: Needs = { ...NEEDS, watchSecrets: true, metricsAuth: 'kubernetes', admitsByLabels: true }
  const optional = permissionsFor(needs).filter(({ file }) => file.startsWith('deploy/components/'))
  assert.is(new Set(optional.map(({ file }) => file)).size, 3)
  assert.equal(
    await complaints(flags),
    optional.map((one) => permissionLine(one)),
  )
  for (const what of ['secrets', 'namespaces', 'metrics-auth'] as const) await allow(cluster, USER, what)
  await eventually('all is well', async () => (await complaints(flags)).length === 0)
})

const unasked = (what: string) => `not asked for without a ${what}`
const urls = () => controlPlane.settings as { 'control-plane-url': string; 'token-url': string }

/** A copy of the credential with one file changed. */
async function credentialsWith(file: string, text: string): Promise<string> {
  const directory = join(DIRECTORY, `credentials-${file}`)
  await cp(String(controlPlane.settings['credentials-dir']), directory, { recursive: true })
  await writeFile(join(directory, file), text)
  return directory
}

const AWAY = 'http://127.0.0.1:9'

const outside: [title: string, flags: () => Promise<Flags>, lines: () => string[]][] = [
  [
    'a credential that is missing',
    async () => ({ 'credentials-dir': '/nowhere' }),
    () => [
      'credential /nowhere: /nowhere/client_id is missing: put the client id of the organization-level application there',
      `token ${urls()['token-url']}: ${unasked('credential')}`,
      `tenants ${urls()['control-plane-url']}: ${unasked('credential')}`,
    ],
  ],
  [
    'a credential that is refused',
    async () => ({ 'credentials-dir': await credentialsWith('client_id', 'nobody') }),
    () => [
      `token ${urls()['token-url']}: the token endpoint ${new URL(urls()['token-url']).host} refuses the organization's credential (401 invalid_client): check the files in credentials-dir, and that they belong to this control plane`,
      `tenants ${urls()['control-plane-url']}: ${unasked('token')}`,
    ],
  ],
  [
    'a token endpoint that is away',
    async () => ({ 'token-url': `${AWAY}/token` }),
    () => [
      `token ${AWAY}/token: the token endpoint 127.0.0.1:9 gives no token (ECONNREFUSED): check token-url, the network and the proxy`,
      `tenants ${urls()['control-plane-url']}: ${unasked('token')}`,
    ],
  ],
  [
    'a control plane that is away',
    async () => ({ 'control-plane-url': `${AWAY}/v0` }),
    () => [
      `tenants ${AWAY}/v0: the control plane does not answer getTenants (ECONNREFUSED): check control-plane-url, the network and the proxy`,
    ],
  ],
  [
    'a kubeconfig that is missing',
    async () => ({ kubeconfig: '/nowhere' }),
    () => [
      "kubernetes kubeconfig: /nowhere cannot be read: ENOENT: no such file or directory, open '/nowhere': check kubeconfig and context, and what they name",
      'definition all: not asked for, since Kubernetes does not answer',
      'permission all: not asked for, since Kubernetes does not answer',
    ],
  ],
]

for (const [title, flags, lines] of outside) {
  test(`${title}: its line says where and what to do, and all else is looked at`, async () => {
    assert.equal(await complaints(await flags()), lines())
  })
}

test('a missing credential does not hide missing permissions', async () => {
  const { kubeconfig } = await cluster.createUser('nobody')
  const told = await complaints({ kubeconfig, 'credentials-dir': '/nowhere' })
  assert.match(told[0]!, 'credential /nowhere: ')
  assert.is(told.filter((line) => line.startsWith('permission')).length, permissionsFor(NEEDS).length)
})

test('wrong settings: status 2 and one line, before anything is asked', async () => {
  const { code, stdout, stderr } = await check({ workers: 'many' })
  assert.equal([code, stdout], [2, ''])
  assert.match(stderr, /^rai-operator: --workers got "many", .*\n$/)
})

test.run()
