// What the API server accepts and refuses of a RaiTenantApplication, its Secret aside.
import type { Row } from './row.ts'
import { condition, each, STATUS_ROWS } from './row.ts'

/** The least that a spec must say. */
export const LEAST_APPLICATION = {
  tenantRef: { name: 'acme' },
  cell: 'eu-1',
  scopes: ['documents.submissions.read'],
  auth: { type: 'EC' },
}

const creates: readonly Row[] = [
  { rule: 'tenant, cell, scopes and auth are all that an application needs' },
  ...each(['tenantRef', 'cell', 'scopes', 'auth'], (field) => ({
    rule: `${field} is required`,
    spec: { [field]: undefined },
    refused: { [`spec.${field}`]: 'Required' },
  })),

  { rule: 'a tenant of another namespace may be named', spec: { tenantRef: { name: 'a.b', namespace: 'team-a' } } },
  { rule: 'a tenantRef needs a name', spec: { tenantRef: {} }, refused: { 'spec.tenantRef.name': 'Required' } },
  {
    rule: 'a name that no object can have is refused in tenantRef',
    spec: { tenantRef: { name: 'Acme' } },
    refused: { 'spec.tenantRef.name': 'should match' },
  },
  {
    rule: 'a name that no namespace can have is refused in tenantRef',
    spec: { tenantRef: { name: 'acme', namespace: 'team.a' } },
    refused: { 'spec.tenantRef.namespace': 'should match' },
  },

  { rule: 'a cell that nobody has heard of may come', spec: { cell: 'zz-99' } },
  {
    rule: 'a malformed cell is refused',
    spec: { cell: 'eur-1' },
    refused: { 'spec.cell': '^[a-z]{2}-[0-9]{1,2}$' },
  },

  {
    rule: 'both scopes may be asked for',
    spec: { scopes: ['documents.submissions.write', 'documents.submissions.read'] },
  },
  { rule: 'no scope at all is refused', spec: { scopes: [] }, refused: { 'spec.scopes': 'at least 1 items' } },
  {
    rule: 'a scope named twice is refused',
    spec: { scopes: ['documents.submissions.read', 'documents.submissions.read'] },
    refused: { 'spec.scopes[1]': 'Duplicate' },
  },
  {
    rule: 'a scope of another API is refused',
    spec: { scopes: ['tenants.read'] },
    refused: { 'spec.scopes[0]': 'documents.submissions.read' },
  },

  ...each(['EC', 'RSA', 'ClientSecret'], (type) => ({ rule: `auth by ${type} is accepted`, spec: { auth: { type } } })),
  { rule: 'auth has no default type', spec: { auth: {} }, refused: { 'spec.auth.type': 'Required' } },
  {
    rule: 'any other way of auth is refused',
    spec: { auth: { type: 'ES256' } },
    refused: { 'spec.auth.type': '"EC", "RSA", "ClientSecret"' },
  },
  ...each([3072, 4096], (bits) => ({
    rule: `an RSA key may have ${bits} bits`,
    spec: { auth: { type: 'RSA', rsa: { bits } } },
  })),
  {
    rule: 'an RSA key of 2048 bits is refused',
    spec: { auth: { type: 'RSA', rsa: { bits: 2048 } } },
    refused: { 'spec.auth.rsa.bits': '3072' },
  },
  {
    rule: 'auth.rsa needs bits',
    spec: { auth: { type: 'RSA', rsa: {} } },
    refused: { 'spec.auth.rsa.bits': 'Required' },
  },
  ...each(['EC', 'ClientSecret'], (type) => ({
    rule: `auth.rsa beside ${type} is refused`,
    spec: { auth: { type, rsa: { bits: 3072 } } },
    refused: { 'spec.auth.rsa': 'other than RSA' },
  })),

  ...each(['Delete', 'Retain'], (deletionPolicy) => ({
    rule: `deletionPolicy ${deletionPolicy} is accepted`,
    spec: { deletionPolicy },
  })),
  {
    rule: 'any other deletionPolicy is refused',
    spec: { deletionPolicy: 'Orphan' },
    refused: { 'spec.deletionPolicy': '"Delete", "Retain"' },
  },
  ...each(['Replace', 'Hold'], (onAmbiguousCreate) => ({
    rule: `onAmbiguousCreate ${onAmbiguousCreate} is accepted`,
    spec: { onAmbiguousCreate },
  })),
  {
    rule: 'any other onAmbiguousCreate is refused',
    spec: { onAmbiguousCreate: 'Guess' },
    refused: { 'spec.onAmbiguousCreate': '"Replace", "Hold"' },
  },
  { rule: 'an application may be adopted', spec: { adopt: { applicationId: '0oa1-b_C.d~e:f' } } },
  {
    rule: 'adopt needs an id',
    spec: { adopt: {} },
    refused: { 'spec.adopt.applicationId': 'Required' },
  },
  ...each(['', 'a/b', '..', 'a b', 'a?b', 'a%2Fb'], (applicationId) => ({
    rule: `the id "${applicationId}" is refused`,
    spec: { adopt: { applicationId } },
    refused: { 'spec.adopt.applicationId': '' },
  })),
]

