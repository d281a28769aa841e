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

const ROLES = repositoryFiles(/^deploy\/(?:base|components)\/.*-roles?\.yaml$/)
/** Beside the operator's own, what a component adds to them. */
const OPTIONAL = ROLES.filter((path) => /components\/(?!listed-namespaces)/.test(path))
/** For people, and what stands in the place of another where namespaces are listed. */
const isForPeople = (path: string) => path.endsWith('/user-roles.yaml')
const OPERATOR = { kind: 'ServiceAccount', name: 'rai-operator', namespace: 'rai-system' }

function manifestsIn(path: string): Manifest[] {
  return parseAllDocuments(read(path)).map((document) => document.toJS() as Manifest)
}

/** With each of these somebody could give themselves everything else. */
const TOO_MUCH =
  /^(?:\*|escalate|bind|impersonate|deletecollection|approve|sign|serviceaccounts\/token|pods\/(?:exec|attach|ephemeralcontainers)|nodes\/proxy|.*webhookconfigurations|certificatesigningrequests)$/

const permissions = suite('permissions')

for (const path of ROLES) {
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
    const operator = 'deploy/base/resources-role.yaml'
    assert.equal(everywhere(operator), ['get', 'create', 'update', 'delete'])
    const others = ROLES.filter((path) => path !== operator && everywhere(path).length > 0)
    assert.equal(others, ['deploy/components/watch-secrets/secrets-role.yaml'])
  },
)

for (const path of OPTIONAL) {
  permissions(`${path} has a component that says who needs it`, () => {
    assert.match(read(path.replace(/[^/]*$/, 'kustomization.yaml')), /^# Only /)
  })
}

for (const path of ROLES.filter((path) => !isForPeople(path))) {
  permissions(`${path} binds roles of its own to the operator alone`, () => {
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
  const manifests = manifestsIn('deploy/components/metrics-auth/metrics-auth-role.yaml')
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

permissions(
  'people may read or write both kinds, and never status, and are bound by nobody but their administrators',
  () => {
    const paths = ROLES.filter(isForPeople)
    assert.is(paths.length, 2, 'in all namespaces, and in listed ones')
    for (const path of paths) {
      const manifests = manifestsIn(path)
      assert.equal(
        manifests.map(({ metadata, rules }) => [metadata.name, rules]),
        [
          ['edit', ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']],
          ['view', ['get', 'list', 'watch']],
        ].map(([name, verbs]) => [
          `rai-operator-${name as string}`,
          [{ apiGroups: ['tenants.resistant.ai'], resources: ['raitenants', 'raitenantapplications'], verbs }],
        ]),
      )
    }
  },
)

permissions(
  'where namespaces are listed the same is given in each of them, and of the cluster the two definitions alone',
  () => {
    const rulesIn = (path: string) =>
      manifestsIn(path).flatMap(({ kind, rules = [] }) => rules.map((rule) => [kind, rule]))
    const listed = rulesIn('deploy/components/listed-namespaces/namespace/resources-role.yaml')
    assert.equal(
      listed,
      rulesIn('deploy/base/resources-role.yaml').map(([, rule]) => ['Role', rule]),
    )
    assert.equal(rulesIn('deploy/base/definitions-role.yaml'), [
      [
        'ClusterRole',
        {
          apiGroups: ['apiextensions.k8s.io'],
          resources: ['customresourcedefinitions'],
          resourceNames: ['raitenants.tenants.resistant.ai', 'raitenantapplications.tenants.resistant.ai'],
          verbs: ['get'],
        },
      ],
    ])
  },
)

permissions.run()
