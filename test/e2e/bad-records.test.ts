// Records and requests that make no sense or are not the operator's own: refused and told, nothing deleted outside.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BINDING_ANNOTATION, JOURNAL_ANNOTATION, REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import { encodeBindingRecord } from '../../src/domain/binding-record.ts'
import type { BindingRecord } from '../../src/domain/binding-record.ts'
import type { RecordContent } from '../../src/domain/journal.ts'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { handmadeJournal, journalSaying, putRecord } from '../stack/handmade-records.ts'
import type { Claimed } from '../stack/handmade-records.ts'
import { told } from '../stack/told.ts'
import { obtainToken } from '../stack/workload.ts'
import { AS_IS, BINDINGS } from './bad-records/bindings.ts'
import type { Binding } from './bad-records/bindings.ts'

const test = suite('bad records')
const SCOPES = ['documents.submissions.read', 'documents.submissions.write']
/** A resource that no journal's resource is: nobody has this UID. */
const NOBODY = { name: 'nobody', uid: '00000000-0000-4000-8000-000000000000' }
/** What is mended without any event is looked at again every half minute or minute. */
const SLOW_MENDING_MS = 120_000

let stack: Stack
let tenantId: string
/** Ids of tenants that a person made, by name. */
const handmade = new Map<string, string>()

test.before(async () => {
  stack = await startStack('bad-records')
  await stack.apply(tenant('acme'), application('web', 'acme'), application('batch', 'acme'))
  await stack.kubectl(['wait', '--for=condition=Ready', '--timeout=30s', 'rai', '--all'])
  tenantId = (await stack.tenant('acme'))!.status.tenantId!
  for (const { name, change } of BINDINGS) await putBinding(name, change)
  await putBinding('relinked', (record) => ({ ...AS_IS, ...record }))
})

async function putBinding(name: string, change: Binding['change']): Promise<void> {
  const id = await stack.controlPlane.makeTenant(name)
  handmade.set(name, id)
  const record: BindingRecord = {
    organization: await organization(),
    tenantId: id,
    tenantName: name,
    provenance: 'Created',
    namespace: stack.namespace,
    name,
    uid: NOBODY.uid,
  }
  const annotations = { [BINDING_ANNOTATION]: JSON.stringify(change(record)) }
  await putRecord(stack, { ...encodeBindingRecord(record), annotations })
}

test.after(async () => {
  await stack.stop()
})

async function logged(pattern: RegExp): Promise<void> {
  await eventually(`the log says ${pattern}`, async () => pattern.test(await readFile(stack.operator.logFile, 'utf8')))
}

async function outside(): Promise<readonly string[]> {
  const { tenants, applications } = await stack.controlPlane.state()
  return [...tenants, ...applications].map(({ id }) => id).toSorted()
}

async function claimedBy(name: string): Promise<Claimed> {
  const { status } = (await stack.application(name))!
  return { id: status.applicationId!, clientId: status.clientId!, tokenUrl: status.tokenUrl! }
}

/** An application that a person made, as a journal would tell of it. */
async function persons(): Promise<Claimed> {
  const { tokenUrl } = await claimedBy('web')
  return { ...(await stack.controlPlane.makeApplication('acme', { cell: 'eu-1', scopes: SCOPES })), tokenUrl }
}

async function organization(): Promise<string> {
  return (await stack.tenant('acme'))!.status.organization!
}

async function journal(
  subject: { readonly name: string; readonly uid: string },
  state: 'answered' | 'surplus',
  answer: Claimed,
) {
  const about = { namespace: stack.namespace, ...subject }
  return handmadeJournal({ organization: await organization(), tenantId, scopes: SCOPES }, about, state, answer)
}

async function subjectOf(name: string): Promise<{ readonly name: string; readonly uid: string }> {
  return { name, uid: (await stack.application(name))!.metadata.uid }
}

/** Puts a record there for as long as `look` needs. */
async function during(record: RecordContent, look: () => Promise<void>): Promise<void> {
  await putRecord(stack, record)
  try {
    await look()
  } finally {
    await stack.kubectlOfOperator(['delete', 'secret', record.name, '--ignore-not-found'])
  }
}

const UNREADABLE: readonly (readonly [title: string, text: string, problem: RegExp])[] = [
  ['broken content', 'not a journal', /has no readable annotation/],
  ['a version of the future', '{"version":9,"readableBy":9}', /has version 9, which .* cannot read/],
  ['parts missing', '{"version":1,"readableBy":1,"state":"open"}', /lacks a part/],
]

for (const [title, text, problem] of UNREADABLE) {
  test(`a journal with ${title}: AmbiguousCreate names it, what works goes on working, and it heals when that is gone`, async () => {
    const before = await outside()
    const record = journalSaying((await subjectOf('web')).uid, text)
    await during(record, async () => {
      const message = await told(stack, 'application', 'web', 'AmbiguousCreate')
      assert.match(message, problem)
      assert.match(message, record.name)
      assert.ok((await obtainToken((await stack.secret('web'))!)).accessToken)
      assert.equal(await outside(), before)
    })
    await told(stack, 'application', 'web', 'Ready')
  })
}

test('a journal that cannot be read and is about nothing that exists: told in the log, and left alone', async () => {
  const before = await outside()
  const record = journalSaying(NOBODY.uid, 'not a journal')
  await during(record, async () => {
    await logged(new RegExp(`${record.name}.*a journal cannot be read`))
    assert.equal(await outside(), before)
  })
})