const every = (every: unknown) => ({ spec: { rotation: { every } } })
const overlap = (overlap: unknown) => ({ spec: { overlap } })

const durations: readonly Row[] = [
  ...each(['720h', '48h30m', '1.5h', '10m', '600s', '599999ms1ms'], (duration) => ({
    rule: `a rotation every ${duration} is accepted`,
    ...every(duration),
  })),
  { rule: 'rotation needs every', spec: { rotation: {} }, refused: { 'spec.rotation.every': 'Required' } },
  {
    rule: 'a rotation in less than 10m is refused',
    ...every('9m59s'),
    refused: { 'spec.rotation.every': 'at least 10m' },
  },
  ...each(['30d', '1w', '720', '-720h', 'PT720H', '720H', '720 h', 'never'], (duration) => ({
    rule: `a rotation every "${duration}" is refused`,
    ...every(duration),
    refused: { 'spec.rotation.every': '(ms|s|m|h)' },
  })),
  {
    rule: 'a rotation every so many seconds as a number is refused',
    ...every(3600),
    refused: { 'spec.rotation.every': 'duration' },
  },
  ...each(['24h', '5m', '300s'], (duration) => ({
    rule: `an overlap of ${duration} is accepted`,
    ...overlap(duration),
  })),
  {
    rule: 'an overlap of less than 5m is refused',
    ...overlap('4m59s'),
    refused: { 'spec.overlap': 'at least 5m' },
  },
  { rule: 'an overlap in days is refused', ...overlap('1d'), refused: { 'spec.overlap': '(ms|s|m|h)' } },
  {
    rule: 'a duration of more than 20 characters is refused',
    ...overlap('1h1m1s1h1m1s1h1m1s1h1m'),
    refused: { 'spec.overlap': 'may not be more than 20' },
  },
  {
    rule: 'a duration beyond centuries is refused',
    ...overlap('9999999h'),
    refused: { 'spec.overlap': '(ms|s|m|h)' },
  },
  {
    rule: 'a rotation may come every two overlaps',
    spec: { rotation: { every: '48h' }, overlap: '24h' },
  },
  {
    rule: 'a rotation in less than two overlaps is refused',
    spec: { rotation: { every: '47h59m' }, overlap: '24h' },
    refused: { 'spec.rotation.every': 'at least twice spec.overlap' },
  },
]

