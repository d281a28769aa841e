// Makes specs that the schema admits, and changes of them that it admits, at random and from the schema itself.
import { isDeepStrictEqual } from 'node:util'
import type { Schema } from '../api/schemas.ts'
import { walk } from '../api/schemas.ts'
import { completed } from '../doubles/memory-api/decoding.ts'
import { pick } from './random.ts'
import type { Fields, Vocabulary } from './spec-vocabulary.ts'

/** How many items a list has at most, and how many keys a map. */
const MOST = 3
/** A draw is refused by the rules most often for what cannot be changed. */
const DRAWS = 10_000
/** How often what is to be seldom is taken when it is drawn. */
const SELDOM = 0.2

export class SpecGenerator {
  readonly #schema: Schema
  readonly #name: string
  readonly #vocabulary: Vocabulary
  readonly #random: () => number

  /** For an object of this name. Throws where schema and vocabulary do not fit, see {@link gapsIn}. */
  constructor(schema: Schema, name: string, vocabulary: Vocabulary, random: () => number) {
    this.#schema = schema
    this.#name = name
    this.#vocabulary = vocabulary
    this.#random = random
    const gaps = gapsIn(schema, vocabulary)
    if (gaps.length > 0) throw new Error(`the generator does not fit the schema: ${gaps.join('; ')}`)
  }

  /** A spec for a new object, in which these fields are given. */
  first(given: Fields): Fields {
    return this.#until(
      () => ({ ...this.#object(this.#spec, 'spec'), ...given }),
      (spec) => this.#isValid(spec),
    )
  }

  /** Another spec that the object may have next: one to three of its fields are changed, set or removed. */
  next(before: Fields): Fields {
    return this.#until(
      () => {
        let spec = before
        for (let left = 1 + this.#below(MOST); left > 0; left--) spec = this.#altered(this.#spec, 'spec', spec)
        return spec
      },
      (spec) => !isDeepStrictEqual(spec, before) && this.mayBecome(before, spec),
    )
  }

  /** Whether the rules admit this change of a spec. */
  mayBecome(before: Fields, after: Fields): boolean {
    return this.#isValid(after, before)
  }

  get #spec(): Schema {
    return this.#schema.properties!['spec']!
  }

