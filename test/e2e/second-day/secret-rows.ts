// Rows of what becomes of a Secret: moved by its owner, altered, removed or frozen by others.
import * as assert from 'uvu/assert'
import { rotate } from '../reasons/credentials.ts'
import type { Lab } from '../reasons/lab.ts'
import { eventually } from '../../stack/stack.ts'
import { growOld, held, noticed, replaced, until, valuesIn, works } from './side.ts'
import type { Row, Side } from './side.ts'

/** Has the credential lost long after it was made: another one takes its place, and the one before retires. */
async function heals(lab: Lab, side: Side, harm: () => Promise<unknown>): Promise<void> {
  const { status } = await lab.readyApplication({ auth: { type: 'ClientSecret' } })
  const before = await valuesIn(lab)
  await growOld(lab)
  await harm()
  await noticed(lab, side)
  const healed = await replaced(lab, status.applicationId)
  assert.equal(Object.values(held(healed)), ['Retiring', 'Active'])
  assert.equal(await Promise.all([before, await valuesIn(lab)].map(works)), [true, true])
}

export const SECRET_ROWS: readonly Row[] = [
  {
    rule: 'another secret.name moves the credential: the new Secret first, the old one then goes',
    name: 'moved',
    async holds(lab) {
      const { status } = await lab.readyApplication()
      const before = await valuesIn(lab)
      await lab.spec('application', { secret: { name: 'moved-there' } })
      const moved = await until(lab, 'names the other Secret', ({ secret }) => secret?.name === 'moved-there')
      assert.is(moved.status.applicationId, status.applicationId)
      assert.equal(await valuesIn(lab, 'moved-there'), before)
      await lab.secretGone()
    },
  },
  {
    rule: 'what can be derived is written again, and what others put beside it stays',
    name: 'scribbled',
    async holds(lab, side) {
      const { status } = await lab.readyApplication({ secret: { labels: { team: 'a' } } })
      const before = await valuesIn(lab)
      const stringData = { token_url: 'https://elsewhere.test', beside: 'theirs' }
      await lab.patchSecret({ metadata: { labels: { team: 'b', other: 'theirs' } }, stringData })
      await noticed(lab, side)
      await eventually('it is restored', async () => (await valuesIn(lab))['token_url'] === before['token_url'])
      const { metadata } = await lab.secret()
      assert.equal(metadata.labels, { team: 'a', other: 'theirs' })
      assert.equal(await valuesIn(lab), { ...before, beside: 'theirs' })
      assert.is((await lab.readyAgain()).status.applicationId, status.applicationId)
    },
  },
  {
    rule: 'a credential that was altered and obtains no token is replaced',
    name: 'altered',
    holds: (lab, side) => heals(lab, side, () => lab.patchSecret({ stringData: { client_secret: 'altered' } })),
  },
  {
    rule: 'a credential whose Secret is gone is replaced',
    name: 'removed',
    holds: (lab, side) => heals(lab, side, () => lab.removeSecret()),
  },
  {
    rule: 'a Secret that somebody made immutable is made again with the next credential',
    name: 'frozen',
    async holds(lab) {
      await lab.readyApplication()
      const before = (await lab.secret()).metadata.uid
      await lab.patchSecret({ immutable: true })
      const { status } = await rotate(lab, 'now')
      const { metadata } = await lab.secret()
      assert.is.not(metadata.uid, before)
      assert.is(status.secret?.uid, metadata.uid)
      assert.ok(await works(await valuesIn(lab)))
    },
  },
]
