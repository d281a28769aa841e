// What the API server accepts and refuses in spec.secret of a RaiTenantApplication.
import type { Row } from './row.ts'
import { each } from './row.ts'

const secret = (secret: object) => ({ spec: { secret } })

const RESERVED = 'kubernetes.io, k8s.io, helm.sh, argoproj.io, fluxcd.io or resistant.ai'

/** A key in each domain on which other software acts, and in subdomains of each. */
const RESERVED_KEYS = [
  'kubernetes.io/x',
  'app.kubernetes.io/instance',
  'k8s.io/x',
  'node.k8s.io/x',
  'helm.sh/chart',
  'meta.helm.sh/release-name',
  'argoproj.io/x',
  'argocd.argoproj.io/instance',
  'fluxcd.io/x',
  'kustomize.toolkit.fluxcd.io/name',
  'resistant.ai/x',
  'tenants.resistant.ai/claim',
]

const names: readonly Row[] = [
  { rule: 'a Secret may be named', ...secret({ name: 'acme.credentials-1' }) },
  {
    rule: 'a Secret name of 254 characters is refused',
    ...secret({ name: 'a'.repeat(254) }),
    refused: { 'spec.secret.name': 'may not be more than 253' },
  },
  ...each(['Credentials', 'my_secret', '-x', 'a..b', 'a/b'], (name) => ({
    rule: `the Secret name "${name}" is refused`,
    ...secret({ name }),
    refused: { 'spec.secret.name': 'should match' },
  })),
  { rule: 'a Secret may be renamed', before: { secret: { name: 'old' } }, ...secret({ name: 'new' }) },
]

const types: readonly Row[] = [
  ...each(['Opaque', 'example.com/credentials', 'mykubernetes.io/x', 'kubernetes.io.example/x'], (type) => ({
    rule: `the Secret type ${type} is accepted`,
    ...secret({ type }),
  })),
  ...each(['kubernetes.io/tls', 'bootstrap.kubernetes.io/token', 'helm.sh/release.v1', ...RESERVED_KEYS], (type) => ({
    rule: `the Secret type ${type} is refused`,
    ...secret({ type }),
    refused: { 'spec.secret.type': RESERVED },
  })),
  {
    rule: 'a malformed Secret type is refused',
    ...secret({ type: 'a type' }),
    refused: { 'spec.secret.type': 'should match' },
  },
  {
    rule: 'the Secret type may not change',
    before: { secret: { type: 'example.com/a' } },
    ...secret({ type: 'example.com/b' }),
    refused: { 'spec.secret.type': 'cannot be changed' },
  },
  {
    rule: 'a Secret type other than Opaque may not come later',
    before: {},
    ...secret({ type: 'example.com/a' }),
    refused: { 'spec.secret.type': 'cannot be changed' },
  },
  {
    rule: 'a Secret type other than Opaque may not go later',
    before: { secret: { name: 'x', type: 'example.com/a' } },
    ...secret({ name: 'x' }),
    refused: { 'spec.secret.type': 'cannot be changed' },
  },
  {
    rule: 'a Secret type other than Opaque may not go with all of spec.secret',
    before: { secret: { type: 'example.com/a' } },
    refused: { 'spec.secret.type': 'cannot be changed' },
  },
  { rule: 'the Secret type Opaque may be written down later', before: {}, ...secret({ type: 'Opaque' }) },
  { rule: 'the Secret type Opaque may be left out later', before: { secret: { type: 'Opaque' } } },
]

