// From the version before to this one and back, as docs/upgrade.md says: by Helm, with definitions and resources of the one before.
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RECORD_LABELS, REQUEST_ANNOTATIONS, SECRET_ANNOTATIONS } from '../../src/api/names.ts'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { plainValues } from '../stack/api-server.ts'
import { application, eventually, tenant } from '../stack/stack.ts'
import { obtainToken } from '../stack/workload.ts'
import { findHelm, NAMESPACE } from './chart/helm.ts'
import type { Helm } from './chart/helm.ts'
import { Installation, TEAM } from './chart/installation.ts'
import type { Kept, OutputSecret } from './chart/installation.ts'
import { unpackPrevious } from './upgrade/previous.ts'
import type { Version } from './upgrade/previous.ts'

/** What only the definitions of this version have, so that they can be told from those before. */
const NEWER = { annotations: { 'example.com/brought-by': 'this version' } }

const SECRET = { type: 'ClientSecret' }
const APPLICATIONS = [
  application('web', 'acme', { rotation: { every: '720h' }, overlap: '1h' }),
  application('batch', 'acme', { auth: { type: 'RSA' } }),
  application('mail', 'acme', { auth: SECRET }),
  application('archive', 'acme', { auth: SECRET, deletionPolicy: 'Retain' }),
  application('ledger', 'acme', { deletionPolicy: 'Retain' }),
]
const RESOURCES = [tenant('acme'), ...APPLICATIONS]

const test = suite('upgrade')
let installation: Installation
let helm: Helm
let previous: Version

test.before(async () => {
  helm = await findHelm('helm4')
  installation = await Installation.begin('upgrade')
  previous = await unpackPrevious(join(installation.directory, 'previous'))
})

test.after(async () => {
  await installation.end()
})

async function apply(...items: readonly object[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await kubectl(installation.cluster, ['apply', '-n', TEAM, '-f', '-'], { input })
}

async function applicationNow(name: string): Promise<RaiTenantApplication> {
  return JSON.parse(await installation.inTeam('get', 'raiapp', name, '-o', 'json')) as RaiTenantApplication
}

async function secretNow(name: string): Promise<OutputSecret> {
  return (await installation.secrets()).find(({ metadata }) => metadata.name === name)!
}

/** Has the credential replaced, and waits until that is done. */
async function rotate(name: string): Promise<void> {
  const request = crypto.randomUUID()
  await installation.inTeam('annotate', '--overwrite', 'raiapp', name, `${REQUEST_ANNOTATIONS.rotate}=${request}`)
  await eventually(`${name} has rotated`, async () => (await applicationNow(name)).status.lastHandledRotate === request)
  await installation.allReady()
}

/** The credentials in all Secrets work. */
async function allWork(): Promise<void> {
  for (const { data } of await installation.secrets()) await obtainToken(plainValues(data))
}

/** Names of the journals: of creates that have ended a short while ago, too. */
async function journals(): Promise<string> {
  return installation.run('-n', NAMESPACE, 'get', 'secrets', '-l', `${RECORD_LABELS.record}=journal`, '-o', 'name')
}

/** Its credential is replaced by exactly one, and the one before goes on working. */
async function replacesOnce(name: string): Promise<void> {
  const [{ counts }, { data }] = [await installation.kept(), await secretNow(name)]
  await rotate(name)
  const created = counts['createTenantApplication']! + 1
  assert.equal((await installation.kept()).counts, { ...counts, createTenantApplication: created })
  assert.not.equal((await secretNow(name)).data, data)
  await obtainToken(plainValues(data))
  await allWork()
}

/** Retained applications' Secrets have no owner, which the version before gave them; the next sweep sees to it. */
async function areHeld(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await eventually(`the Secret of ${name} is held without an owner`, async () => {
      const [{ metadata: secret }, { metadata, status }] = [await secretNow(name), await applicationNow(name)]
      const isHeld = secret.annotations?.[SECRET_ANNOTATIONS.heldBy] === metadata.uid && !secret.ownerReferences
      return isHeld && status.secret?.resourceVersion === secret.resourceVersion
    })
  }
}

/** … which changes their version, and nothing else. */
function regardlessOfSecretVersions(kept: Kept): unknown {
  return JSON.parse(JSON.stringify(kept, (key, value: unknown) => (key === 'resourceVersion' ? undefined : value)))
}

/** The resource goes, and what it was for stays outside and here, with nothing that garbage collection would go by. */
async function outlives(name: string, cascade: 'background' | 'foreground'): Promise<void> {
  const [before, outside] = [await secretNow(name), await installation.controlPlane.state()]
  await installation.inTeam('delete', 'raiapp', name, `--cascade=${cascade}`, '--timeout=30s')
  const { metadata, data } = await secretNow(name)
  assert.equal([metadata.uid, data, metadata.ownerReferences], [before.metadata.uid, before.data, undefined])
  assert.equal(await installation.controlPlane.state(), outside)
  await obtainToken(plainValues(data))
}

test('the version before is installed and has applications of all kinds Ready', async () => {
  await installation.release(helm, 'install', { settings: installation.settings() }, previous.chart)
  await installation.run('wait', '--for=condition=Established', 'crd', '--all', '--timeout=20s')
  await installation.giveCredential()
  await installation.roll('before', { bundle: previous.bundle })
  await apply(...RESOURCES)
  await installation.allReady()
  await rotate('web')
  await allWork()
})

test('an upgrade with its definitions changes nothing outside, no resource and no credential', async () => {
  const [before, opened] = [await installation.kept(), await journals()]
  assert.is(before.counts['createTenantApplication'], APPLICATIONS.length + 1)
  assert.is(opened.match(/journal-/g)?.length, RESOURCES.length + 1, 'no journal has been swept yet')
  await installation.release(helm, 'upgrade', { settings: installation.settings(), crds: NEWER })
  await installation.rollOver('after')
  await areHeld('archive', 'ledger')
  assert.equal(regardlessOfSecretVersions(await installation.kept()), regardlessOfSecretVersions(before))
  assert.is(await journals(), opened)
  assert.equal(await installation.refusals(), [])
  await allWork()
})

test('this version goes on with what the one before has made', async () => {
  await replacesOnce('batch')
  await outlives('archive', 'foreground')
})

test('the operator alone goes back, and changes nothing either', async () => {
  const before = await installation.kept()
  const definitions = await installation.run('get', 'crds', '-o', 'json')
  const values = { settings: installation.settings(), crds: { enabled: false } }
  await installation.release(helm, 'upgrade', values, previous.chart)
  await installation.rollOver('back', { bundle: previous.bundle })
  assert.is(await installation.run('get', 'crds', '-o', 'json'), definitions)
  assert.equal(await installation.kept(), before)
  assert.equal(await installation.refusals(), [])
  await allWork()
})

test('the version before goes on with what this one has made', async () => {
  await replacesOnce('batch')
  await outlives('ledger', 'background')
})

test('and forward again', async () => {
  const before = await installation.kept()
  await installation.release(helm, 'upgrade', { settings: installation.settings(), crds: NEWER })
  await installation.rollOver('again')
  assert.equal(await installation.kept(), before)
  await allWork()
})

test.run()
