// `rai-operator export` on real parts: what it prints is applied as it is and taken over, and it changes nothing itself.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { keyMaker } from '../../src/controlplane/keys.ts'
import { auditedWrites } from '../cluster/audit.ts'
import { ended } from '../stack/command.ts'
import type { Ended } from '../stack/command.ts'
import type { Handmade } from '../stack/control-plane.ts'
import { BUNDLE } from '../stack/operator.ts'
import type { Flags } from '../stack/operator.ts'
import { application, eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'
import { obtainToken } from '../stack/workload.ts'

const test = suite('export')
const SCOPES = ['documents.submissions.read', 'documents.submissions.write']
const RBAC = 'rbac.authorization.k8s.io'

/** Where the contract says nothing the service may do either. */
const VARIANTS: readonly [name: string, planeFlags: Flags][] = [
  ['links-everywhere', {}],
  [
    'links-single',
    {
      'application-links': 'single',
      'token-url-link': 'href',
      'auth-server': 'id',
      'tenant-links': 'false',
      order: 'newest-first',
      'next-href': 'absolute',
      'extra-fields': 'true',
    },
  ],
]

for (const [variant, planeFlags] of VARIANTS) {
  let stack: Stack
  /** Of a user who may list what export reads, and nothing else. */
  let kubeconfig: string
  let reader: string
  const made = new Map<string, { readonly application: Handmade; readonly secret: object }>()
  let ownId: string | undefined

  async function exported(flags: Flags = {}): Promise<Ended> {
    const all = { ...stack.settings, 'log-level': 'info', kubeconfig, namespace: stack.namespace, ...flags }
    const args = Object.entries(all).map(([name, value]) => `--${name}=${value}`)
    return ended(process.execPath, [BUNDLE, 'export', ...args])
  }

  async function makeReader(): Promise<void> {
    reader = `reader-${stack.namespace}`
    const role = (namespace: string, apiGroup: string, resources: readonly string[]) => ({
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata: { namespace, name: reader },
      rules: [{ apiGroups: [apiGroup], resources, verbs: ['list'] }],
    })
    const binding = (namespace: string) => ({
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace, name: reader },
      roleRef: { apiGroup: RBAC, kind: 'Role', name: reader },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: reader }],
    })
    const kinds = ['raitenants', 'raitenantapplications']
    const own = [role(stack.namespace, 'tenants.resistant.ai', kinds), binding(stack.namespace)]
    const records = [role(stack.operatorNamespace, '', ['secrets']), binding(stack.operatorNamespace)]
    await stack.kubectl(['apply', '-f', '-'], listOf(own))
    await stack.kubectlOfOperator(['apply', '-f', '-'], listOf(records))
    kubeconfig = (await stack.cluster.createUser(reader)).kubeconfig
  }

  /** A person makes applications, and keeps their credentials. */
  async function makeByHand(): Promise<void> {
    for (const name of ['acme', 'no']) await stack.controlPlane.makeTenant(name)
    for (const [where, cell] of [
      ['acme', 'us-1'],
      ['managed', 'eu-1'],
    ] as const) {
      const one = await stack.controlPlane.makeApplication(where, { cell, scopes: [SCOPES[1]!] })
      made.set(one.id, { application: one, secret: { client_id: one.clientId, client_secret: one.clientSecret } })
    }
    const key = await keyMaker().make({ type: 'EC' })
    const one = await stack.controlPlane.makeApplication('acme', { cell: 'eu-1', scopes: SCOPES, key })
    const secret = { client_id: one.clientId, 'private_key.pem': key.privateKeyPem.reveal(), kid: key.kid }
    made.set(one.id, { application: one, secret })
  }

  /** Calls that reached the control plane beside tokens, by operation. */
  async function calls(): Promise<Readonly<Record<string, number>>> {
    const { organizationToken: _, applicationToken: __, ...counts } = await stack.controlPlane.counts()
    return counts
  }

  test.before(async () => {
    stack = await startStack(`export-${variant}`, { planeFlags })
    await makeReader()
    await stack.apply(tenant('managed'), application('web', 'managed'))
    await told(stack, 'application', 'web', 'Ready')
    ownId = (await stack.application('web'))!.status.applicationId
    await makeByHand()
    await stack.operator.stop()
  })

  test.after(async () => {
    await stack.stop()
  })

  const documentsIn = (text: string) =>
    parseAllDocuments(text).map((document) => document.toJS() as RaiTenant | RaiTenantApplication)

  test(`${variant}: it prints what no resource stands for, sorted, and only reads, with the right to list and no more`, async () => {
    const [outside, before] = [JSON.stringify(await stack.controlPlane.state()), await calls()]
    const { code, stdout, stderr } = await exported({ 'page-limit': 1 })
    assert.is(code, 0, stderr)
    const documents = documentsIn(stdout)
    const names = documents.map(({ kind, metadata, spec }) => [
      kind,
      'tenantRef' in spec ? spec.tenantRef.name : metadata.name,
    ])
    assert.equal(names, [
      ['RaiTenant', 'acme'],
      ['RaiTenantApplication', 'acme'],
      ['RaiTenantApplication', 'acme'],
      ['RaiTenantApplication', 'managed'],
      ['RaiTenant', 'no'],
    ])
    const adopted = documents.flatMap(({ spec }) => ('adopt' in spec ? (spec.adopt?.applicationId ?? []) : []))
    assert.equal(adopted.toSorted(), [...made.keys()].toSorted())
    assert.is((await exported()).stdout, stdout, 'the same again')

    const after = await calls()
    const asked = Object.keys(after).filter((op) => after[op] !== before[op])
    assert.equal(asked.toSorted(), ['getTenantApplications', 'getTenants'])
    assert.is(JSON.stringify(await stack.controlPlane.state()), outside)
    assert.equal(await auditedWrites(stack.cluster.auditLog, ({ user }) => user === reader), [])
  })

  test(`${variant}: the API server takes every manifest as it is printed`, async () => {
    const { stdout } = await exported()
    await stack.kubectl(['apply', '--dry-run=server', '-f', '-'], stdout)
    assert.is(await stack.tenant('acme'), undefined)
  })

  test(`${variant}: as JSON it is the same in one List, and what to do before is told beside it`, async () => {
    const [yaml, json] = [await exported(), await exported({ output: 'json' })]
    const { kind, items } = JSON.parse(json.stdout) as { kind: string; items: object[] }
    assert.equal([json.code, kind, items], [0, 'List', documentsIn(yaml.stdout)])
    assert.match(json.stderr, new RegExp(`^# RaiTenant ${stack.namespace}/acme: Before: .*allow-adoption`, 'm'))
    await stack.kubectl(['apply', '--dry-run=server', '-f', '-'], json.stdout)
  })

  test(`${variant}: what has been applied and waits for its operator is not printed again, and is told`, async () => {
    const { stdout } = await exported()
    const stream = documentsIn(stdout)
    for (const { metadata, spec } of stream) {
      if (!('adopt' in spec) || !spec.adopt) continue
      const { secret: stringData } = made.get(spec.adopt.applicationId)!
      if ('kid' in stringData) Object.assign(spec, { auth: { type: 'EC' } })
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: metadata.name }, stringData }
      await stack.kubectl(['apply', '-f', '-'], JSON.stringify(secret))
    }
    // What a person changes in the text: of the application that has a key.
    const edited = stdout
      .split('---\n')
      .map((text, index) => {
        const { spec } = stream[index]!
        return 'auth' in spec ? text.replace('type: ClientSecret', `type: ${spec.auth.type}`) : text
      })
      .join('---\n')
    await stack.kubectl(['apply', '-f', '-'], edited)

    const again = await exported()
    assert.equal([again.code, again.stdout], [0, ''])
    assert.match(
      again.stderr,
      new RegExp(`^# left out: tenant acme .*RaiTenant ${stack.namespace}/acme asks for it`, 'm'),
    )
    for (const id of made.keys()) assert.match(again.stderr, new RegExp(`^# left out: .* ${id} is asked for by`, 'm'))
  })

  test(`${variant}: the operator takes all of it over, credentials and all`, async () => {
    const rules = ['acme', 'no'].map((name) => `${stack.namespace}=${name}`).join()
    await stack.startOperator('allowing', { flags: { 'allow-adoption': rules } })
    await eventually('all are Ready', async () => {
      const { items } = JSON.parse(await stack.kubectl(['get', 'rai', '-o', 'json'])) as {
        items: (RaiTenant | RaiTenantApplication)[]
      }
      return items.length === 7 && items.every(isReady)
    })
    for (const name of ['acme', 'no']) assert.is((await stack.tenant(name))!.status.provenance, 'Adopted')
    const { items } = JSON.parse(await stack.kubectl(['get', 'raiapp', '-o', 'json'])) as {
      items: RaiTenantApplication[]
    }
    const adopted = items.filter(({ metadata }) => metadata.name !== 'web')
    const ids = adopted.flatMap(({ status }) => status.applicationId ?? [])
    assert.equal(ids.toSorted(), [...made.keys()].toSorted())
    for (const { metadata, status } of adopted) {
      assert.is(status.provenance, 'Adopted')
      assert.ok((await obtainToken((await stack.secret(metadata.name))!)).accessToken)
    }
    assert.is((await stack.application('web'))!.status.applicationId, ownId)
  })

  test(`${variant}: then there is nothing to print`, async () => {
    const { code, stdout, stderr } = await exported()
    assert.equal([code, stdout], [0, ''])
    assert.match(stderr, /^# nothing in organization .* is to be taken over$/m)
    for (const line of stderr.trimEnd().split('\n')) assert.match(line, /^# /)
  })

  const faults: [title: string, flags: () => Promise<Flags>, code: number, line: RegExp][] = [
    ['without a credential', async () => ({ 'credentials-dir': '/nowhere' }), 1, /credentials-dir|\/nowhere/],
    [
      'without a control plane',
      async () => ({ 'control-plane-url': 'http://127.0.0.1:9/v0', organization: 'test' }),
      1,
      /control plane/,
    ],
    [
      'without the right to list',
      async () => ({ kubeconfig: (await stack.cluster.createUser(`nobody-${stack.namespace}`)).kubeconfig }),
      1,
      /403 Forbidden/,
    ],
    ['without a kubeconfig', async () => ({ kubeconfig: '/nowhere' }), 1, /\/nowhere cannot be read/],
    ['for a namespace that is not watched', async () => ({ namespace: 'elsewhere' }), 2, /namespace got "elsewhere"/],
  ]

  // The service has no say in these.
  for (const [title, flags, code, line] of variant === VARIANTS[0]![0] ? faults : []) {
    test(`${variant}: ${title}: exit ${code}, one line, nothing printed`, async () => {
      const faulty = await exported(await flags())
      assert.equal([faulty.code, faulty.stdout], [code, ''], faulty.stderr)
      assert.match(faulty.stderr, line)
      assert.match(faulty.stderr, /^rai-operator: .*\n$/)
    })
  }
}

function listOf(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

test.run()
