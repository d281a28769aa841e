// Shows that a service answers as the contract says: the simulator, or a real one named by the environment.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Settings } from '../../src/simulator/settings.ts'
import { DOCUMENTED, ROWS } from './rows.ts'
import { Session } from './session.ts'
import { isRemote, openTarget } from './target.ts'
import { KEY_ROWS, SECRET_ROWS } from './token-rows.ts'

/** All that the contract leaves open, answered otherwise than by default: no row may depend on it. */
const OTHERWISE: Partial<Settings> = {
  duplicateNameStatus: 409,
  nonEmptyDeleteStatus: 422,
  foreignTokenStatus: 403,
  maxLimit: 20,
  overLimit: 'clamp',
  order: 'newest-first',
  nextParameters: 'after-first',
  tenantLinks: false,
  applicationLinks: 'single',
  tokenUrlLink: 'href',
  authServer: 'id',
  extraFields: true,
  secretCharacters: 'url-safe',
}

const conformance = suite('conformance')

async function addRows(title: string, settings: Partial<Settings>): Promise<void> {
  const target = await openTarget(settings)
  const session = new Session(target)
  const { clientSecret, privateKey } = target.organization
  const tokenRows = [...(clientSecret ? SECRET_ROWS : []), ...(privateKey ? KEY_ROWS : [])]
  for (const { operation, answer, rule, simulatorOnly, show } of [...tokenRows, ...ROWS]) {
    if (isRemote && simulatorOnly !== undefined) continue
    conformance(`${title}${operation} ${answer}: ${rule}`, () => show(session))
  }
  conformance(`${title}the suite leaves nothing behind`, async () => {
    await session.cleanUp()
    const left = target.simulator?.person.look()
    assert.equal(left ?? { tenants: [], applications: [] }, { tenants: [], applications: [] })
  })
  conformance.after(() => target.simulator?.close())
}

await addRows('', {})
if (!isRemote) await addRows('where the contract is silent, otherwise: ', OTHERWISE)

conformance('every documented answer of every operation is in the table, and no other', () => {
  const shown: Record<string, number[]> = {}
  for (const { operation, answer } of ROWS) (shown[operation] ??= []).push(answer)
  const sorted = (answers: readonly number[]) => [...new Set(answers)].sort((a, b) => a - b)
  assert.equal(
    Object.fromEntries(Object.entries(shown).map(([operation, answers]) => [operation, sorted(answers)])),
    DOCUMENTED,
  )
})

conformance.run()
