// A thousand changes of specs, drawn from the schema, back and forth: the end is that of the last spec applied alone.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Schema } from '../api/schemas.ts'
import { walk } from '../api/schemas.ts'
import type { Manifests } from './manifests.ts'
import { CHANGES, KINDS } from './manifests.ts'
import { RecurringKeys } from './recurring-keys.ts'
import { gapsIn } from './spec-generator.ts'
import type { Fields, Vocabulary } from './spec-vocabulary.ts'
import { liveThroughChanges } from './transitions.ts'

const test = suite('transitions')
const keys = await RecurringKeys.make()
const CHAINS = 1_000 / CHANGES
const BATCH = 25

/**
 * Fields that no change may change, by their CEL rules. Of `spec.name`, `spec.cells` and `spec.secret.type` it is the meaning
 * that is fixed: they change to what means the same. `spec.adopt` can only be taken away.
 */
const FIXED: ReadonlySet<string> = new Set(['spec.tenantRef.name', 'spec.tenantRef.namespace'])
const REMOVED_ONLY: ReadonlySet<string> = new Set(['spec.adopt.applicationId'])

const chains: (readonly Manifests[])[] = []
const compared = { done: 0, refused: 0 }

for (let first = 0; first < CHAINS; first += BATCH) {
  test(`chains ${first} to ${first + BATCH - 1} end as a fresh start`, async () => {
    const failures: string[] = []
    for (let seed = first; seed < first + BATCH; seed++) {
      const lived = await liveThroughChanges(keys, seed)
      chains.push(lived.chain)
      compared.done += lived.compared.done
      compared.refused += lived.compared.refused
      if (lived.faults.length > 0) {
        failures.push(`${lived.faults.join('; ')}. repeat: node test/sim/replay.ts changes ${seed}`)
      }
    }
    assert.equal(failures, [])
  })
}

test('there were 1000 changes, most of them to what can be done', () => {
  assert.is(
    chains.reduce((sum, chain) => sum + chain.length - 1, 0),
    1_000,
  )
  assert.ok(compared.done > 300, String(compared.done))
  assert.ok(compared.refused > 30, String(compared.refused))
})

for (const kind of ['tenant', 'application'] as const) {
  const { schema, vocabulary } = KINDS[kind]
  const fields = leavesOf(schema.properties!['spec']!)
  const changes = () => chains.flatMap((chain) => chain.slice(1).map((one, index) => [chain[index]![kind], one[kind]]))

  test(`each field of the ${kind} was set, changed and taken away, but for those that are fixed`, () => {
    const seen = (is: (before: unknown, after: unknown) => boolean) =>
      fields
        .map(({ path }) => path)
        .filter((path) => changes().some(([b, a]) => is(valueAt(b, path), valueAt(a, path))))
    const movable = fields.map(({ path }) => path).filter((path) => !FIXED.has(path))
    const settable = movable.filter((path) => !REMOVED_ONLY.has(path))
    const isOptional = (path: string) => !isRequired(schema, path)
    assert.equal(
      seen((before, after) => JSON.stringify(before) !== JSON.stringify(after)),
      movable,
    )
    assert.equal(
      seen((before, after) => before === undefined && after !== undefined),
      settable.filter(isOptional),
    )
    assert.equal(
      seen((before, after) => before !== undefined && after === undefined),
      movable.filter(isOptional),
    )
  })

  test(`each value of the ${kind} that the schema names was applied`, () => {
    const applied = chains.flatMap((chain) => chain.map((one) => one[kind]))
    const missing = fields.flatMap(({ path, schema: { enum: values, type } }) => {
      const wanted = values ?? (type === 'boolean' ? [true, false] : [])
      return wanted
        .filter((value) => !applied.some((spec) => valueAt(spec, path) === value))
        .map((value) => `${path}: ${String(value)}`)
    })
    assert.equal(missing, [])
  })

  test(`a field of the ${kind} that the generator does not know is found out`, () => {
    const withField = (field: Schema): string[] => gapsIn(extended(schema, field), vocabulary)
    assert.equal(gapsIn(schema, vocabulary), [])
    assert.equal(withField({ type: 'string' }), ['spec.novelty has no values'])
    assert.equal(withField({ type: 'integer' }), ['spec.novelty has no values'])
    assert.equal(withField({ type: 'object', additionalProperties: { type: 'string' } }), [
      'spec.novelty has no values',
      'spec.novelty{} has no values',
    ])
    assert.equal(withField({ type: 'array', items: { type: 'string' } }), ['spec.novelty[] has no values'])
    assert.equal(withField({ type: 'boolean', 'x-kubernetes-validations': [{ rule: 'self' }] }), [
      'the rules of spec.novelty are others',
    ])
    assert.equal(withField({ type: 'boolean' }), [])
  })

  test(`what the generator knows of the ${kind} and the schema does not is found out`, () => {
    const texts = { ...vocabulary.texts, 'spec.gone': ['x'] }
    assert.equal(gapsIn(schema, { ...vocabulary, texts }), ['spec.gone is not in the schema'])
    const rules = { ...vocabulary.rules, spec: [...(vocabulary.rules['spec'] ?? []), () => true] }
    assert.equal(gapsIn(schema, { ...vocabulary, rules }), ['the rules of spec are others'])
  })
}

test('a text that its field does not admit is found out', () => {
  const { schema, vocabulary } = KINDS.application
  const misspelt: Vocabulary = { ...vocabulary, texts: { ...vocabulary.texts, 'spec.cell': ['eu-1', 'Europe'] } }
  assert.equal(gapsIn(schema, misspelt), ['spec.cell cannot be "Europe"'])
})

test('a chain has the same trace each time', async () => {
  const { trace } = await liveThroughChanges(keys, 1)
  assert.ok(trace.length > 50, String(trace.length))
  assert.equal((await liveThroughChanges(keys, 1)).trace, trace)
})

/** The places that have a value of their own; a list and a map are one. */
function leavesOf(spec: Schema) {
  return [...walk(spec, 'spec')].filter(({ path, schema }) => !schema.properties && !/\[\]|\{\}/.test(path))
}

function valueAt(spec: unknown, path: string): unknown {
  return partsOf(path).reduce((value, name) => (value as Fields | undefined)?.[name], spec)
}

/** Without `spec`; a field's own name may have a dot. */
function partsOf(path: string): string[] {
  return path
    .replace('private_key.', 'private_key:')
    .split('.')
    .slice(1)
    .map((name) => name.replace(':', '.'))
}

/** It and all that it is in. */
function isRequired(schema: Schema, path: string): boolean {
  let within = schema.properties!['spec']!
  return partsOf(path).every((name) => {
    const isListed = within.required?.includes(name) ?? false
    within = within.properties![name]!
    return isListed
  })
}

function extended(schema: Schema, novelty: Schema): Schema {
  const spec = schema.properties!['spec']!
  return {
    ...schema,
    properties: { ...schema.properties, spec: { ...spec, properties: { ...spec.properties, novelty } } },
  }
}

test.run()