const updates: readonly Row[] = [
  {
    rule: 'tenantRef may not name another tenant later',
    before: { tenantRef: { name: 'acme' } },
    spec: { tenantRef: { name: 'emca' } },
    refused: { 'spec.tenantRef': 'cannot move to another tenant' },
  },
  {
    rule: 'tenantRef may not get a namespace later',
    before: { tenantRef: { name: 'acme' } },
    spec: { tenantRef: { name: 'acme', namespace: 'team-a' } },
    refused: { 'spec.tenantRef': 'cannot move to another tenant' },
  },
  {
    rule: 'tenantRef may not lose its namespace later',
    before: { tenantRef: { name: 'acme', namespace: 'team-a' } },
    refused: { 'spec.tenantRef': 'cannot move to another tenant' },
  },
  {
    rule: 'cell, scopes and auth may change',
    before: {},
    spec: { cell: 'us-1', scopes: ['documents.submissions.write'], auth: { type: 'RSA', rsa: { bits: 4096 } } },
  },
  {
    rule: 'auth may not change its type and keep rsa',
    before: { auth: { type: 'RSA', rsa: { bits: 4096 } } },
    spec: { auth: { type: 'EC', rsa: { bits: 4096 } } },
    refused: { 'spec.auth.rsa': 'other than RSA' },
  },
  { rule: 'rotation and overlap may come later', before: {}, spec: { rotation: { every: '720h' }, overlap: '24h' } },
  { rule: 'rotation and overlap may go later', before: { rotation: { every: '720h' }, overlap: '24h' } },
  {
    rule: 'an overlap may not outgrow half the rotation',
    before: { rotation: { every: '48h' }, overlap: '1h' },
    spec: { rotation: { every: '48h' }, overlap: '25h' },
    refused: { 'spec.rotation.every': 'at least twice spec.overlap' },
  },
  {
    rule: 'the policies may change',
    before: { deletionPolicy: 'Retain', onAmbiguousCreate: 'Hold' },
    spec: { deletionPolicy: 'Delete', onAmbiguousCreate: 'Replace' },
  },
  {
    rule: 'adopt may not be set later',
    before: {},
    spec: { adopt: { applicationId: 'a-1' } },
    refused: { 'spec.adopt': 'only when the object is created' },
  },
  {
    rule: 'adopt may not change',
    before: { adopt: { applicationId: 'a-1' } },
    spec: { adopt: { applicationId: 'a-2' } },
    refused: { 'spec.adopt': 'only when the object is created' },
  },
  {
    rule: 'adopt may stay while other fields change',
    before: { adopt: { applicationId: 'a-1' } },
    spec: { adopt: { applicationId: 'a-1' }, deletionPolicy: 'Retain' },
  },
  { rule: 'adopt may be taken away', before: { adopt: { applicationId: 'a-1' } } },
]

const since = '2026-01-01T00:00:00Z'
const credential = { applicationId: 'a-1', clientId: 'c-1', state: 'Active', issuedAt: since }
const suspect = { applicationId: 'a-3', clientId: 'c-3', firstSeenAt: since }

const statuses: readonly Row[] = [
  ...STATUS_ROWS,
  {
    rule: 'a status may hold all that is known of an application',
    status: {
      observedGeneration: 1,
      conditions: [condition, { ...condition, type: 'Synced' }],
      organization: 'api.tenants.resistant.ai/client',
      tenantId: 't-1',
      applicationId: 'a-1',
      clientId: 'c-1',
      tokenUrl: 'https://eu.id.resistant.ai/oauth2/x/v1/token',
      provenance: 'Relinked',
      secret: { name: 'web', uid: 'u-1', resourceVersion: '7' },
      credentials: [credential, { ...credential, applicationId: 'a-2', state: 'Retiring', retireAt: since }],
      nextRotationAt: since,
      suspects: [suspect],
      lastHandledRotate: 'now',
      lastHandledReconcile: 'now',
    },
  },
  {
    rule: 'two credentials of one application are refused',
    status: { observedGeneration: 1, credentials: [credential, credential] },
    refused: { 'status.credentials[1]': 'Duplicate' },
  },
  {
    rule: 'a credential in a state of its own invention is refused',
    status: { observedGeneration: 1, credentials: [{ ...credential, state: 'Lost' }] },
    refused: { 'status.credentials[0].state': '"Active", "Retiring"' },
  },
  {
    rule: 'a credential that was issued at no time is refused',
    status: { observedGeneration: 1, credentials: [{ ...credential, issuedAt: 'yesterday' }] },
    refused: { 'status.credentials[0].issuedAt': 'date-time' },
  },
  {
    rule: 'an application that is suspected twice is refused',
    status: { observedGeneration: 1, suspects: [suspect, suspect] },
    refused: { 'status.suspects[1]': 'Duplicate' },
  },
  {
    rule: 'a Secret without its uid is refused',
    status: { observedGeneration: 1, secret: { name: 'web', resourceVersion: '7' } },
    refused: { 'status.secret.uid': 'Required' },
  },
]

export const APPLICATION_ROWS: readonly Row[] = [...creates, ...durations, ...updates, ...statuses]
