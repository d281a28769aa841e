// Operations of people who take a credential away, in the cluster or outside: it is healed.
import { changeApplication, MINUTE_MS } from '../lifecycle.ts'
import { EC, rotate, SECRET } from './operation.ts'
import type { Day, Operation } from './operation.ts'

/** The interval of the sweep, which is spread by a fifth, and the look that follows. */
const SWEPT_MS = 13 * MINUTE_MS

/** Somebody who sees it has the operator look. */
function touch({ world }: Day): void {
  changeApplication(world, { spec: { secret: { labels: { touched: 'yes' } } } })
}

function loseSecret({ world, witness }: Day): void {
  witness.excuse()
  world.api.delete('Secret/team/web')
}

function spoil({ world, witness }: Day, data: Readonly<Record<string, string | null>>): void {
  witness.excuse()
  world.api.update({ kind: 'Secret', metadata: { namespace: 'team', name: 'web' }, data })
}

function deleteOutside({ world, witness, first }: Day): void {
  witness.excuse()
  world.person.deleteApplication('acme', first!)
}

/** … and the operator is told to look, by another spec. */
function thenTouch(lose: (day: Day) => void): (day: Day) => void {
  return (day) => {
    lose(day)
    touch(day)
  }
}

const HEALED = { makes: 1, stands: 'another' } as const

export const LOSING: Readonly<Record<string, Operation>> = {
  'secret-deleted': { modes: EC, act: thenTouch(loseSecret), ...HEALED },
  'secret-deleted-unnoticed': { modes: SECRET, act: loseSecret, noticedInMs: SWEPT_MS, ...HEALED },
  'secret-deleted-before-rotation': {
    modes: SECRET,
    act: (day) => {
      loseSecret(day)
      rotate(day)
    },
    ...HEALED,
  },
  'secret-deleted-midway': { modes: SECRET, act: rotate, atCreate: loseSecret, ...HEALED },
  'credential-removed': {
    modes: SECRET,
    act: thenTouch((day) => spoil(day, { client_secret: null, 'private_key.pem': null })),
    ...HEALED,
  },
  'credential-altered': {
    modes: SECRET,
    act: thenTouch((day) => spoil(day, { client_secret: Buffer.from('another').toString('base64') })),
    ...HEALED,
  },
  'application-deleted': { modes: EC, act: thenTouch(deleteOutside), noticedInMs: SWEPT_MS, ...HEALED },
}
