// Rows of when an application that nobody here deleted counts as gone: one 404 is no proof, since a wrong organization says so, too.
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../../src/api/types.ts'
import type { LogEntry } from '../../../src/simulator/call-log.ts'
import type { Lab } from '../reasons/lab.ts'
import { eventually } from '../../stack/stack.ts'
import { growOld, replaced, valuesIn, works } from './side.ts'
import type { Row } from './side.ts'

const APART_MS = 30_000

type Status = RaiTenantApplication['status']

/** What the control plane was asked about an application that is not there: reads in vain, and lists of its tenant since the first. */
async function looksFor(
  { stack: { controlPlane } }: Lab,
  { tenantId, applicationId }: Status,
): Promise<{ readonly reads: readonly LogEntry[]; readonly lists: readonly LogEntry[] }> {
  const asked = await controlPlane.calls('getTenantApplication')
  const reads = asked.filter(({ path, status }) => status === 404 && path.endsWith(`/${applicationId}`))
  const listed = await controlPlane.calls('getTenantApplications')
  const lists = listed.filter(({ path, seq }) => path.includes(`/${tenantId}/`) && seq > (reads[0]?.seq ?? Infinity))
  return { reads, lists }
}

/** At least three looks, since one came too soon; and the first of them so long before `last`. */
function assertApart(reads: readonly LogEntry[], last: LogEntry | undefined): void {
  assert.ok(reads.length >= 3, `it was looked for ${reads.length} times`)
  const apartMs = Date.parse(last!.at) - Date.parse(reads[0]!.at)
  assert.ok(apartMs >= APART_MS, `it counted as gone after ${apartMs} ms`)
}

/** Does something that has the application looked for, and waits for that: another pass for another reason looks for nothing. */
async function looked(lab: Lab, status: Status, ask: () => Promise<unknown>): Promise<void> {
  const count = async () => (await looksFor(lab, status)).reads.length
  const before = await count()
  await ask()
  await eventually('it is looked for', async () => (await count()) > before)
}

export const GONE_ROWS: readonly Row[] = [
  {
    rule: 'the only application of a tenant that was deleted outside is let go after two looks 30 s apart, and not by looks in between',
    name: 'lonely',
    async holds(lab) {
      const { status } = await lab.readyApplication()
      await lab.stack.controlPlane.deleteApplication(lab.name, status.applicationId!)
      await lab.remove('application')
      await lab.says('application', 'Draining')
      await looked(lab, status, () => lab.touch('application'))
      await lab.gone('application')
      const { reads, lists } = await looksFor(lab, status)
      assertApart(reads, lists.at(-1))
      assert.ok(lists.at(-1)!.seq > reads.at(-1)!.seq, 'each look ends with a list')
    },
  },
  {
    rule: 'the only application of a tenant that was deleted outside is made anew after two looks 30 s apart, and not by looks in between',
    name: 'lonelylost',
    async holds(lab) {
      const { status } = await lab.readyApplication()
      await growOld(lab)
      await lab.stack.controlPlane.deleteApplication(lab.name, status.applicationId!)
      await looked(lab, status, () => lab.ask('application', 'reconcile', 'now'))
      await looked(lab, status, () => lab.touch('application'))
      await replaced(lab, status.applicationId)
      assert.ok(await works(await valuesIn(lab)))
      const { reads } = await looksFor(lab, status)
      const posts = await lab.stack.controlPlane.calls('createTenantApplication')
      assertApart(
        reads,
        posts.findLast(({ path }) => path.includes(`/${status.tenantId}/`)),
      )
    },
  },
  {
    rule: 'one look is enough where the list shows another application that is known',
    name: 'witnessed',
    async holds(lab) {
      const { status } = await lab.readyApplication()
      await lab.readyApplication({}, { name: 'witnessed-witness' })
      await lab.stack.controlPlane.deleteApplication(lab.name, status.applicationId!)
      await lab.remove('application')
      await lab.gone('application')
      assert.is((await looksFor(lab, status)).reads.length, 1)
    },
  },
]
