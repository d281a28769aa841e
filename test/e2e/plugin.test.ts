// `kubectl rai` on real parts: found by the real kubectl, with the rights of whoever calls it.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import type { Overview } from '../../src/cli/overview.ts'
import type { Report } from '../../src/cli/report.ts'
import { CANARY, leaksIn } from '../leaks/search.ts'
import { ended } from '../stack/command.ts'
import type { Ended } from '../stack/command.ts'
import { BUNDLE } from '../stack/operator.ts'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'

const test = suite('plugin')
const RBAC = 'rbac.authorization.k8s.io'

let stack: Stack
/** The folder with the link by which kubectl finds its plugin. */
let plugins: string
/** Of somebody who may read the two kinds in the stack's namespace, and nothing else. */
let viewer: string
let nobody: string

test.before(async () => {
  stack = await startStack('plugin')
  plugins = join(stack.directory, 'bin')
  await mkdir(plugins)
  await symlink(BUNDLE, join(plugins, 'kubectl-rai'))
  await makeUsers()
  // A Secret that is somebody else's, with all that kubectl notes of what is applied.
  await stack.kubectl(['apply', '-f', '-'], JSON.stringify(secretOf('taken', `${CANARY}of-a-stranger`)))
  await stack.apply(
    tenant('acme'),
    application('web', 'acme', { rotation: { every: '720h' } }),
    application('batch', 'acme', { auth: { type: 'ClientSecret' } }),
    application('taken', 'acme'),
    application('early', 'later'),
  )
  await told(stack, 'application', 'web', 'Ready')
  await told(stack, 'application', 'batch', 'Ready')
  await told(stack, 'application', 'taken', 'SecretConflict')
  await told(stack, 'application', 'early', 'TenantNotFound')
  await eventually('the tenant counts them', async () => (await stack.tenant('acme'))?.status.applications === 2)
})

test.after(async () => {
  await stack?.stop()
})

function secretOf(name: string, value: string): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { password: value } }
}

async function makeUsers(): Promise<void> {
  const user = `viewer-${stack.namespace}`
  const metadata = { name: user }
  const role = {
    apiVersion: `${RBAC}/v1`,
    kind: 'Role',
    metadata,
    rules: [
      {
        apiGroups: ['tenants.resistant.ai'],
        resources: ['raitenants', 'raitenantapplications'],
        verbs: ['get', 'list'],
      },
    ],
  }
  const binding = {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: RBAC, kind: 'Role', name: user },
    subjects: [{ apiGroup: RBAC, kind: 'User', name: user }],
  }
  await stack.apply(role, binding)
  viewer = (await stack.cluster.createUser(user)).kubeconfig
  nobody = (await stack.cluster.createUser(`nobody-${stack.namespace}`)).kubeconfig
}

/** As a person types it: the real kubectl, which looks for its plugins in PATH. */
function rai(args: readonly string[], kubeconfig = stack.cluster.kubeconfig): Promise<Ended> {
  const PATH = [plugins, dirname(process.execPath), process.env['PATH']].join(delimiter)
  return ended(stack.cluster.kubectl, ['rai', ...args], { PATH, KUBECONFIG: kubeconfig })
}

/** In the stack's namespace, where it has to end well. */
async function inNamespace(args: readonly string[], kubeconfig?: string): Promise<string> {
  const { code, stdout, stderr } = await rai([...args, '-n', stack.namespace], kubeconfig)
  assert.equal([code, stderr], [0, ''])
  return stdout
}

/** A line that fits this pattern, in which a space stands for any number of them. */
const line = (pattern: string) => new RegExp(`^${pattern.replaceAll(/ +/g, ' +')}$`, 'm')

