// How the CRDs are made: rules that the API server does not check.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  APPLICATION_KIND,
  APPLICATION_PLURAL,
  GROUP,
  SECRET_FIELDS,
  TENANT_KIND,
  TENANT_PLURAL,
  VERSION,
} from '../../src/api/names.ts'
import { CRDS, schemaOf, walk } from './schemas.ts'
import type { Crd, Place, Schema } from './schemas.ts'

const crds = suite('crds')

/** Paths of the places in a CRD that a rule finds fault with. */
function faults(crd: Crd, isFault: (place: Place) => boolean): string[] {
  return Array.from(walk(schemaOf(crd)))
    .filter(isFault)
    .map(({ path }) => path)
}

crds('there is one CRD for each kind, with the names that the code uses', () => {
  const names = CRDS.map(({ metadata, spec }) => [metadata.name, spec.names.kind, spec.names.plural])
  assert.equal(names, [
    [`${APPLICATION_PLURAL}.${GROUP}`, APPLICATION_KIND, APPLICATION_PLURAL],
    [`${TENANT_PLURAL}.${GROUP}`, TENANT_KIND, TENANT_PLURAL],
  ])
})

for (const crd of CRDS) {
  const { kind, plural } = crd.spec.names

  crds(`${kind}: file, scope, version and category are as promised`, () => {
    const { file, metadata, spec } = crd
    assert.is(file, `${GROUP}_${plural}.yaml`)
    assert.equal(metadata.annotations, { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' })
    assert.is(spec.scope, 'Namespaced')
    assert.equal(spec.names.categories, ['rai'])
    assert.equal(
      spec.versions.map(({ name, subresources }) => ({ name, subresources })),
      [{ name: VERSION, subresources: { status: {} } }],
    )
  })

  crds(`${kind}: every field has a description, in whole sentences`, () => {
    // The API server allows none on metadata.
    const silent = faults(crd, ({ path, schema }) => path !== 'metadata' && !/^\S.*\.$/.test(schema.description ?? ''))
    assert.equal(silent, [])
  })

  crds(`${kind}: no description says no more than the field's name`, () => {
    const words = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? []
    const articles = new Set(['the', 'a', 'an', 'of', 'is', 'this', 'its'])
    const empty = faults(crd, ({ path, schema }) => {
      const name = path
        .replaceAll(/\[\]|\{\}/g, '')
        .split('.')
        .at(-1)!
      const known = new Set([...words(name.replaceAll(/([A-Z])/g, ' $1')), ...articles])
      return schema.description !== undefined && words(schema.description).every((word) => known.has(word))
    })
    assert.equal(empty, [])
  })

  crds(`${kind}: every list says what identifies its items`, () => {
    const unclear = faults(crd, ({ schema }) => {
      if (schema.type !== 'array') return false
      const type = schema['x-kubernetes-list-type']
      const keys = schema['x-kubernetes-list-map-keys'] ?? []
      const required = schema.items?.required ?? []
      return type === undefined || (type === 'map') !== keys.length > 0 || keys.some((key) => !required.includes(key))
    })
    assert.equal(unclear, [])
  })

  crds(`${kind}: nothing inside a list has a default`, () => {
    const inside = faults(crd, ({ path, schema }) => path.includes('[]') && schema.default !== undefined)
    assert.equal(inside, [])
  })

  crds(`${kind}: all that a user writes is bounded`, () => {
    const unbounded = faults(crd, ({ path, schema }) => {
      if (!path.startsWith('spec')) return false
      if (schema.type === 'string') return schema.maxLength === undefined && schema.enum === undefined
      if (schema.type === 'array') return schema.maxItems === undefined
      return schema.additionalProperties !== undefined && schema.maxProperties === undefined
    })
    assert.equal(unbounded, [])
  })

  crds(`${kind}: every rule has a message that is no question of CEL`, () => {
    const mute = faults(crd, ({ schema }) =>
      (schema['x-kubernetes-validations'] ?? []).some(({ message }) => !message || /self|has\(/.test(message)),
    )
    assert.equal(mute, [])
  })

  crds(`${kind}: a new object is never mistaken for finished`, () => {
    const { status } = schemaOf(crd).properties!
    assert.equal(status!.default, { observedGeneration: -1 })
  })

  crds(`${kind}: nobody is made to delete anything by a default`, () => {
    assert.is(schemaOf(crd).properties!['spec']!.properties!['deletionPolicy']!.default, undefined)
  })
}

function at(crd: Crd, path: string): Schema {
  const found = Array.from(walk(schemaOf(crd))).find((place) => place.path === path)
  if (!found) throw new Error(`${crd.file} has no ${path}`)
  return found.schema
}

const [applications, tenants] = CRDS as [Crd, Crd]

crds('what both kinds have in common is written alike', () => {
  for (const path of ['status.conditions[]', 'status.observedGeneration']) {
    assert.equal(at(applications, path), at(tenants, path), path)
  }
  for (const path of ['spec.deletionPolicy', 'status.provenance']) {
    assert.equal(at(applications, path).enum, at(tenants, path).enum, path)
  }
})

crds('spec.secret.keys knows exactly the fields of a Secret', () => {
  assert.equal(Object.keys(at(applications, 'spec.secret.keys').properties!).toSorted(), [...SECRET_FIELDS].toSorted())
})

crds('the rule on keys looks at every field of a Secret, under its own name', () => {
  const [{ rule } = { rule: '' }] = at(applications, 'spec.secret.keys')['x-kubernetes-validations'] ?? []
  const looked = Array.from(rule.matchAll(/self\.\?(\w+\.orValue\('[^']+'\))/g), ([, look]) => look)
  const expected = SECRET_FIELDS.map((field) => `${field.replaceAll('.', '__dot__')}.orValue('${field}')`)
  assert.equal(looked, expected)
})

crds('types, labels and annotations of a Secret are kept from the same domains', () => {
  const domains = ['type', 'labels', 'annotations'].map((field) => {
    const rules = at(applications, `spec.secret.${field}`)['x-kubernetes-validations'] ?? []
    return rules.flatMap(({ rule }) => rule.match(/\(\[\^\/\]\*\[\.\]\)\?\(([^)]*)\)/)?.[1] ?? [])
  })
  const expected = ['kubernetes[.]io|k8s[.]io|helm[.]sh|argoproj[.]io|fluxcd[.]io|resistant[.]ai']
  assert.equal(domains, [expected, expected, expected])
})

crds.run()
