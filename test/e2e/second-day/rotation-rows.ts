// Rows of a credential's replacement: by request, by date, and because something else is wanted.
import * as assert from 'uvu/assert'
import { longAgo, rotate } from '../reasons/credentials.ts'
import { endOverlaps, held, replaced, standingIn, until, valuesIn, works } from './side.ts'
import type { Row } from './side.ts'

const OVERLAP_MS = 300_000

export const ROTATION_ROWS: readonly Row[] = [
  {
    rule: 'rotate makes another credential, whatever the tenant is protected from; the one before works for the overlap',
    name: 'rotated',
    async holds(lab) {
      await lab.readyTenant({ deletionProtection: true })
      const { status: first } = await lab.readyApplication({ overlap: '5m' })
      const before = await valuesIn(lab)
      const after = await rotate(lab, 'now')
      const { applicationId, tenantId, credentials = [] } = after.status
      const now = await valuesIn(lab)
      assert.is(now['application_id'], applicationId)
      assert.is.not(now['private_key.pem'], before['private_key.pem'])
      assert.equal(held(after), { [first.applicationId!]: 'Retiring', [applicationId!]: 'Active' })
      const [retiring, active] = credentials
      const overlapMs = Date.parse(retiring!.retireAt!) - Date.parse(active!.issuedAt)
      assert.ok(overlapMs >= OVERLAP_MS && overlapMs < OVERLAP_MS + 60_000, retiring!.retireAt)
      assert.equal(await Promise.all([before, now].map(works)), [true, true])

      await endOverlaps(lab)
      await until(lab, 'retires what is over', (status) => status.credentials?.length === 1)
      assert.equal(await standingIn(lab, tenantId), [applicationId])
      assert.equal(await Promise.all([before, now].map(works)), [false, true])
    },
  },
  {
    rule: 'rotation.every makes another credential when the date has come, and says when the next one comes',
    name: 'scheduled',
    async holds(lab) {
      const { status: first } = await lab.readyApplication({ rotation: { every: '10m' }, overlap: '5m' })
      await lab.status('application', { nextRotationAt: longAgo() })
      await lab.touch('application')
      const { status } = await replaced(lab, first.applicationId)
      assert.ok(Date.parse(status.nextRotationAt!) > Date.now(), status.nextRotationAt)
      assert.ok(await works(await valuesIn(lab)))
    },
  },
  {
    rule: 'a change of scopes, then of auth, each makes one new application; all work until their overlaps are over',
    name: 'changed',
    async holds(lab) {
      const { status: first } = await lab.readyApplication({ overlap: '5m' })
      const seen = [await valuesIn(lab)]
      const scope = 'documents.submissions.read'
      await lab.spec('application', { scopes: [scope] })
      const { status: second } = await replaced(lab, first.applicationId)
      seen.push(await valuesIn(lab))
      assert.is(seen[1]!['scope'], scope)
      await lab.spec('application', { auth: { type: 'RSA' } })
      const third = await replaced(lab, second.applicationId)
      seen.push(await valuesIn(lab))
      const { kty, n } = JSON.parse(seen[2]!['private_key.jwk']!) as { kty: string; n: string }
      assert.equal([kty, Buffer.from(n, 'base64url').length * 8], ['RSA', 3072])
      assert.equal(await Promise.all(seen.map(works)), [true, true, true])
      assert.equal(Object.values(held(third)), ['Retiring', 'Retiring', 'Active'])

      await endOverlaps(lab)
      await until(lab, 'retires both', (status) => status.credentials?.length === 1)
      await lab.spec('application', { auth: { type: 'ClientSecret' } })
      await replaced(lab, third.status.applicationId)
      const { client_secret, ...rest } = await valuesIn(lab)
      assert.not(Object.keys(rest).some((key) => key.startsWith('private_key') || key === 'kid'))
      assert.ok(await works({ ...rest, client_secret: client_secret! }))
    },
  },
]
