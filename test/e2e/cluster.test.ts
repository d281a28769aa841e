// The test cluster itself, on the real server: what it offers to other tests, and that nothing is left of it.
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { auditedWrites } from '../cluster/audit.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { installCrds } from '../cluster/crds.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { KUBERNETES_VERSION, PROGRAMS } from '../cluster/programs.ts'

const test = suite('e2e/cluster')

const FIXTURES = fileURLToPath(new URL('../cluster/fixtures/', import.meta.url))

let cluster: TestCluster
const namespaces: TestNamespace[] = []
test.before(async () => {
  cluster = await sharedCluster()
})
test.after(async () => {
  await Promise.all(namespaces.map((namespace) => namespace.remove()))
})

async function namespaceFor(topic: string): Promise<TestNamespace> {
  const namespace = await createNamespace(cluster, topic)
  namespaces.push(namespace)
  return namespace
}

async function until(what: string, condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > deadline) assert.unreachable(`${what} within ${withinMs} ms`)
    await sleep(50)
  }
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.instance(error, Failure)
  return error as Failure
}

test('the server answers, in the version that is pinned unless the user brings another one', async () => {
  const { major, minor } = JSON.parse(await kubectl(cluster, ['get', '--raw', '/version']))
  if (!process.env['KUBEBUILDER_ASSETS']) assert.ok(KUBERNETES_VERSION.startsWith(`${major}.${minor}.`))
  assert.is(await kubectl(cluster, ['get', '--raw', '/readyz']), 'ok')
})

test('everything listens on loopback', async () => {
  const addresses = new Set(
    (await commands(cluster.supervisorPid)).flatMap((command) => command.match(/https?:\/\/[^:,\s]+/g) ?? []),
  )
  assert.equal(
    [...addresses].filter((address) => !/\/\/(127\.0\.0\.1|localhost)$/.test(address)),
    [],
  )
})

test('a user may do nothing until RBAC says so, by name or by group', async () => {
  const namespace = await namespaceFor('rbac')
  const { kubeconfig } = await cluster.createUser(`reader-of-${namespace.name}`, [`readers-of-${namespace.name}`])
  const read = () => kubectl(cluster, ['-n', namespace.name, 'get', 'configmaps'], { kubeconfig })

  const refused = await failureOf(read())
  assert.match(refused.message, `User "reader-of-${namespace.name}" cannot list resource "configmaps"`)

  const bind = ['create', 'rolebinding', 'readers', '--clusterrole=view', `--group=readers-of-${namespace.name}`]
  await kubectl(cluster, ['-n', namespace.name, ...bind])
  await until('the binding works', () =>
    read().then(
      () => true,
      () => false,
    ),
  )
  const stillRefused = await failureOf(
    kubectl(cluster, ['-n', namespace.name, 'create', 'configmap', 'x'], { kubeconfig }),
  )
  assert.match(stillRefused.message, 'cannot create resource "configmaps"')
})

test('what a deleted object owns is collected', async () => {
  const namespace = await namespaceFor('owned')
  const run = (...args: string[]) => kubectl(cluster, ['-n', namespace.name, ...args])
  await run('create', 'configmap', 'owner')
  const uid = await run('get', 'configmap', 'owner', '-o', 'jsonpath={.metadata.uid}')
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }]
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'owned', ownerReferences } }
  await kubectl(cluster, ['-n', namespace.name, 'create', '-f', '-'], { input: JSON.stringify(secret) })
  await run('delete', 'configmap', 'owner')
  await until('the secret is gone', async () => (await run('get', 'secrets', '-o', 'name')) === '')
})

test('a CRD can be brought along; its objects go with their namespace, and one that is held is named', async () => {
  assert.equal(await installCrds(cluster, join(FIXTURES, 'widgets.yaml')), ['widgets.test.rai.example'])
  const namespace = await createNamespace(cluster, 'widgets')
  const widget = {
    apiVersion: 'test.rai.example/v1',
    kind: 'Widget',
    metadata: { name: 'held', finalizers: ['test.rai.example/hold'] },
  }
  const run = (...args: string[]) =>
    kubectl(cluster, ['-n', namespace.name, ...args], { input: JSON.stringify(widget) })
  await run('create', '-f', '-')
  const stuck = await failureOf(namespace.remove(7_000))
  assert.is(stuck.code, 'NamespaceStuck')
  assert.match(stuck.message, 'test.rai.example/hold')
  await run('patch', 'widget', 'held', '--type=json', '-p', '[{"op":"remove","path":"/metadata/finalizers"}]')
  await namespace.remove()
  await kubectl(cluster, ['delete', 'crd', 'widgets.test.rai.example'])
})

