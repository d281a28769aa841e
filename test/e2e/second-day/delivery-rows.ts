// Rows of what a first apply brings: every field of both statuses, and the Secret as it was described.
import * as assert from 'uvu/assert'
import { API_VERSION, APPLICATION_KIND } from '../../../src/api/names.ts'
import { application, tenant } from '../../stack/stack.ts'
import { until, valuesIn, works } from './side.ts'
import type { Row } from './side.ts'

const PREFIX = 'tenants.resistant.ai'
const COMMON = ['application_id', 'auth_server', 'cell', 'documents_api_url', 'scope', 'tenant_id', 'token_url']

function labelled(resource: object): object {
  const { metadata, ...rest } = resource as { metadata: object }
  return { ...rest, metadata: { ...metadata, labels: { gitops: 'mine' } } }
}

export const DELIVERY_ROWS: readonly Row[] = [
  {
    rule: 'a tenant has the name and the cells that were asked for, and its status tells what the organization knows',
    name: 'described',
    async holds(lab, { variant }) {
      await lab.readyTenant({ name: 'bydescription', cells: ['eu-1', 'us-1'] })
      await lab.readyApplication()
      const counted = await lab.until(
        'tenant',
        'counts its application',
        ({ status }) => 'applications' in status && status.applications === 1,
      )
      const made = (await lab.stack.controlPlane.state()).tenants.find(({ name }) => name === 'bydescription')!
      assert.equal(made.cells, ['eu-1', 'us-1'])
      const { conditions: _, seal, organization, createdAt, ...status } = counted.status as Record<string, unknown>
      const links = made.cells.map((cell) => ({ cell, host: `bydescription.${cell}.documents.test` }))
      assert.equal(status, {
        observedGeneration: 1,
        tenantId: made.id,
        links: variant === 'links-everywhere' ? links : [],
        provenance: 'Created',
        applications: 1,
      })
      assert.ok(organization && seal)
      assert.is(Date.parse(String(createdAt)), Date.parse(made.created))
    },
  },
  {
    rule: 'a Secret has the name, type, labels, annotations and keys that were asked for, and is owned',
    name: 'tailored',
    async holds(lab) {
      const keys = { client_id: 'ID', scope: 'SCOPES' }
      const dress = { type: 'example.com/credentials', labels: { team: 'a' }, annotations: { note: 'b' }, keys }
      const secret = { name: 'tailored-credentials', ...dress }
      const { metadata, status } = await lab.readyApplication({ secret, rotation: { every: '720h' } })
      const found = await lab.secret(secret.name)
      assert.equal([found.type, found.metadata.labels], [dress.type, dress.labels])
      const { note, [`${PREFIX}/attempt`]: attempt, ...annotations } = found.metadata.annotations!
      assert.is(note, 'b')
      assert.ok(attempt)
      assert.is(annotations[`${PREFIX}/claim`], `${lab.namespace}/${lab.name}`)
      assert.is(annotations[`${PREFIX}/application-id`], status.applicationId)
      const { name, uid } = metadata
      const owner = { apiVersion: API_VERSION, kind: APPLICATION_KIND, name, uid, controller: true }
      assert.equal(found.metadata.ownerReferences, [owner])

      const { ID, SCOPES, ...values } = await valuesIn(lab, secret.name)
      const proof = ['private_key.pem', 'private_key.jwk', 'kid']
      const others = COMMON.filter((field) => field !== 'scope')
      assert.equal(Object.keys(values).toSorted(), [...proof, ...others].toSorted())
      assert.ok(await works({ ...values, client_id: ID!, scope: SCOPES! }))
    },
  },
  {
    rule: 'an application’s status tells its ids, its Secret, its one credential and when it rotates; no secret value',
    name: 'told',
    async holds(lab) {
      const { status } = await lab.readyApplication({ auth: { type: 'ClientSecret' }, rotation: { every: '720h' } })
      const { metadata } = await lab.secret()
      const { client_secret, ...values } = await valuesIn(lab)
      assert.equal(Object.keys(values).toSorted(), ['client_id', ...COMMON].toSorted())
      const { conditions: _, seal, organization, credentials, nextRotationAt, secret, ...rest } = status
      assert.equal(rest, {
        observedGeneration: 1,
        tenantId: values['tenant_id'],
        applicationId: values['application_id'],
        clientId: values['client_id'],
        tokenUrl: values['token_url'],
        provenance: 'Created',
      })
      assert.ok(seal)
      assert.equal([secret?.name, secret?.uid], [lab.name, metadata.uid])
      assert.is(organization, (await lab.get('tenant')).status.organization)
      const [{ issuedAt, ...credential }] = credentials as [NonNullable<typeof credentials>[number]]
      assert.equal(credential, { applicationId: rest.applicationId, clientId: rest.clientId, state: 'Active' })
      const restsH = (Date.parse(nextRotationAt!) - Date.parse(issuedAt)) / 3_600_000
      assert.ok(restsH > 0 && restsH <= 720, nextRotationAt)
      assert.not.match(JSON.stringify(status), client_secret!)
    },
  },
  {
    rule: 'what was applied is not written to: kubectl diff finds nothing, and labels of a resource are not copied',
    name: 'untouched',
    async holds(lab) {
      const items = [labelled(tenant(lab.name)), labelled(application(lab.name, lab.name))]
      await lab.stack.apply(...items)
      await lab.readyAgain()
      await lab.stack.kubectl(['diff', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
      for (const kind of ['tenant', 'application'] as const) assert.is((await lab.get(kind)).metadata.generation, 1)
      assert.is((await lab.secret()).metadata.labels, undefined)
    },
  },
  {
    rule: 'requests that stand there when an application is first bound count as handled',
    name: 'preset',
    async holds(lab) {
      await lab.readyTenant()
      const annotations = { [`${PREFIX}/rotate`]: 'once', [`${PREFIX}/reconcile`]: 'once' }
      await lab.application({}, { annotations })
      const { status } = await until(lab, 'has handled them', (status) => status.lastHandledReconcile === 'once')
      assert.is(status.lastHandledRotate, 'once')
      assert.is(status.credentials?.length, 1)
    },
  },
]
