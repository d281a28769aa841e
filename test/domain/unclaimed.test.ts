// What no resource stands for, and why some of it cannot be taken over now.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ExternalApplication, ExternalTenant } from '../../src/domain/external.ts'
import { journalMarkOf } from '../../src/domain/journal-format.ts'
import type { ApplicationAttempt, JournalMark, TenantAttempt } from '../../src/domain/journal.ts'
import { areCells, unclaimedIn } from '../../src/domain/unclaimed.ts'
import type { Survey } from '../../src/domain/unclaimed.ts'
import { timestamp } from '../../src/clock.ts'
import { applicationOf, boundApplication, boundTenant, tenantOf } from '../doubles/resources.ts'
import {
  answerOf,
  applicationAttempt,
  externalApplication,
  externalTenant,
  journalOf,
  NOW,
  tenantAttempt,
} from './attempts.ts'

const test = suite('unclaimed')

const acme = externalTenant('t-1')
const web = externalApplication('a-1')

type Parts = {
  readonly tenants?: readonly ExternalTenant[]
  readonly applications?: Readonly<Record<string, readonly ExternalApplication[]>>
  readonly marks?: readonly JournalMark[]
  readonly resources?: Partial<Survey['resources']>
}

/** Tenant acme with one application, nothing claimed. */
function surveyOf({ tenants = [acme], applications = { 't-1': [web] }, marks = [], resources = {} }: Parts): Survey {
  return {
    organization: 'org',
    inventory: { tenants, applications: new Map(Object.entries(applications)) },
    marks,
    resources: { tenants: [], applications: [], ...resources },
  }
}

/** Each tenant that is told of as `id: its applications`, with `of NAME` behind the id where it has a resource. */
function found(parts: Parts): string[] {
  return unclaimedIn(surveyOf(parts)).adoptable.map(({ tenant, resource, applications }) => {
    const owner = resource ? ` of ${resource.metadata.namespace}/${resource.metadata.name}` : ''
    return `${tenant.id}${owner}: ${applications.map(({ id }) => id).join(' ')}`
  })
}

function marked(attempt: ApplicationAttempt | TenantAttempt): JournalMark {
  const mark = journalMarkOf(journalOf(attempt))
  if ('problem' in mark) throw new Error(mark.problem)
  return mark
}

const attempt = applicationAttempt()
const answered = marked({ ...attempt, state: 'answered', answer: answerOf(attempt) })
const bound = marked({ ...attempt, state: 'bound', answer: answerOf(attempt) })
const others = { status: { organization: 'other' } }
const gone = { deletionTimestamp: timestamp(NOW) }

type Row = [title: string, parts: Parts, found: readonly string[], leftOut?: readonly RegExp[]]