test('a journal of a lost answer for a resource that never was: what it names is suspected, and stays', async () => {
  const stranger = await persons()
  await during(await journal(NOBODY, 'surplus', stranger), async () => {
    const query = ['get', 'events', '--field-selector', 'reason=OrphanSuspected', '-o', 'jsonpath={.items[*].message}']
    await eventually('the Event', async () => (await stack.kubectl(query)).includes(stranger.id))
    assert.ok((await outside()).includes(stranger.id))
  })
})

test('a journal that names what another resource holds: nothing of that is deleted', async () => {
  const before = await outside()
  const record = await journal(NOBODY, 'surplus', await claimedBy('web'))
  await during(record, async () => {
    await eventually('the sweep has looked', async () => {
      const get = ['get', 'secret', record.name, '-o', 'jsonpath={.metadata.annotations}']
      const annotations = JSON.parse(await stack.kubectlOfOperator(get)) as Record<string, string>
      return /"passes":[1-9]/.test(annotations[JOURNAL_ANNOTATION] ?? '')
    })
    assert.equal(await outside(), before)
  })
})

test('an answer made by hand that names what another resource holds: AlreadyClaimed, and the Secret stays as it is', async () => {
  const [before, secret] = [await outside(), await stack.secret('batch')]
  await during(await journal(await subjectOf('batch'), 'answered', await claimedBy('web')), async () => {
    assert.match(await told(stack, 'application', 'batch', 'AlreadyClaimed'), `${stack.namespace}/web`)
    assert.equal(await stack.secret('batch'), secret)
    assert.equal(await outside(), before)
  })
  await told(stack, 'application', 'batch', 'Ready', SLOW_MENDING_MS)
})

test('an answer made by hand that names a person’s application: it is not deleted with the resource', async () => {
  await stack.apply(application('going', 'acme'))
  await told(stack, 'application', 'going', 'Ready')
  const stranger = await persons()
  await stack.kubectl(['annotate', 'raiapp', 'going', `${REQUEST_ANNOTATIONS.paused}=true`])
  await stack.kubectl(['delete', 'raiapp', 'going', '--wait=false'])
  await putRecord(stack, await journal(await subjectOf('going'), 'answered', stranger))
  await stack.kubectl(['annotate', 'raiapp', 'going', `${REQUEST_ANNOTATIONS.paused}-`])
  await eventually('it is gone', async () => (await stack.application('going')) === undefined, SLOW_MENDING_MS)
  assert.ok((await outside()).includes(stranger.id))
})

for (const { title, name, reason } of BINDINGS) {
  test(`a binding record with ${title}: ${reason}, and the tenant stays`, async () => {
    await stack.apply(tenant(name))
    await told(stack, 'tenant', name, reason)
    await stack.kubectl(['delete', 'raitenant', name, '--timeout=20s'])
    assert.ok((await outside()).includes(handmade.get(name)!))
  })
}

test('a binding record made by hand for a resource of this name: used, and never deleted before a right confirm', async () => {
  const id = handmade.get('relinked')!
  await stack.apply(tenant('relinked'))
  await told(stack, 'tenant', 'relinked', 'Ready')
  assert.is((await stack.tenant('relinked'))!.status.provenance, 'Relinked')
  await stack.kubectl(['annotate', 'raitenant', 'relinked', `${REQUEST_ANNOTATIONS.confirm}=${tenantId}`])
  assert.match(await told(stack, 'tenant', 'relinked', 'InvalidSpec'), `is bound to ${id}`)
  await stack.kubectl(['annotate', 'raitenant', 'relinked', `${REQUEST_ANNOTATIONS.confirm}-`])
  await told(stack, 'tenant', 'relinked', 'Ready')
  await stack.kubectl(['delete', 'raitenant', 'relinked', '--timeout=20s'])
  assert.ok((await outside()).includes(id))
})

test('discard-suspect of what is not suspected: InvalidSpec names it, nothing is deleted, and it heals', async () => {
  const stranger = await persons()
  const before = await outside()
  for (const id of [stranger.id, (await claimedBy('batch')).id, 'nothing']) {
    await stack.kubectl(['annotate', '--overwrite', 'raiapp', 'web', `${REQUEST_ANNOTATIONS.discardSuspect}=${id}`])
    await eventually(`${id} is refused`, async () =>
      (await told(stack, 'application', 'web', 'InvalidSpec')).includes(`names ${id}`),
    )
  }
  assert.equal(await outside(), before)
  await stack.kubectl(['annotate', 'raiapp', 'web', `${REQUEST_ANNOTATIONS.discardSuspect}-`])
  await told(stack, 'application', 'web', 'Ready')
})

test('a status forged by somebody who may write it: StatusForged, and what it names stays when the resource goes', async () => {
  await stack.apply(application('forged', 'acme'))
  await told(stack, 'application', 'forged', 'Ready')
  const stranger = await persons()
  const own = (await claimedBy('forged')).id
  const { id: applicationId, clientId } = stranger
  const credentials = [{ applicationId, clientId, state: 'Active', issuedAt: '2026-01-01T00:00:00Z' }]
  const patch = { status: { applicationId, credentials } }
  const forge = ['patch', 'raiapp', 'forged', '--subresource=status', '--type=merge', '-p', JSON.stringify(patch)]
  await stack.kubectl(forge)
  await told(stack, 'application', 'forged', 'StatusForged')
  await stack.kubectl(['delete', 'raiapp', 'forged', '--wait=false'])
  await eventually(
    'it stays',
    async () => (await stack.application('forged'))?.metadata.deletionTimestamp !== undefined,
  )
  assert.match(await told(stack, 'application', 'forged', 'StatusForged'), 'were not written by this operator')
  const standing = await outside()
  assert.ok(standing.includes(stranger.id) && standing.includes(own))
})

test.run()
