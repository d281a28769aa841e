// What exists already, on real parts: tenants and applications taken over with what is in them, and deleted only where that is written.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyMaker } from '../../src/controlplane/keys.ts'
import { bindingRecordName } from '../../src/domain/binding-record.ts'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { VARIANTS } from '../stack/variants.ts'
import { obtainToken } from '../stack/workload.ts'

const test = suite('adoption')
const SCOPES = ['documents.submissions.read', 'documents.submissions.write']
/** What is mended without any event is looked at again every half minute. */
const SLOW_MENDING_MS = 90_000

for (const [variant, planeFlags] of VARIANTS) {
  let stack: Stack
  let tenantId: string
  let logFile: string

  type Kind = 'tenant' | 'application'

  async function told(kind: Kind, name: string, reason: string, withinMs?: number): Promise<string> {
    return eventually(
      `${kind} ${name} says ${reason}`,
      async () => {
        const conditions = (await stack[kind](name))?.status.conditions ?? []
        return conditions.find((condition) => condition.type === 'Synced' && condition.reason === reason)?.message
      },
      withinMs,
    )
  }

  /** All that the control plane holds, to see that it stays so. */
  async function outside(): Promise<string> {
    return JSON.stringify(await stack.controlPlane.state())
  }

  async function put(name: string, values: Readonly<Record<string, string | undefined>>): Promise<void> {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: values }
    await stack.kubectl(['apply', '-f', '-'], JSON.stringify(secret))
  }

  async function patch(resource: string, spec: object): Promise<void> {
    await stack.kubectl(['patch', ...resource.split('/'), '--type=merge', '-p', JSON.stringify({ spec })])
  }

  async function holderOf(secret: string): Promise<string> {
    return stack.kubectl([
      'get',
      'secret',
      secret,
      '-o',
      String.raw`jsonpath={.metadata.annotations.tenants\.resistant\.ai/held-by}`,
    ])
  }

  test.before(async () => {
    stack = await startStack(`adoption-${variant}`, { planeFlags })
    tenantId = await stack.controlPlane.makeTenant('acme')
  })

  test.after(async () => {
    await stack.stop()
  })

  test(`${variant}: a tenant that exists is not taken over where the operator does not let this namespace`, async () => {
    const before = await outside()
    await stack.apply(tenant('acme', { adoptionPolicy: 'IfExists' }))
    assert.match(await told('tenant', 'acme', 'AdoptionNotPermitted'), `${stack.namespace}=acme`)
    await stack.apply(tenant('later', { adoptionPolicy: 'MustExist' }))
    await told('tenant', 'later', 'ExternalNotFound')
    assert.is(await outside(), before)
  })

  test(`${variant}: … and is where it does: Adopted and Ready, on record, nothing changed outside`, async () => {
    const before = await outside()
    await stack.operator.stop()
    const rules = ['acme', 'l*r'].map((name) => `${stack.namespace}=${name}`).join()
    const operator = await stack.startOperator('allowing', { flags: { 'allow-adoption': rules } })
    logFile = operator.logFile
    await told('tenant', 'acme', 'Ready')
    const { status } = (await stack.tenant('acme'))!
    assert.equal([status.tenantId, status.provenance], [tenantId, 'Adopted'])
    assert.equal(await stack.records('tenant'), [bindingRecordName(tenantId)])
    assert.is(await outside(), before)
  })

  test(`${variant}: MustExist takes over what somebody has made since, and makes nothing itself`, async () => {
    const id = await stack.controlPlane.makeTenant('later')
    await patch('raitenant/later', { deletionPolicy: 'Retain' })
    await told('tenant', 'later', 'Ready')
    const { status } = (await stack.tenant('later'))!
    assert.equal([status.tenantId, status.provenance], [id, 'Adopted'])
    assert.is((await stack.controlPlane.counts())['createTenant'], undefined)
  })

  test(`${variant}: a client secret under keys of others: proven, completed, and what else stands there stays`, async () => {
    const made = await stack.controlPlane.makeApplication('acme', { cell: 'eu-1', scopes: SCOPES })
    await put('legacy', { CLIENT: made.clientId, PASSWORD: made.clientSecret, note: 'ours' })
    const keys = { client_id: 'CLIENT', client_secret: 'PASSWORD' }
    await stack.apply(
      application('legacy', 'acme', {
        auth: { type: 'ClientSecret' },
        secret: { keys },
        adopt: { applicationId: made.id },
      }),
    )
    await told('application', 'legacy', 'Ready')
    const { status, metadata } = (await stack.application('legacy'))!
    assert.equal([status.applicationId, status.provenance], [made.id, 'Adopted'])
    const { CLIENT = '', PASSWORD = '', ...rest } = (await stack.secret('legacy'))!
    assert.equal([CLIENT, PASSWORD, rest['note']], [made.clientId, made.clientSecret, 'ours'])
    assert.equal([rest['tenant_id'], rest['application_id']], [tenantId, made.id])
    assert.ok((await obtainToken({ ...rest, client_id: CLIENT, client_secret: PASSWORD })).accessToken)
    assert.is(await holderOf('legacy'), metadata.uid)
  })

  test(`${variant}: spec.adopt may go again, and changes nothing`, async () => {
    const before = await outside()
    await patch('raiapp/legacy', { adopt: null })
    const { status } = await eventually('that is seen', async () => {
      const legacy = await stack.application('legacy')
      return legacy?.status.observedGeneration === legacy?.metadata.generation && legacy
    })
    assert.is(status.provenance, 'Adopted')
    assert.is(await outside(), before)
  })

  test(`${variant}: a key: its Secret may come after the resource, and gets the JWK and all that a workload needs`, async () => {
    const key = await keyMaker().make({ type: 'EC' })
    const made = await stack.controlPlane.makeApplication('acme', { cell: 'eu-1', scopes: SCOPES, key })
    const before = await outside()
    await stack.apply(application('signing', 'acme', { adopt: { applicationId: made.id } }))
    assert.match(await told('application', 'signing', 'SecretMissing'), 'client_id, private_key.pem, kid')
    await put('signing', { client_id: made.clientId, 'private_key.pem': key.privateKeyPem.reveal(), kid: key.kid })
    await told('application', 'signing', 'Ready', SLOW_MENDING_MS)
    assert.is((await stack.application('signing'))!.status.provenance, 'Adopted')
    assert.ok((await obtainToken((await stack.secret('signing'))!)).accessToken)
    assert.is(await outside(), before)
  })

  const refusals: [title: string, reason: string, message: () => string, spec: () => Promise<object>][] = [
    [
      'an application that another resource holds',
      'AlreadyClaimed',
      () => `${stack.namespace}/signing`,
      async () => ({ adopt: { applicationId: (await stack.application('signing'))!.status.applicationId } }),
    ],
    [
      'an application that is not as it is described',
      'InvalidSpec',
      () => 'spec.cell',
      async () => ({
        cell: 'us-1',
        adopt: { applicationId: (await stack.application('signing'))!.status.applicationId },
      }),
    ],
    [
      'an application that the tenant does not have',
      'ExternalNotFound',
      () => 'no-such-application',
      async () => ({ adopt: { applicationId: 'no-such-application' } }),
    ],
  ]

  for (const [index, [title, reason, message, spec]] of refusals.entries()) {
    test(`${variant}: ${title} is not taken over: ${reason}, and nothing is changed or made`, async () => {
      const name = `refused-${index}`
      const { client_id, kid, ...values } = (await stack.secret('signing'))!
      const copy = { client_id, 'private_key.pem': values['private_key.pem'], kid }
      await put(name, copy)
      const before = await outside()
      await stack.apply(application(name, 'acme', await spec()))
      assert.match(await told('application', name, reason), message())
      assert.equal(await stack.secret(name), copy)
      assert.is(await outside(), before)
      await stack.kubectl(['delete', 'raiapp', name, '--timeout=20s'])
      assert.equal(await stack.secret(name), copy)
    })
  }

  test(`${variant}: a credential that is refused is not taken over`, async () => {
    const made = await stack.controlPlane.makeApplication('acme', { cell: 'eu-1', scopes: SCOPES })
    await put('wrong', { client_id: made.clientId, client_secret: 'wrong' })
    const adopt = { applicationId: made.id }
    await stack.apply(application('wrong', 'acme', { auth: { type: 'ClientSecret' }, adopt }))
    assert.match(await told('application', 'wrong', 'CredentialRejected'), 'put one there that works')
    assert.equal(await stack.secret('wrong'), { client_id: made.clientId, client_secret: 'wrong' })
    await stack.kubectl(['delete', 'raiapp', 'wrong', '--timeout=20s'])
  })

  test(`${variant}: deleted with nothing written, what was taken over stays outside, and its Secret works on`, async () => {
    const { applicationId } = (await stack.application('signing'))!.status
    await stack.kubectl(['delete', 'raiapp', 'signing', '--timeout=20s'])
    const { applications } = await stack.controlPlane.state()
    assert.ok(applications.some(({ id }) => id === applicationId))
    assert.is(await holderOf('signing'), '')
    assert.ok((await obtainToken((await stack.secret('signing'))!)).accessToken)
  })

  test(`${variant}: a change of what was taken over replaces it, and leaves it outside`, async () => {
    const { applicationId } = (await stack.application('legacy'))!.status
    await patch('raiapp/legacy', { cell: 'us-1' })
    await eventually('another one is Ready', async () => {
      const { status } = (await stack.application('legacy'))!
      return status.applicationId !== applicationId && status.provenance === 'Created'
    })
    await told('application', 'legacy', 'Ready')
    const { status } = (await stack.application('legacy'))!
    assert.equal(
      status.credentials?.map(({ applicationId }) => applicationId),
      [status.applicationId],
    )
    const { applications } = await stack.controlPlane.state()
    assert.ok(applications.some(({ id }) => id === applicationId))
  })

  test(`${variant}: a tenant that was taken over is deleted with all that is in it only where both are written`, async () => {
    await patch('raitenant/acme', { deletionPolicy: 'Delete' })
    await stack.kubectl(['delete', 'raitenant', 'acme', '--wait=false'])
    assert.match(await told('tenant', 'acme', 'DrainBlocked'), 'spec.drainPolicy')
    const { applications } = await stack.controlPlane.state()
    const foreign = applications.filter(({ tenant_id }) => tenant_id === tenantId).map(({ id }) => id)
    assert.ok(foreign.length >= 3, 'the one replaced, the one retained, the one refused')
    assert.equal((await stack.tenant('acme'))!.status.unmanagedApplications?.ids, foreign.toSorted())
    await patch('raitenant/acme', { drainPolicy: 'All' })
    await eventually('it is gone', async () => (await stack.tenant('acme')) === undefined, SLOW_MENDING_MS)
    const { tenants } = await stack.controlPlane.state()
    assert.not(tenants.some(({ id }) => id === tenantId))
    const log = await readFile(logFile, 'utf8')
    const audited = log.split('\n').filter((line) => line.includes('"reason":"drainPolicy"'))
    for (const id of foreign)
      assert.ok(
        audited.some((line) => line.includes(id)),
        id,
      )
  })

  test(`${variant}: a tenant that was taken over stays outside with Retain`, async () => {
    await stack.kubectl(['delete', 'raitenant', 'later', '--timeout=20s'])
    const { tenants } = await stack.controlPlane.state()
    assert.equal(
      tenants.map(({ name }) => name),
      ['later'],
    )
    assert.equal(await stack.records('tenant'), [bindingRecordName(tenants[0]!.id)])
  })
}

test.run()
