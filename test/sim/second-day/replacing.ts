// Operations that put another credential, or another Secret, in the place of what works.
import { changeApplication } from '../lifecycle.ts'
import { active, EC, EITHER, ELSEWHERE, rotate, SECRET } from './operation.ts'
import type { Day, Operation } from './operation.ts'

const READ_ONLY = { spec: { scopes: ['documents.submissions.read'] } }
const AGAIN = { spec: { scopes: ['documents.submissions.read', 'documents.submissions.write'] } }

/** A Secret that cannot be written over has to be made anew, with the only copy of a credential in it. */
function seal({ world }: Day): void {
  world.api.update({ kind: 'Secret', metadata: { namespace: 'team', name: 'web' }, immutable: true })
}

export const REPLACING: Readonly<Record<string, Operation>> = {
  rotate: { modes: EITHER, act: rotate, makes: 1, stands: 'another' },
  period: {
    modes: EC,
    spec: { rotation: { every: '20m' } },
    act: async (day) => {
      await day.until('the period is over', () => active(day) !== day.first)
      changeApplication(day.world, { spec: { rotation: null } })
    },
    makes: 1,
    stands: 'another',
  },
  cell: {
    modes: EC,
    act: ({ world }) => changeApplication(world, { spec: { cell: 'us-1' } }),
    makes: 1,
    stands: 'another',
  },
  scopes: { modes: SECRET, act: ({ world }) => changeApplication(world, READ_ONLY), makes: 1, stands: 'another' },
  auth: {
    modes: EITHER,
    act: ({ world, mode }) =>
      changeApplication(world, { spec: { auth: { type: mode === 'EC' ? 'ClientSecret' : 'EC' } } }),
    makes: 1,
    stands: 'another',
  },
  'auth-to-rsa': {
    modes: SECRET,
    act: ({ world }) => changeApplication(world, { spec: { auth: { type: 'RSA' } } }),
    makes: 1,
    stands: 'another',
  },
  'rotate-immutable': {
    modes: EITHER,
    act: (day) => {
      seal(day)
      rotate(day)
    },
    makes: 1,
    stands: 'another',
  },
  'change-immutable': {
    modes: SECRET,
    act: (day) => {
      seal(day)
      changeApplication(day.world, { spec: { secret: { keys: { token_url: 'TOKEN_URL' } } } })
    },
    makes: 0,
    stands: 'first',
  },
  flap: {
    modes: EC,
    act: async (day) => {
      changeApplication(day.world, READ_ONLY)
      await day.until('replaced once', () => active(day) !== day.first)
      changeApplication(day.world, AGAIN)
    },
    makes: 2,
    stands: 'another',
  },
  'flap-midway': {
    modes: SECRET,
    act: ({ world }) => changeApplication(world, READ_ONLY),
    atCreate: ({ world }) => changeApplication(world, AGAIN),
    makes: 2,
    stands: 'either',
  },
  move: {
    modes: EITHER,
    act: ({ world }) => changeApplication(world, { spec: ELSEWHERE }),
    makes: 0,
    stands: 'first',
  },
  'move-and-back': {
    modes: EC,
    act: async (day) => {
      changeApplication(day.world, { spec: ELSEWHERE })
      await day.until('the new one is written', () => day.world.api.get('Secret/team/elsewhere') !== undefined)
      changeApplication(day.world, { spec: { secret: null } })
    },
    makes: 0,
    stands: 'first',
  },
  'move-and-rotate': {
    modes: EC,
    act: (day) => {
      changeApplication(day.world, { spec: ELSEWHERE })
      rotate(day)
    },
    makes: 1,
    stands: 'another',
  },
  'move-midway': {
    modes: SECRET,
    act: rotate,
    atCreate: ({ world }) => changeApplication(world, { spec: ELSEWHERE }),
    makes: 1,
    stands: 'another',
  },
}