test('status shows a viewer the tree: tenants, applications, Secrets, credentials, and what is the matter', async () => {
  const text = await inNamespace(['status'], viewer)
  const [acme, web] = [await stack.tenant('acme'), await stack.application('web')]
  const { applicationId, clientId } = web!.status
  assert.match(text, line('NAME READY REASON AGE DETAIL'))
  assert.match(text, line(`raitenant/acme True Ready \\w+ id ${acme!.status.tenantId}, cells eu-1`))
  assert.match(text, line('├─ raiapp/batch True Ready \\w+ eu-1, ClientSecret'))
  assert.match(text, line('├─ raiapp/taken False SecretConflict \\w+ eu-1, EC'))
  assert.match(text, /^│ {5}\S.*Secret.*taken.*$/m)
  assert.match(text, line('└─ raiapp/web True Ready \\w+ eu-1, EC'))
  assert.match(text, line('   ├─ secret/web'))
  assert.match(text, line(`   └─ credential/${applicationId} Active \\w+ client id ${clientId}, replaced in \\w+`))
  assert.match(text, line('raitenant/later - - there is no such RaiTenant'))
  assert.match(text, line('└─ raiapp/early (?:Unknown|False) TenantNotFound \\w+ eu-1, EC'))
  assert.not.match(text, '\u001b')
})

test('status is the same as JSON and as YAML', async () => {
  const [json, yaml] = [await inNamespace(['status', '-o', 'json']), await inNamespace(['status', '-o', 'yaml'])]
  const overview = JSON.parse(json) as Overview
  assert.equal(parse(yaml), overview)
  assert.equal(
    overview.tenants.map(({ name, ready, applications }) => [name, ready, applications.map((one) => one.name)]),
    [['acme', 'True', ['batch', 'taken', 'web']]],
  )
})

test('status -A has a column for namespaces', async () => {
  const { code, stdout } = await rai(['status', '-A'])
  assert.is(code, 0)
  assert.match(stdout, /^NAMESPACE +NAME /)
  assert.match(stdout, line(`${stack.namespace} raitenant/acme True Ready .*`))
})

test('the kubeconfig and the context may be named, and the context knows the namespace', async () => {
  const kubeconfig = join(stack.directory, 'other.yaml')
  const config = parse(await readFile(viewer, 'utf8')) as {
    contexts: { name: string; context: object }[]
    'current-context': string
  }
  const { context } = config.contexts[0]!
  config.contexts.push({ name: 'here', context: { ...context, namespace: stack.namespace } })
  await writeFile(kubeconfig, JSON.stringify(config))
  const { code, stdout } = await rai(['status', '--kubeconfig', kubeconfig, '--context=here'], '/nowhere')
  assert.is(code, 0)
  assert.match(stdout, 'raitenant/acme')
})

test('rotate really rotates: another credential comes into the Secret, and the one before retires', async () => {
  const before = (await stack.application('web'))!.status.applicationId!
  assert.is(
    await inNamespace(['rotate', 'web']),
    'raitenantapplication.tenants.resistant.ai/web is to get a new credential\n',
  )
  await eventually('another credential', async () => {
    const status = (await stack.application('web'))?.status
    return status?.applicationId !== before && status?.credentials?.length === 2
  })
  await told(stack, 'application', 'web', 'Ready')
  assert.match(
    await inNamespace(['status']),
    line(`   └─ credential/${before} Retiring \\w+ client id \\S+, deleted in \\w+`),
  )
})

test('pause stops the operator, deletion included, until resume', async () => {
  assert.match(await inNamespace(['pause', 'raiapp/batch']), /is paused, deletion included\n$/)
  await told(stack, 'application', 'batch', 'Paused')
  assert.match(await inNamespace(['pause', 'batch']), /is paused already\n$/)
  assert.match(await inNamespace(['status']), line('├─ raiapp/batch True Paused .*'))
  assert.match(await inNamespace(['resume', 'batch']), /goes on\n$/)
  await told(stack, 'application', 'batch', 'Ready')
  assert.match(await inNamespace(['resume', 'batch']), /is not paused\n$/)
})

test('reconcile has a resource looked at', async () => {
  assert.match(await inNamespace(['reconcile', 'raitenant/acme']), /is to be looked at\n$/)
  const asked = await eventually('it is looked at', async () => {
    const { metadata, status } = (await stack.tenant('acme'))!
    const value = metadata.annotations?.[REQUEST_ANNOTATIONS.reconcile]
    return value !== undefined && status.lastHandledReconcile === value && value
  })
  assert.match(asked, /^\d{4}-/)
})

/** As it is read again. */
type WrittenReport = Omit<Report, 'secrets' | 'operator'> & {
  readonly secrets: readonly { readonly name: string; readonly keys: readonly string[] }[]
  readonly operator: { readonly records: readonly { readonly record: string }[]; readonly leases: readonly object[] }
}