  #until(draw: () => Fields, isValid: (spec: Fields) => boolean): Fields {
    for (let left = DRAWS; left > 0; left--) {
      const spec = draw()
      if (isValid(spec) && (!this.#isSeldom(this.#spec, 'spec', spec) || this.#chance(SELDOM))) return spec
    }
    throw new Error('the rules admit nothing that is drawn')
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count)
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #value(schema: Schema, path: string): unknown {
    const from = schema.enum ?? this.#vocabulary.texts[path]
    if (from) return pick(this.#random, from)
    if (schema.type === 'boolean') return this.#chance(0.5)
    if (schema.items) return this.#list(schema, schema.items, path)
    if (schema.additionalProperties) return this.#map(schema.additionalProperties, path)
    return this.#object(schema, path)
  }

  #object({ properties = {}, required = [] }: Schema, path: string): Fields {
    const present = Object.entries(properties).filter(([name]) => required.includes(name) || this.#chance(0.5))
    return Object.fromEntries(present.map(([name, property]) => [name, this.#value(property, `${path}.${name}`)]))
  }

  #list({ minItems = 0, maxItems = MOST, ...list }: Schema, items: Schema, path: string): unknown[] {
    const count = minItems + this.#below(Math.min(maxItems, MOST) - minItems + 1)
    const drawn = Array.from({ length: count }, () => this.#value(items, `${path}[]`))
    return list['x-kubernetes-list-type'] === 'set' ? [...new Set(drawn)] : drawn
  }

  #map(values: Schema, path: string): Fields {
    const keys = this.#vocabulary.keys[path]!.filter(() => this.#chance(0.5))
    return Object.fromEntries(keys.slice(0, MOST).map((key) => [key, this.#value(values, `${path}{}`)]))
  }

  /** One of them; those that have more in them more often, so that no field is forgotten. */
  #field(properties: NonNullable<Schema['properties']>): [name: string, property: Schema] {
    const weights = Object.values(properties).map((property) => Math.sqrt([...walk(property)].length))
    let left = this.#random() * weights.reduce((sum, weight) => sum + weight, 0)
    const index = weights.findIndex((weight) => (left -= weight) < 0)
    return Object.entries(properties)[index]!
  }

  /** With one field changed, set or removed, here or further inside. */
  #altered({ properties = {}, required = [] }: Schema, path: string, before: Fields): Fields {
    const [name, property] = this.#field(properties)
    const { [name]: value, ...others } = before
    const where = `${path}.${name}`
    if (value !== undefined && property.properties && this.#chance(0.7)) {
      return { ...before, [name]: this.#altered(property, where, value as Fields) }
    }
    if (value !== undefined && !required.includes(name) && this.#chance(0.4)) return others
    return { ...before, [name]: this.#value(property, where) }
  }

  #isSeldom(schema: Schema, path: string, value: unknown): boolean {
    if (this.#vocabulary.seldom[path]?.includes(value)) return true
    return Object.entries(schema.properties ?? {}).some(([name, property]) => {
      const part = (value as Fields)[name]
      return part !== undefined && this.#isSeldom(property, `${path}.${name}`, part)
    })
  }

  /** Defaults are filled in before rules are asked, as by the API server. */
  #isValid(spec: Fields, before?: Fields): boolean {
    const whole = (spec: Fields) => completed(this.#schema, { metadata: { name: this.#name }, spec })
    return this.#keeps(this.#schema, '', whole(spec), before && whole(before))
  }

  #keeps(schema: Schema, path: string, self: unknown, old: unknown): boolean {
    const rules = this.#vocabulary.rules[path] ?? []
    const asked = (schema['x-kubernetes-validations'] ?? []).map(({ rule }, index) => ({
      isOfChange: rule.includes('oldSelf'),
      keeps: rules[index]!,
    }))
    if (
      !asked.every(({ isOfChange, keeps }) => (isOfChange && old === undefined) || keeps(self as never, old as never))
    )
      return false
    if (schema.items) {
      return (self as unknown[]).every((item) => this.#keeps(schema.items!, `${path}[]`, item, undefined))
    }
    return Object.entries(schema.properties ?? {}).every(([name, property]) => {
      const value = (self as Fields)[name]
      const where = path === '' ? name : `${path}.${name}`
      return value === undefined || this.#keeps(property, where, value, (old as Fields | undefined)?.[name])
    })
  }
}

/** Where the schema of specs and a vocabulary do not fit: a field without values, a rule without its predicate, or too many. */
export function gapsIn(schema: Schema, vocabulary: Vocabulary): string[] {
  const places = [{ path: '', schema }, ...walk(schema.properties!['spec']!, 'spec')]
  const { texts, keys, rules, seldom } = vocabulary
  const known = new Set(places.map(({ path }) => path))
  const unknown = [texts, keys, rules, seldom].flatMap((table) => Object.keys(table)).filter((path) => !known.has(path))
  return [
    ...places.flatMap(({ path, schema }) => gapsAt(path, schema, vocabulary)),
    ...unknown.map((path) => `${path} is not in the schema`),
  ]
}

function gapsAt(path: string, schema: Schema, { texts, keys, rules }: Vocabulary): string[] {
  const asked = schema['x-kubernetes-validations']?.length ?? 0
  const isKnown =
    schema.enum || schema.type === 'boolean' || schema.items || schema.properties || texts[path] || keys[path]
  const wrong = (texts[path] ?? []).filter((text) => !isText(schema, text))
  return [
    ...(isKnown ? [] : [`${path} has no values`]),
    ...wrong.map((text) => `${path} cannot be ${JSON.stringify(text)}`),
    ...(asked === (rules[path] ?? []).length ? [] : [`the rules of ${path || 'the object'} are others`]),
  ]
}

function isText({ type, pattern = '', minLength = 0, maxLength = Infinity }: Schema, text: string): boolean {
  const { length } = text
  return type === 'string' && length >= minLength && length <= maxLength && new RegExp(pattern).test(text)
}