const metadata: readonly Row[] = [
  {
    rule: 'a Secret may get labels and annotations',
    ...secret({
      labels: { team: 'a', 'example.com/part-of': 'web', 'notk8s.io/x': '' },
      annotations: { 'reloader.example.com/match': 'true', 'Example.com/Note': 'any text: even this\n'.repeat(100) },
    }),
  },
  {
    rule: 'labels and annotations may change',
    before: { secret: { labels: { team: 'a' }, annotations: { note: 'x' } } },
    ...secret({ labels: { team: 'b' } }),
  },
  ...each(RESERVED_KEYS, (key) => ({
    rule: `the label ${key} is refused`,
    ...secret({ labels: { team: 'a', [key]: 'x' } }),
    refused: { 'spec.secret.labels': RESERVED },
  })),
  ...each([...RESERVED_KEYS, 'ArgoCD.argoproj.io/compare-options'], (key) => ({
    rule: `the annotation ${key} is refused`,
    ...secret({ annotations: { note: 'a', [key]: 'x' } }),
    refused: { 'spec.secret.annotations': RESERVED },
  })),
  ...each(['a team', 'a/b/c', '-team', '/team', 'x'.repeat(64)], (key) => ({
    rule: `the label key "${key}" is refused`,
    ...secret({ labels: { [key]: 'a' } }),
    refused: { 'spec.secret.labels': 'label key' },
  })),
  {
    rule: 'a malformed label value is refused',
    ...secret({ labels: { team: 'a b' } }),
    refused: { 'spec.secret.labels.team': 'should match' },
  },
  {
    rule: 'a label value of 64 characters is refused',
    ...secret({ labels: { team: 'a'.repeat(64) } }),
    refused: { 'spec.secret.labels.team': 'may not be more than 63' },
  },
  ...each(['a note', 'a/b/c', 'x'.repeat(64)], (key) => ({
    rule: `the annotation key "${key}" is refused`,
    ...secret({ annotations: { [key]: 'a' } }),
    refused: { 'spec.secret.annotations': 'annotation key' },
  })),
  {
    rule: 'an annotation of 4097 characters is refused',
    ...secret({ annotations: { note: 'a'.repeat(4097) } }),
    refused: { 'spec.secret.annotations.note': 'may not be more than 4096' },
  },
  {
    rule: 'more than 32 labels are refused',
    ...secret({ labels: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`l${index}`, ''])) }),
    refused: { 'spec.secret.labels': 'at most 32' },
  },
]

const keys = (keys: object) => secret({ keys })

const fields: readonly Row[] = [
  {
    rule: 'every field may stand under another key',
    ...keys({
      client_id: 'CLIENT_ID',
      client_secret: 'CLIENT_SECRET',
      'private_key.pem': 'tls.key',
      'private_key.jwk': 'key.json',
      kid: 'KID',
      token_url: 'TOKEN_URL',
      auth_server: 'AUTH_SERVER',
      documents_api_url: '.url',
      scope: '_scope',
      cell: '-',
      tenant_id: '0',
      application_id: 'a'.repeat(253),
    }),
  },
  { rule: 'two fields may swap their keys', ...keys({ client_id: 'kid', kid: 'client_id' }) },
  { rule: 'a field may be given its own name', ...keys({ client_id: 'client_id' }) },
  { rule: 'keys may change', before: { secret: { keys: { kid: 'a' } } }, ...keys({ kid: 'b', scope: 'a' }) },
  {
    rule: 'two fields may not be given one key',
    ...keys({ client_id: 'id', application_id: 'id' }),
    refused: { 'spec.secret.keys': 'a key of its own' },
  },
  {
    rule: 'a field may not be given the key under which another stands by default',
    ...keys({ client_id: 'kid' }),
    refused: { 'spec.secret.keys': 'a key of its own' },
  },
  {
    rule: 'that holds for the two private keys, too',
    ...keys({ 'private_key.pem': 'private_key.jwk' }),
    refused: { 'spec.secret.keys': 'a key of its own' },
  },
  ...each(['', 'a key', 'a/b', '.', '..', '..a', 'ä', 'a'.repeat(254)], (key) => ({
    rule: `the Secret key "${key.slice(0, 10)}" of ${key.length} characters is refused`,
    ...keys({ scope: key }),
    refused: { 'spec.secret.keys.scope': '' },
  })),
]

export const SECRET_ROWS: readonly Row[] = [...names, ...types, ...metadata, ...fields]
