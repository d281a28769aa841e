// What the operator may do: nothing that would let it, or who takes it over, do more. What only some need stands apart.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import { read, repositoryFiles } from './source-files.ts'

type Rule = {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
  readonly verbs: readonly string[]
}

type Manifest = {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly rules?: readonly Rule[]
  readonly roleRef?: { readonly name: string }
  readonly subjects?: readonly object[]
}

const OPTIONAL = repositoryFiles(/^deploy\/rbac\/optional\/.*\.yaml$/)
const OPERATOR = { kind: 'ServiceAccount', name: 'rai-operator', namespace: 'rai-system' }

function manifestsIn(path: string): Manifest[] {
  return parseAllDocuments(read(path)).map((document) => document.toJS() as Manifest)
}

/** With each of these somebody could give themselves everything else. */
const TOO_MUCH =
  /^(?:\*|escalate|bind|impersonate|deletecollection|approve|sign|serviceaccounts\/token|pods\/(?:exec|attach|ephemeralcontainers)|nodes\/proxy|.*webhookconfigurations|certificatesigningrequests)$/

const permissions = suite('permissions')

for (const path of repositoryFiles(/^deploy\/rbac\/.*\.yaml$/)) {
  const roles = manifestsIn(path).filter(({ rules }) => rules)

  permissions(`${path} gives nothing by which more could be had`, () => {
    const given = roles
      .flatMap(({ rules }) => rules!)
      .flatMap(({ apiGroups, resources, nonResourceURLs, verbs }) => [apiGroups, resources, nonResourceURLs, verbs])
      .flatMap((names = []) => names)
    assert.ok(given.length > 0)
    assert.equal(
      given.filter((one) => TOO_MUCH.test(one)),
      [],
    )
  })
}

permissions(
  'Secrets are listed and watched in the operator’s own namespace, and elsewhere only where that is asked for',
  () => {
    const everywhere = (path: string) =>
      manifestsIn(path)
        .filter(({ kind }) => kind === 'ClusterRole')
        .flatMap(({ rules }) => rules!)
        .filter(({ resources = [] }) => resources.includes('secrets'))
        .flatMap(({ verbs }) => verbs)
    assert.equal(everywhere('deploy/rbac/operator.yaml'), ['get', 'create', 'update', 'delete'])
    const others = OPTIONAL.filter((path) => everywhere(path).length > 0)
    assert.equal(others, ['deploy/rbac/optional/secrets.yaml'])
  },
)

for (const path of OPTIONAL) {
  permissions(`${path} says who needs it, and binds a role of its own to the operator alone`, () => {
    assert.match(read(path), /^# Only /)
    const manifests = manifestsIn(path)
    const roles = manifests.filter(({ rules }) => rules).map(({ metadata }) => metadata.name)
    const bindings = manifests.filter(({ roleRef }) => roleRef)
    assert.is(roles.length > 0 && bindings.length > 0, true)
    for (const { roleRef, subjects } of bindings) {
      assert.ok(roles.includes(roleRef!.name), roleRef!.name)
      assert.equal(subjects, [OPERATOR])
    }
  })
}

permissions('for metrics-auth the operator may make the two reviews, and who scrapes may get /metrics: no more', () => {
  const manifests = manifestsIn('deploy/rbac/optional/metrics-auth.yaml')
  const rulesOf = (role: string) => manifests.find(({ metadata, rules }) => rules && metadata.name === role)?.rules
  assert.equal(rulesOf('rai-operator-metrics-auth'), [
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ])
  assert.equal(rulesOf('rai-operator-metrics-reader'), [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }])
  const bound = manifests.flatMap(({ roleRef }) => roleRef?.name ?? [])
  assert.equal(bound, ['rai-operator-metrics-auth'], 'the reader is bound to nobody')
  assert.is(manifests.length, 3)
})

permissions.run()
