// Which definitions the operator can work with, and what is said of the others.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DEFINITIONS } from '../../src/api/generated/definitions.ts'
import type { Definition } from '../../src/cli/definitions.ts'
import { expectedOf, problemOf } from '../../src/cli/definitions.ts'
import { CRDS } from '../api/schemas.ts'

const test = suite('cli/definitions')

/** As the API server has them once they are installed. */
const status = { conditions: [{ type: 'Established', status: 'True' }] }
const INSTALLED = CRDS.map((crd) => Object.assign(structuredClone(crd) as unknown as Definition, { status }))
const definition = INSTALLED.find(({ spec }) => spec.names.plural === 'raitenants')!
const expected = expectedOf(definition)

type Schema = { properties: Record<string, Schema>; maxLength?: number; description?: string; items?: Schema }

function changed(change: (schema: Schema, whole: Definition) => void): Definition {
  const copy = structuredClone(definition)
  change(copy.spec.versions[0]!.schema!.openAPIV3Schema as Schema, copy)
  return copy
}

test('what is generated from crds/ fits what is installed from crds/', () => {
  assert.equal(
    INSTALLED.map((one) =>
      problemOf(
        one,
        DEFINITIONS.find(({ plural }) => plural === one.spec.names.plural)!,
      ),
    ),
    [undefined, undefined],
  )
})

test('fields are named with all that they are in', () => {
  const { fields } = DEFINITIONS.find(({ plural }) => plural === 'raitenants')!
  const some = ['spec', 'spec.allowedNamespaces.selector.matchExpressions[].key', 'status.links[].host']
  for (const field of some) assert.ok((fields as readonly string[]).includes(field), field)
})

const rows: [title: string, found: Definition | undefined, problem: RegExp | undefined][] = [
  ['as it is', definition, undefined],
  ['with other descriptions', changed((schema) => (schema.description = 'other words')), undefined],
  [
    'with its members in another order',
    changed((schema) => (schema.properties = reversed(schema.properties))),
    undefined,
  ],
  ['that is not there', undefined, /^is not there: kubectl apply -f crds\//],
  [
    'that is being deleted',
    { ...definition, metadata: { ...definition.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
    /^is being deleted/,
  ],
  [
    'of another version',
    changed((_, whole) => Object.assign(whole.spec.versions[0]!, { name: 'v1' })),
    /^does not serve v1alpha1, but v1: kubectl apply/,
  ],
  [
    'that serves nothing',
    changed((_, whole) => Object.assign(whole.spec.versions[0]!, { served: false })),
    /^does not serve v1alpha1, but nothing: /,
  ],
  ['that is not established', { ...definition, status: { conditions: [] } }, /^is not established: /],
  [
    'without a field',
    changed((schema) => delete schema.properties['status']!.properties['links']),
    /^is too old, it lacks status\.links: kubectl apply -f crds\/ of this version$/,
  ],
  [
    'without many',
    changed((schema) => (schema.properties['spec']!.properties = {})),
    /^is too old, it lacks spec\.\w+, spec\.\w+, spec\.\w+ and \d+ more: /,
  ],
  [
    'with a field more',
    changed((schema) => (schema.properties['spec']!.properties['region'] = { properties: {} })),
    /^is too new, this version does not know spec\.region: run the operator that it came with$/,
  ],
  [
    'with another rule',
    changed((schema) => (schema.properties['spec']!.properties['name']!.maxLength = 9)),
    /^has other rules than those of this version: /,
  ],
  [
    'without its status subresource',
    changed((_, whole) => Object.assign(whole.spec.versions[0]!, { subresources: {} })),
    /^has other rules/,
  ],
]

for (const [title, found, problem] of rows) {
  test(`a definition ${title} ${problem ? 'is no good, which is told in one line' : 'is good'}`, () => {
    const told = problemOf(found, expected)
    if (!problem) return assert.is(told, undefined)
    assert.match(told ?? '', problem)
    assert.not.match(told!, '\n')
  })
}

function reversed<T>(members: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(members).toReversed())
}

test.run()
