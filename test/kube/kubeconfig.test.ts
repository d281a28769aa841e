// Where the cluster is found, and what is said when it is not.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts'

const test = suite('kube/kubeconfig')

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
const NAMES = ['KUBECONFIG', 'HOME', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'] as const
const before = NAMES.map((name) => [name, process.env[name]] as const)

test.before.each(() => {
  for (const name of NAMES) delete process.env[name]
  process.env['HOME'] = join(folder, 'nobody')
})
test.after.each(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
})
test.after(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

const TWO = `
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c1
  cluster: { server: 'https://one.example.com', certificate-authority: ca.crt }
- name: c2
  cluster: { server: 'https://two.example.com' }
users:
- name: u
  user: { token: hidden-token }
contexts:
- name: one
  context: { cluster: c1, user: u, namespace: here }
- name: two
  context: { cluster: c2, user: u }
- name: broken
  context: { cluster: c3, user: u }
`

function serverOf(path: string | undefined, context?: string, root?: string): string | undefined {
  return loadKubeconfig({ path, context }, root).getCurrentCluster()?.server
}

test('the current context counts, unless another one is named', () => {
  const path = file('two', TWO)
  assert.is(serverOf(path), 'https://one.example.com')
  assert.is(serverOf(path, 'two'), 'https://two.example.com')
})

test('paths in a kubeconfig are relative to it', () => {
  const path = file('two', TWO)
  assert.is(loadKubeconfig({ path, context: undefined }).getCurrentCluster()?.caFile, join(folder, 'ca.crt'))
})

test("without a path, a Pod's service account counts before anything that kubectl would find", () => {
  const root = join(folder, 'pod')
  const account = 'pod/var/run/secrets/kubernetes.io/serviceaccount'
  file(`${account}/token`, 't')
  file(`${account}/namespace`, 'rai-system')
  process.env['KUBERNETES_SERVICE_HOST'] = '192.0.2.1'
  process.env['KUBERNETES_SERVICE_PORT'] = '443'
  process.env['KUBECONFIG'] = file('two', TWO)
  assert.is(serverOf(undefined, undefined, root), 'https://192.0.2.1:443')
  assert.is(serverOf(undefined, 'two', root), 'https://two.example.com')
  const asKubectl = loadKubeconfig({ path: undefined, context: undefined, asKubectl: true }, root)
  assert.is(asKubectl.getCurrentCluster()?.server, 'https://one.example.com', 'unless all is to be as kubectl has it')
})

test('outside a Pod the rules are those of kubectl', () => {
  process.env['HOME'] = join(folder, 'home')
  file('home/.kube/config', TWO.replaceAll('example.com', 'at.home'))
  assert.is(serverOf(undefined, undefined, folder), 'https://one.at.home')
  process.env['KUBECONFIG'] = file('two', TWO)
  assert.is(serverOf(undefined, undefined, folder), 'https://one.example.com')
})

const WRONG: readonly (readonly [
  rule: string,
  content: string | undefined,
  context: string | undefined,
  message: RegExp,
])[] = [
  ['a file that is not there is named', undefined, undefined, /wrong cannot be read: ENOENT/],
  ['a context that is not there is named', TWO, 'three', /wrong has no context three/],
  ['a context without its cluster is named', TWO, 'broken', /wrong has no context broken, or it names no cluster/],
  ['a file without a context says so', 'apiVersion: v1', undefined, /wrong has no context$/],
  [
    'a server that is no URL is refused',
    TWO.replace('https://one', 'one'),
    undefined,
    /the server of .*wrong is no URL/,
  ],
  ['a file that is no YAML is not quoted', `users: [ {token: hidden-token`, undefined, /wrong cannot be read: [^\n]+$/],
]

for (const [rule, content, context, message] of WRONG) {
  test(rule, () => {
    const path = content === undefined ? join(folder, 'missing', 'wrong') : file('wrong', content)
    try {
      loadKubeconfig({ path, context })
      assert.unreachable()
    } catch (error) {
      assert.instance(error, Failure)
      const failure = error as Failure
      assert.is(failure.code, 'KubeconfigUnusable')
      assert.match(failure.message, message)
      assert.not.match(failure.message, 'hidden-token')
    }
  })
}

test('where there is none, the ways to name one are told', () => {
  assert.throws(() => serverOf(undefined, undefined, folder), /set kubeconfig, or KUBECONFIG, or run in a Pod/)
})

test.run()