test('the audit log tells writes by user, refused ones included, and no reads', async () => {
  const namespace = await namespaceFor('audit')
  const name = `writer-to-${namespace.name}`
  const { kubeconfig } = await cluster.createUser(name)
  const bind = ['create', 'rolebinding', 'writers', '--clusterrole=edit', `--user=${name}`]
  await kubectl(cluster, ['-n', namespace.name, ...bind])
  const run = (...args: string[]) => kubectl(cluster, ['-n', namespace.name, ...args], { kubeconfig })
  await until('the binding works', () =>
    run('get', 'configmaps').then(
      () => true,
      () => false,
    ),
  )
  await run('create', 'configmap', 'x')
  await failureOf(run('create', 'role', 'y', '--verb=get', '--resource=pods'))
  const writes = () => auditedWrites(cluster.auditLog, ({ user }) => user === name)
  await until('both writes are noted', async () => (await writes()).length >= 2)
  assert.equal(
    (await writes()).map((write) => [write.verb, write.apiGroup, write.resource, write.namespace, write.code]),
    [
      ['create', '', 'configmaps', namespace.name, 201],
      ['create', 'rbac.authorization.k8s.io', 'roles', namespace.name, 403],
    ],
  )
})

/** Command lines of a process group, or of every process that names a folder. */
async function commands(of: number | string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pgid=,command='])
  const lines = stdout.split('\n')
  if (typeof of === 'string') return lines.filter((line) => line.includes(of))
  return lines.filter((line) => Number.parseInt(line, 10) === of)
}

type Run = { runner: ChildProcess; scratch: string; said: () => Promise<string>; complained: () => Promise<string> }

/** A process that starts a cluster whose every trace names or lies in `scratch`. */
async function startRun(act: 'exit' | 'wait', env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const scratch = await mkdtemp(join(tmpdir(), 'rai-run-'))
  const runner = spawn(process.execPath, [join(FIXTURES, 'runner.ts'), act], {
    env: { ...process.env, TMPDIR: scratch, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const line = async (input: Readable) => ((await once(createInterface({ input }), 'line')) as [string])[0]
  return { runner, scratch, said: () => line(runner.stdout), complained: () => line(runner.stderr) }
}

async function nothingIsLeft({ scratch }: Run): Promise<void> {
  await until('all processes are gone', async () => (await commands(scratch)).length === 0)
  assert.equal(await readdir(scratch), [])
  await rm(scratch, { recursive: true })
}

const ends: { title: string; end: (run: Run) => Promise<unknown>; act?: 'exit' }[] = [
  {
    title: 'SIGKILL of a runner leaves no process and no file',
    async end({ runner, said, scratch }) {
      const { server } = JSON.parse(await said()) as TestCluster
      assert.match(server, /^https:\/\/127\.0\.0\.1:\d+$/)
      for (const program of ['etcd', 'kube-apiserver', 'kube-controller-manager']) {
        assert.ok(
          (await commands(scratch)).some((command) => command.includes(program)),
          program,
        )
      }
      runner.kill('SIGKILL')
    },
  },
  {
    title: 'SIGKILL of a runner whose cluster is still starting leaves no process and no file',
    async end({ runner, scratch }) {
      await until(
        'etcd is there',
        () => globSync(join(scratch, 'rai-cluster-*', 'envtest-*', 'etcd-data', '*')).length > 0,
      )
      runner.kill('SIGKILL')
    },
  },
  {
    title: 'a runner that exits without stopping its cluster leaves no process and no file',
    act: 'exit',
    end: async ({ runner }) => assert.equal(await once(runner, 'exit'), [0, null]),
  },
  {
    title: 'SIGKILL of the supervisor itself leaves no process, and the logs as evidence',
    async end({ runner, said, complained }) {
      const { supervisorPid, logsDir } = JSON.parse(await said()) as TestCluster
      process.kill(supervisorPid, 'SIGKILL')
      assert.is(await complained(), `the test cluster is broken: its supervisor ended; logs in ${logsDir}`)
      await until('all components are gone', async () => (await commands(supervisorPid)).length === 0)
      assert.ok((await readdir(logsDir)).includes('control-plane.log'))
      await rm(logsDir, { recursive: true })
      runner.kill('SIGTERM')
    },
  },
]

for (const { title, end, act = 'wait' } of ends) {
  test(title, async () => {
    const run = await startRun(act)
    await end(run)
    await nothingIsLeft(run)
  })
}

test('a cluster that does not start names the folder of its logs, which stays', async () => {
  const assets = await mkdtemp(join(tmpdir(), 'rai-assets-'))
  await mkdir(assets, { recursive: true })
  for (const program of PROGRAMS) {
    await writeFile(join(assets, program), '#!/bin/sh\necho "no disk today" >&2\nexit 3\n', { mode: 0o755 })
  }
  const run = await startRun('exit', { KUBEBUILDER_ASSETS: assets })
  const message = await run.said()
  const [, logs = ''] = /^the test cluster did not start: etcd exited .* logs in (.*)$/.exec(message) ?? []
  assert.ok(logs.startsWith(run.scratch), message)
  assert.match(await readFile(join(logs, 'control-plane.log'), 'utf8'), 'no disk today')
  await rm(logs, { recursive: true })
  await nothingIsLeft(run)
  await rm(assets, { recursive: true })
})

test.run()