test('report writes down all there is to know, and no secret', async () => {
  const file = join(stack.directory, 'report.yaml')
  const args = ['report', file, '-n', stack.namespace, '--operator-namespace', stack.operatorNamespace]
  assert.equal(await rai(args), { code: 0, stdout: `${file}\n`, stderr: '' })
  const text = await readFile(file, 'utf8')
  const known = (await Promise.all(['web', 'batch', 'taken'].map((name) => stack.secret(name)))).flatMap((secret) =>
    Object.entries(secret!).flatMap(([key, value]) =>
      ['client_secret', 'private_key.pem', 'private_key.jwk', 'password'].includes(key) ? [{ kind: key, value }] : [],
    ),
  )
  assert.is(known.length, 4)
  assert.equal(leaksIn([{ where: 'the report', text }], known), [])

  const report = parse(text) as WrittenReport
  assert.equal([report.unreadable, report.tenants.length, report.applications.length], [[], 1, 4])
  assert.ok(report.events.length > 3)
  const keysOf = (name: string) => report.secrets.find((secret) => secret.name === name)?.keys ?? []
  assert.equal(keysOf('taken'), ['password'])
  assert.ok(keysOf('batch').includes('client_secret'))
  assert.ok(report.operator.records.some(({ record }) => record === 'tenant'))
  assert.is(report.operator.leases.length, 1)
  assert.equal(
    report.definitions.map((definition) => 'problem' in definition),
    [false, false],
  )

  const again = await rai(args)
  assert.equal([again.code, again.stdout], [1, ''])
  assert.match(again.stderr, /^error: .*report\.yaml cannot be written \(EEXIST\): name another file\n$/)
})

test('report of a viewer has what they may read, and names the rest', async () => {
  const { code, stdout, stderr } = await rai(['report', '-', '-n', stack.namespace], viewer)
  assert.is(code, 0)
  const { applications, secrets, unreadable } = parse(stdout) as Report
  assert.equal([applications.length, secrets], [4, []])
  assert.equal(
    unreadable.map((line) => line.split(':')[0]),
    [
      'Events',
      'Secrets of applications',
      'CustomResourceDefinitions',
      'Deployments of the operator',
      'Pods of the operator',
      'Leases of the operator',
      'records of the operator',
    ],
  )
  assert.is(stderr.split('\n').length, unreadable.length + 1)
})

type Refused = [title: string, args: string[], user: () => string, code: number, line: RegExp]

const refusals: Refused[] = [
  ['what may not be read', ['status'], () => nobody, 1, /403 Forbidden: .*cannot list.*: have that right granted/],
  [
    'what may not be changed',
    ['rotate', 'web'],
    () => viewer,
    1,
    /403 Forbidden: .*cannot patch.*: have that right granted/,
  ],
  [
    'a tenant that is not there',
    ['status', 'none'],
    () => viewer,
    1,
    /^error: no RaiTenant is called none in namespace/,
  ],
  [
    'a kubeconfig that is not there',
    ['status', '--kubeconfig=/nowhere'],
    () => viewer,
    1,
    /\/nowhere cannot be read: .*: see KUBECONFIG/,
  ],
  ['a command that is none', ['explode'], () => viewer, 2, /none of its commands: see kubectl rai --help$/],
]

for (const [title, args, user, code, line] of refusals) {
  test(`${title}: status ${code} and one line that says what to do`, async () => {
    const refused = await rai([...args, '-n', stack.namespace], user())
    assert.equal([refused.code, refused.stdout], [code, ''], refused.stderr)
    // kubectl passes on the status, and adds nothing of its own.
    assert.match(refused.stderr.trimEnd(), line)
    assert.is(refused.stderr.trimEnd().split('\n').length, 1)
  })
}

test('an empty namespace is no failure', async () => {
  assert.equal(await rai(['status', '-n', stack.operatorNamespace]), {
    code: 0,
    stdout: '',
    stderr: `No tenants and no applications found in namespace ${stack.operatorNamespace}.\n`,
  })
})

test('rai-operator rai is the same command', async () => {
  const args = ['status', '-n', stack.namespace, '-o', 'json']
  const direct = await ended(process.execPath, [BUNDLE, 'rai', ...args], { KUBECONFIG: viewer })
  assert.is(direct.stdout, (await rai(args, viewer)).stdout)
  assert.match((await rai(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

test.run()
