// An admission policy that keeps one Secret out of a namespace.
import { eventually } from '../../stack/stack.ts'
import { PATIENCE_MS } from './lab.ts'
import type { Lab } from './lab.ts'

const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
const BINDINGS = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings'

/** In force when it resolves, for the Secret with the row's name, until what it returns has resolved. */
export async function refuseSecret(lab: Lab): Promise<() => Promise<void>> {
  const name = `${lab.namespace}-${lab.name}`
  const policy = {
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['secrets'] },
        ],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': lab.namespace } },
      },
      matchConditions: [{ name: 'is-it', expression: `object.metadata.name == "${lab.name}"` }],
      validations: [{ expression: 'false', message: 'no such Secret here' }],
    },
  }
  const binding = { metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } }
  await lab.request('POST', POLICIES, { body: policy })
  await lab.request('POST', BINDINGS, { body: binding })
  await eventually('the policy is in force', async () => !(await isAdmitted(lab)), PATIENCE_MS)
  return async () => {
    await lab.request('DELETE', `${BINDINGS}/${name}`)
    await lab.request('DELETE', `${POLICIES}/${name}`)
    await eventually('the policy is in force no more', () => isAdmitted(lab), PATIENCE_MS)
  }
}

async function isAdmitted(lab: Lab): Promise<boolean> {
  const body = { metadata: { name: lab.name }, data: {} }
  const asked = lab.request('POST', `/api/v1/namespaces/${lab.namespace}/secrets`, { body, query: { dryRun: 'All' } })
  return asked.then(
    () => true,
    () => false,
  )
}
