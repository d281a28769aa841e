// What the schema does not give away: values for its free texts, and its CEL rules said again as predicates.

import { SECRET_FIELDS } from '../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'

/** An object, or a part of one, as its author writes it. */
export type Fields = Readonly<Record<string, unknown>>

/** Whether the part of an object that a rule stands at keeps it. `old` is that part before, where the rule asks for it. */
type Rule = (self: never, old: never) => boolean

/** By the places of a schema, see `walk` in test/api/schemas.ts; `''` is the whole object. */
export type Vocabulary = {
  /** For each string without an enum. */
  readonly texts: Readonly<Record<string, readonly string[]>>
  /** For each map. */
  readonly keys: Readonly<Record<string, readonly string[]>>
  /** For each `x-kubernetes-validations`, in its order. */
  readonly rules: Readonly<Record<string, readonly Rule[]>>
  /** What is refused, or not known outside: drawn now and then only, since nothing else can be seen while it is there. */
  readonly seldom: Readonly<Record<string, readonly unknown[]>>
}

const MINUTE_MS = 60_000
const QUALIFIED = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const OF_OTHERS = /^([^/]*[.])?(kubernetes[.]io|k8s[.]io|helm[.]sh|argoproj[.]io|fluxcd[.]io|resistant[.]ai)(\/|$)/

type Tenant = Pick<RaiTenant, 'metadata' | 'spec'>
type Admitted = NonNullable<RaiTenant['spec']['allowedNamespaces']>
type Expression = NonNullable<NonNullable<Admitted['selector']>['matchExpressions']>[number]
type Spec = RaiTenantApplication['spec']

const isSame = (self: unknown, old: unknown): boolean => JSON.stringify(self) === JSON.stringify(old)
const isSameSet = (self: string[], old: string[]): boolean => isSame(self.toSorted(), old.toSorted())
const areQualified = (map: Fields): boolean => Object.keys(map).every((key) => QUALIFIED.test(key))
const areFree = (map: Fields): boolean => Object.keys(map).every((key) => !OF_OTHERS.test(key))

export const TENANT_VOCABULARY: Vocabulary = {
  texts: {
    'spec.name': ['acme', 'another'],
    'spec.cells[]': ['eu-1', 'us-1', 'ap-2'],
    'spec.allowedNamespaces.selector.matchLabels{}': ['', 'partner', 'b.c_d'],
    'spec.allowedNamespaces.selector.matchExpressions[].key': ['team', 'kubernetes.io/metadata.name'],
    'spec.allowedNamespaces.selector.matchExpressions[].values[]': ['partner', 'guests', ''],
  },
  keys: { 'spec.allowedNamespaces.selector.matchLabels': ['team', 'example.com/tier'] },
  rules: {
    '': [
      ({ metadata, spec }: Tenant) => spec.name !== undefined || /^[a-z0-9]{1,61}$/.test(metadata.name),
      (self: Tenant, old: Tenant) => (self.spec.name ?? self.metadata.name) === (old.spec.name ?? old.metadata.name),
    ],
    'spec.cells': [isSameSet],
    'spec.allowedNamespaces': [
      ({ from, selector }: Admitted) => from !== 'Selector' || selector !== undefined,
      ({ from, selector }: Admitted) => from === 'Selector' || selector === undefined,
    ],
    'spec.allowedNamespaces.selector.matchLabels': [areQualified],
    'spec.allowedNamespaces.selector.matchExpressions[]': [
      ({ operator, values = [] }: Expression) => !operator.endsWith('In') || values.length > 0,
      ({ operator, values = [] }: Expression) => operator.endsWith('In') || values.length === 0,
    ],
  },
  // Only an existing tenant will do, and there is none.
  seldom: { 'spec.adoptionPolicy': ['MustExist'] },
}

/** In milliseconds, of what the patterns admit. */
function msOf(duration: string): number {
  const parts = Array.from(
    duration.matchAll(/([0-9.]+)(ms|s|m|h)/g),
    ([, count, unit]) => [Number(count), unit] as const,
  )
  const unitMs = { ms: 1, s: 1_000, m: MINUTE_MS, h: 60 * MINUTE_MS } as const
  return parts.reduce((sum, [count, unit]) => sum + count * unitMs[unit as keyof typeof unitMs], 0)
}

const IDS = ['nobody', 'no-one:else']
const LABEL_KEYS = ['team', 'app', 'example.com/tier']
const secretType = (spec: Spec): string => spec.secret?.type ?? 'Opaque'

export const APPLICATION_VOCABULARY: Vocabulary = {
  texts: {
    'spec.tenantRef.name': ['acme', 'another'],
    'spec.tenantRef.namespace': ['team', 'guests'],
    // The last is one that the service does not have.
    'spec.cell': ['eu-1', 'us-1', 'ap-2', 'ap-3', 'zz-9'],
    'spec.secret.name': ['web', 'credential', 'credential.v2'],
    'spec.secret.type': ['Opaque', 'example.com/credential'],
    'spec.secret.labels{}': ['', 'web', 'b.c_d'],
    'spec.secret.annotations{}': ['', 'web', 'read by "web",\nwritten by others'],
    // Some of them are another field's own name: two may change places.
    ...Object.fromEntries(
      SECRET_FIELDS.map((field) => [
        `spec.secret.keys.${field}`,
        [field.toUpperCase(), `.${field}`, field, 'client_id', 'kid', 'cell'],
      ]),
    ),
    'spec.rotation.every': ['10m', '35m', '1h30m', '4h', '720h'],
    'spec.overlap': ['5m', '300s', '450.5s', '0.25h', '40m'],
    'spec.adopt.applicationId': IDS,
  },
  keys: { 'spec.secret.labels': LABEL_KEYS, 'spec.secret.annotations': [...LABEL_KEYS, 'Example.com/Tier'] },
  rules: {
    spec: [
      (self: Spec, old: Spec) => secretType(self) === secretType(old),
      ({ adopt }: Spec, old: Spec) => adopt === undefined || (old.adopt !== undefined && isSame(adopt, old.adopt)),
      ({ rotation, overlap }: Spec) => !rotation || !overlap || msOf(rotation.every) >= 2 * msOf(overlap),
    ],
    'spec.tenantRef': [isSame],
    'spec.auth': [({ type, rsa }: Spec['auth']) => type === 'RSA' || rsa === undefined],
    'spec.secret.type': [(type: string) => !OF_OTHERS.test(type)],
    'spec.secret.labels': [areQualified, areFree],
    'spec.secret.annotations': [
      (map: Fields) => Object.keys(map).every((key) => QUALIFIED.test(key.toLowerCase())),
      (map: Fields) => Object.keys(map).every((key) => !OF_OTHERS.test(key.toLowerCase())),
    ],
    'spec.secret.keys': [
      (keys: Readonly<Record<string, string>>) =>
        new Set(SECRET_FIELDS.map((field) => keys[field] ?? field)).size === SECRET_FIELDS.length,
    ],
    'spec.rotation.every': [(every: string) => msOf(every) >= 10 * MINUTE_MS],
    'spec.overlap': [(overlap: string) => msOf(overlap) >= 5 * MINUTE_MS],
  },
  seldom: { 'spec.cell': ['zz-9'], 'spec.adopt.applicationId': IDS },
}
