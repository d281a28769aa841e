// The last stage of the image, laid out in a bare directory, does its work as nobody, with nothing that it could write to.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, cp, copyFile, mkdir, mkdtemp, readFile, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readStages } from '../stack/image.ts'
import { BUNDLE } from '../stack/operator.ts'
import type { Program } from '../stack/program.ts'
import { startProgram, untilLogged } from '../stack/program.ts'
import { application, eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'

const test = suite('image')
const ROOT = join(dirname(BUNDLE), '..')
const NOBODY = 65532
const image = readStages().at(-1)!
/** Of what the process has open: it is its log. */
const WRITABLE = 0o3

let root: string
let stack: Stack
let operator: Program

/** As the image's engine would lay it out, below `root`. */
async function layOut(): Promise<void> {
  for (const { sources, to } of image.copies) {
    await mkdir(join(root, 'app', to), { recursive: true })
    for (const source of sources) {
      await copyFile(join(ROOT, source.replace(/^\/app\//, '')), join(root, 'app', to, basename(source)))
    }
  }
  const node = join(root, 'nodejs/bin/node')
  await mkdir(dirname(node), { recursive: true })
  await copyFile(process.execPath, node)
}

/** Its command, by somebody who owns nothing; where tests are not run by root nobody else can be had. */
function command(args: readonly string[]): string[] {
  const entrypoint = image.entrypoint.map((word) => (word.startsWith('/') ? join(root, word) : word))
  const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--no-new-privs', '--']
  return [...(process.getuid?.() === 0 ? asNobody : []), ...entrypoint, ...args]
}

test.before(async () => {
  root = await mkdtemp(join(tmpdir(), 'rai-image-'))
  await layOut()
  stack = await startStack('image')
  await stack.operator.stop()
  const etc = join(root, 'etc')
  await mkdir(etc)
  await cp(String(stack.settings['credentials-dir']), join(etc, 'credentials'), { recursive: true })
  await copyFile(String(stack.settings['kubeconfig']), join(etc, 'kubeconfig'))
  execFileSync('chmod', ['-R', 'a+rX,a-w', root])
  const settings = {
    ...stack.settings,
    'credentials-dir': join(etc, 'credentials'),
    kubeconfig: join(etc, 'kubeconfig'),
    'health-address': '127.0.0.1:0',
    'metrics-address': '127.0.0.1:0',
  }
  operator = await startProgram(command(Object.entries(settings).map(([name, value]) => `--${name}=${value}`)), {
    logFile: join(stack.directory, 'image.log'),
    env: { ...image.env, NODE_OPTIONS: '', HOME: '/nonexistent' },
  })
})

test.after(async () => {
  await operator?.stop()
  await stack?.stop()
  await chmod(root, 0o755)
  execFileSync('chmod', ['-R', 'u+w', root])
  await rm(root, { recursive: true })
})

test('it says which version it is, and takes no file for that but its own', () => {
  const [program, ...args] = command(['--version'])
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  assert.match(execFileSync(program!, args, { encoding: 'utf8', cwd: '/' }), version)
})

test('it makes a tenant and an application Ready, and drains them', async () => {
  await stack.apply(tenant('acme'), application('web', 'acme'))
  await eventually('the application is Ready', async () => isReady(await stack.application('web')))
  await stack.kubectl(['delete', 'raitenant/acme', 'raitenantapplication/web'])
  assert.equal(await stack.tenant('acme'), undefined)
})

test('it has nothing open for writing but its outputs', async () => {
  await untilLogged(operator, /"server":"health server"/)
  const open = await openForWriting(operator.pid)
  assert.equal(
    open.filter((path) => path.startsWith('/') && !path.startsWith('/dev/') && path !== operator.logFile),
    [],
  )
})

test('it ends by SIGTERM with 0', async () => {
  assert.equal(await operator.stop(), { code: 0, signal: null })
})

/** Paths of what a process may write to, as the kernel tells; none where there is no /proc. */
async function openForWriting(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const found: string[] = []
  for (const fd of await readdir(folder).catch(() => [])) {
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '')
    const flags = parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8)
    if ((flags & WRITABLE) !== 0) found.push(await readlink(`${folder}/${fd}`).catch(() => ''))
  }
  return found
}

test.run()