const rows: Row[] = [
  ['a tenant and its application that nobody has', {}, ['t-1: a-1']],
  ['a tenant without applications', { applications: { 't-1': [] } }, ['t-1: ']],
  ['a tenant that went before its applications were listed', { applications: {} }, ['t-1: ']],
  [
    'nothing of a tenant and an application that are bound',
    { resources: { tenants: [boundTenant()], applications: [boundApplication()] } },
    [],
  ],
  [
    'an application in a tenant that has a resource',
    { resources: { tenants: [boundTenant()] } },
    ['t-1 of team/acme: a-1'],
  ],
  ['a tenant whose application is bound', { resources: { applications: [boundApplication()] } }, ['t-1: ']],
  [
    'nothing that a resource has replaced and not deleted yet, or suspects',
    {
      applications: { 't-1': [web, externalApplication('a-2'), externalApplication('a-3')] },
      resources: {
        tenants: [boundTenant()],
        applications: [
          boundApplication('a-1', {
            status: {
              credentials: [{ applicationId: 'a-2', clientId: 'c', state: 'Retiring', issuedAt: timestamp(NOW) }],
              suspects: [{ applicationId: 'a-3', clientId: 'c', firstSeenAt: timestamp(NOW) }],
            },
          }),
        ],
      },
    },
    [],
  ],
  ['nothing that the journal of a create has made', { resources: { tenants: [boundTenant()] }, marks: [answered] }, []],
  ['nothing that a journal has handed over', { resources: { tenants: [boundTenant()] }, marks: [bound] }, []],
  [
    'tenants by name, applications by cell and id',
    {
      tenants: [externalTenant('t-2', { name: 'b' }), externalTenant('t-3', { name: 'a' })],
      applications: {
        't-2': [externalApplication('b'), externalApplication('a', { cell: 'us-1' }), externalApplication('a2')],
      },
    },
    ['t-3: ', 't-2: a2 b a'],
  ],
  [
    'the bound resource of two, since it has the tenant',
    {
      resources: {
        tenants: [tenantOf(), boundTenant('t-1', { metadata: { name: 'the-one' }, spec: { name: 'acme' } })],
      },
    },
    ['t-1 of team/the-one: a-1'],
  ],
  [
    'applications of a tenant that a resource asks for',
    { resources: { tenants: [tenantOf({ metadata: { name: 'x' }, spec: { name: 'acme' } })] } },
    ['t-1 of team/x: a-1'],
    [/^tenant acme \(t-1\): RaiTenant team\/x asks for it and is not bound to it: see its conditions$/],
  ],
  [
    '… be it bound to one of that name that is gone',
    { resources: { tenants: [boundTenant('t-0')] } },
    ['t-1 of team/acme: a-1'],
    [/RaiTenant team\/acme asks for it/],
  ],
  [
    '… the elder of two',
    {
      resources: {
        tenants: [
          tenantOf({ metadata: { name: 'x', creationTimestamp: timestamp(NOW + 1_000) }, spec: { name: 'acme' } }),
          tenantOf(),
        ],
      },
    },
    ['t-1 of team/acme: a-1'],
    [/RaiTenant team\/acme asks for it/],
  ],
  [
    'a tenant whose name a resource of another organization has',
    { resources: { tenants: [boundTenant('t-0', others)] } },
    ['t-1: a-1'],
  ],
  [
    'no application for which a resource asks',
    {
      resources: {
        tenants: [boundTenant()],
        applications: [applicationOf({ spec: { adopt: { applicationId: 'a-1' } } })],
      },
    },
    [],
    [/^tenant acme \(t-1\): application a-1 is asked for by RaiTenantApplication team\/web: see its conditions$/],
  ],
  [
    '… unless that is being deleted',
    {
      resources: {
        tenants: [boundTenant()],
        applications: [applicationOf({ metadata: gone, spec: { adopt: { applicationId: 'a-1' } } })],
      },
    },
    ['t-1 of team/acme: a-1'],
  ],
  [
    '… or has another one by now',
    {
      resources: {
        tenants: [boundTenant()],
        applications: [boundApplication('a-2', { spec: { adopt: { applicationId: 'a-1' } } })],
      },
    },
    ['t-1 of team/acme: a-1'],
  ],
  [
    'nothing in a tenant whose resource is being deleted',
    { resources: { tenants: [boundTenant('t-1', { metadata: gone })] } },
    [],
    [/^tenant acme \(t-1\): its resource is being deleted, so nothing in it is taken over: a-1$/],
  ],
  [
    'no word of such a tenant that is empty',
    { applications: { 't-1': [] }, resources: { tenants: [boundTenant('t-1', { metadata: gone })] } },
    [],
  ],
  [
    'no application that an open create may have made',
    { marks: [marked(attempt)] },
    ['t-1: '],
    [
      /^tenant acme \(t-1\): a create for RaiTenantApplication team\/web is not settled yet, and may have made one of these: a-1$/,
    ],
  ],
  [
    'applications in another tenant than that of an open create',
    { marks: [marked({ ...attempt, tenantId: 't-2' })] },
    ['t-1: a-1'],
  ],
  [
    'applications in a tenant where a create was given up',
    { marks: [marked({ ...attempt, state: 'abandoned' })] },
    ['t-1: a-1'],
  ],
  [
    'no tenant that a create of its name may have made, nor what is in it',
    { marks: [marked(tenantAttempt())] },
    [],
    [
      /^tenant acme \(t-1\): a create for RaiTenant team\/acme is not settled yet, and may have made it; and with it the applications a-1$/,
    ],
  ],
  [
    '… also if it was given up, and made when that tenant was',
    {
      tenants: [externalTenant('t-1', { createdAt: timestamp(NOW) })],
      marks: [marked(tenantAttempt({ state: 'abandoned' }))],
    },
    [],
    [/may have made it/],
  ],
  [
    'a tenant that is older than such a create',
    { marks: [marked(tenantAttempt({ state: 'abandoned', openedAt: NOW + 3_600_000 }))] },
    ['t-1: a-1'],
  ],
  [
    'a tenant of another name than that of a create',
    { marks: [marked(tenantAttempt({ tenantName: 'b' }))] },
    ['t-1: a-1'],
  ],
  [
    'no tenant whose name no resource can have',
    { tenants: [externalTenant('t-1', { name: 'Acme.com' })], applications: {} },
    [],
    [/^tenant Acme\.com \(t-1\): no RaiTenant can have its name$/],
  ],
  [
    'no application that no resource can describe',
    {
      applications: {
        't-1': [
          externalApplication('a-1', { cell: 'moon' }),
          externalApplication('a-2', { scopes: ['documents.all'] }),
          externalApplication('a-3', { scopes: [] }),
          externalApplication('.a-4'),
          externalApplication('a-5'),
        ],
      },
    },
    ['t-1: a-5'],
    [/application \.a-4 is in a cell or has/, /application a-2 /, /application a-3 /, /application a-1 /],
  ],
]

for (const [title, parts, expected, leftOut = []] of rows) {
  test(`it finds ${title}`, () => {
    assert.equal(found(parts), expected)
    const told = unclaimedIn(surveyOf(parts)).leftOut
    assert.is(told.length, leftOut.length, told.join('\n'))
    for (const [index, pattern] of leftOut.entries()) assert.match(told[index]!, pattern)
  })
}

const cells: [cells: readonly string[], are: boolean][] = [
  [['eu-1'], true],
  [['eu-1', 'us-10'], true],
  [[], false],
  [['eu-1', 'eu-1'], false],
  [['europe'], false],
  [Array.from({ length: 32 }, (_, i) => `eu-${i}`), true],
  [Array.from({ length: 33 }, (_, i) => `eu-${i}`), false],
]

for (const [list, are] of cells) {
  test(`a resource ${are ? 'can' : 'cannot'} have ${list.length} cells: ${list.slice(0, 2).join()}`, () => {
    assert.is(areCells(list), are)
  })
}

test.run()
