// Somebody who follows a page of the documentation in one shell, from top to bottom.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestCluster } from '../cluster/cluster.ts'
import { blocksIn, isAsShown, stepsOf } from './blocks.ts'
import type { Block, Step } from './blocks.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** What a page may name of the repository. Nobody installs anything there. */
const PARTS = ['charts', 'crds', 'deploy', 'dist']
/** The longest that a command of a page may take. */
const PATIENCE_MS = 90_000

export class Reader {
  readonly page: string
  /** Where the page's commands run: it has the repository's parts, and what they write stays apart. */
  readonly directory: string
  readonly #shell: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #blocks: readonly Block[]
  readonly #followed = new Set<Block>()
  #said = { out: '', err: '' }

  private constructor(page: string, directory: string, blocks: readonly Block[], shell: ChildProcess) {
    this.page = page
    this.directory = directory
    this.#blocks = blocks
    this.#shell = shell
    this.#ended = once(shell, 'exit')
    shell.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#said.out += text))
    shell.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#said.err += text))
    // A shell that has ended says so itself.
    shell.stdin!.on('error', () => undefined)
  }

  /** Opens a page, by its path, as the administrator of this cluster; a folder for it comes to stand in `desk`, beside `bin` with other programs. */
  static async begin(
    page: string,
    { kubectl, kubeconfig }: Pick<TestCluster, 'kubectl' | 'kubeconfig'>,
    desk: string,
  ): Promise<Reader> {
    const blocks = blocksIn(await readFile(join(ROOT, page), 'utf8'))
    const directory = join(desk, page.replaceAll(/\W/g, '-'))
    await rm(directory, { recursive: true, force: true })
    await mkdir(directory, { recursive: true })
    for (const part of await readdir(ROOT)) {
      if (PARTS.includes(part)) await symlink(join(ROOT, part), join(directory, part))
    }
    const path = [join(desk, 'bin'), dirname(kubectl), dirname(process.execPath), process.env['PATH']].join(delimiter)
    const shell = spawn('bash', ['-euo', 'pipefail'], {
      cwd: directory,
      env: { ...process.env, PATH: path, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(directory, '.kube-cache') },
      // A group of its own, which ends with all that the page has started.
      detached: true,
    })
    return new Reader(page, directory, blocks, shell)
  }

  /**
   * Runs the commands under a heading: what they print. Fails with the command and its words where one fails, or prints
   * something else than the page shows.
   */
  async follow(heading: string): Promise<string> {
    const blocks = this.#blocks.filter((block) => block.heading === heading && stepsOf(block).length > 0)
    if (blocks.length === 0) throw new Error(`${this.page} has no commands under "${heading}"`)
    let printed = ''
    for (const block of blocks) {
      this.#followed.add(block)
      for (const step of stepsOf(block)) printed += await this.#take(step)
    }
    return printed
  }

  /** Goes on with another cluster, in the same shell. */
  async turnTo({ kubeconfig }: Pick<TestCluster, 'kubeconfig'>): Promise<void> {
    await this.#take({ command: `export KUBECONFIG=${kubeconfig}`, shown: undefined })
  }

  async #take({ command, shown }: Step): Promise<string> {
    this.#said = { out: '', err: '' }
    const mark = crypto.randomUUID()
    // Where it is shown what a command prints, that decides: it may be how it fails.
    const typed = shown === undefined ? command : `{ ${command}\n} 2>&1 || true`
    this.#shell.stdin!.write(`${typed}\necho ${mark}\n`)
    const isOver = await this.#until(() => this.#said.out.includes(mark))
    const printed = this.#said.out.split(mark)[0]!
    if (isOver && (shown === undefined || isAsShown(shown, printed))) return printed
    const what = isOver ? 'prints something else than is shown' : 'failed'
    throw new Error(`${this.page}: this ${what}: ${command}\n${printed}\n${this.#said.err}`)
  }

  /** False where the shell ends first, as it does when a command fails, or it takes too long. */
  async #until(isSo: () => boolean): Promise<boolean> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    const ended = this.#ended.then(() => true)
    while (!isSo()) {
      const more = once(this.#shell.stdout!, 'data', { signal: late }).then(() => false)
      if (await Promise.race([more, ended]).catch(() => true)) return isSo()
    }
    return true
  }

  /** The commands that nobody has run so far. */
  left(): string[] {
    return this.#blocks
      .filter((block) => stepsOf(block).length > 0 && !this.#followed.has(block))
      .map(({ text }) => text)
  }

  /** Ends the shell and what runs in it. */
  async end(): Promise<void> {
    try {
      process.kill(-this.#shell.pid!, 'SIGTERM')
    } catch {
      // All of it has ended.
    }
    await this.#ended
  }
}
