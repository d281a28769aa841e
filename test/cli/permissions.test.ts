// The table of permissions and the shipped roles say the same, in both directions, for each way to run the operator.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import { PERMISSIONS, permissionsFor, remedyFor, subjectOf } from '../../src/cli/permissions.ts'
import type { Needs, Permission } from '../../src/cli/permissions.ts'
import { read, repositoryFiles } from '../repo/source-files.ts'

const test = suite('cli/permissions')

type Rule = Pick<Permission, 'verbs'> & {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}
type Manifest = {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Rule[]
  readonly roleRef?: { readonly kind: string; readonly name: string }
}

const FILES = repositoryFiles(/^deploy\/(?:base|components\/(?!listed-namespaces)[\w-]+)\/[\w-]+-role\.yaml$/)
const OPERATOR_NAMESPACE = 'rai-system'

/** `all`: by a ClusterRole everywhere; else the namespace of a Role. */
function rightsIn(file: string): string[] {
  const manifests = parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest)
  const bound = manifests.flatMap(({ roleRef }) => (roleRef ? [`${roleRef.kind}/${roleRef.name}`] : []))
  return manifests
    .filter(({ kind, metadata }) => bound.includes(`${kind}/${metadata.name}`))
    .flatMap(({ metadata, rules = [] }) => rules.flatMap((rule) => rightsOf(rule, metadata.namespace ?? 'all')))
    .toSorted()
}

function rightsOf({ apiGroups = [], resources = [], resourceNames = [''], verbs }: Rule, where: string): string[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${group}/${resource} ${name} ${where}`)),
    ),
  )
}

const EVERYTHING: Needs = {
  watchNamespaces: [],
  operatorNamespace: OPERATOR_NAMESPACE,
  watchSecrets: true,
  leaderElect: true,
  metricsAuth: 'kubernetes',
  admitsByLabels: true,
}
const LEAST: Needs = {
  ...EVERYTHING,
  watchSecrets: false,
  leaderElect: false,
  metricsAuth: 'none',
  admitsByLabels: false,
}

function rightsFor(needs: Needs, file?: string): string[] {
  return permissionsFor(needs)
    .filter((permission) => file === undefined || permission.file === file)
    .flatMap(({ group, resource, names, verbs, namespace = 'all' }) =>
      rightsOf({ apiGroups: [group], resources: [resource], ...(names && { resourceNames: names }), verbs }, namespace),
    )
    .toSorted()
}

test('every permission is granted by a file that is there', () => {
  const named = [...new Set(PERMISSIONS.map(({ file }) => file))]
  assert.equal(named.toSorted(), FILES)
})

for (const file of FILES) {
  test(`${file} grants what the table says, and nothing else`, () => {
    const granted = rightsIn(file)
    assert.ok(granted.length > 0)
    assert.equal(rightsFor(EVERYTHING, file), granted)
  })
}

test('what is optional is needed with its own setting alone', () => {
  const base = rightsFor(LEAST)
  const more: [change: Partial<Needs>, rights: string[]][] = [
    [{ watchSecrets: true }, ['list /secrets  all', 'watch /secrets  all']],
    [{ metricsAuth: 'kubernetes' }, rightsIn('deploy/components/metrics-auth/metrics-auth-role.yaml')],
    [{ admitsByLabels: true }, rightsIn('deploy/components/namespace-labels/namespaces-role.yaml')],
    [{ leaderElect: true }, rightsIn('deploy/base/records-role.yaml').filter((right) => right.includes('leases'))],
  ]
  for (const [change, rights] of more) {
    assert.ok(rights.length > 0)
    assert.equal(rightsFor({ ...LEAST, ...change }), [...base, ...rights].toSorted())
  }
})

test('with a list of namespaces the same is needed in each of them, and nothing of all but what is in none', () => {
  const watchNamespaces = ['team-a', 'team-b']
  const listed = rightsFor({ ...EVERYTHING, watchNamespaces })
  const everywhere = permissionsFor(EVERYTHING).filter(({ place }) => place === 'watched')
  for (const namespace of watchNamespaces) {
    const there = listed.filter((right) => right.endsWith(` ${namespace}`))
    assert.is(there.length, everywhere.flatMap(({ verbs }) => verbs).length)
  }
  const ofAll = listed.filter((right) => right.endsWith(' all'))
  assert.equal([...new Set(ofAll.map((right) => right.split(' ')[1]!))].toSorted(), [
    '/namespaces',
    'apiextensions.k8s.io/customresourcedefinitions',
    'authentication.k8s.io/tokenreviews',
    'authorization.k8s.io/subjectaccessreviews',
  ])
})

test('what is missing is told with who needs it, and where it is granted', () => {
  const told = (needs: Needs, resource: string) => {
    const permission = permissionsFor(needs).find((one) => subjectOf(one) === resource)!
    return remedyFor(permission, permission.verbs)
  }
  assert.is(
    told(EVERYTHING, 'events.events.k8s.io in all namespaces'),
    'may not create, patch: kubectl apply -f deploy/base/resources-role.yaml',
  )
  assert.is(
    told({ ...EVERYTHING, watchNamespaces: ['a'] }, 'events.events.k8s.io in namespace a'),
    'may not create, patch: grant it in that namespace, as deploy/base/resources-role.yaml does',
  )
  assert.is(
    told(EVERYTHING, 'tokenreviews.authentication.k8s.io'),
    'may not create, needed with metrics-auth: kubectl apply -f deploy/components/metrics-auth/metrics-auth-role.yaml',
  )
})

test.run()
