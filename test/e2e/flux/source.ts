// Stands in for Flux' source-controller: what a GitRepository holds is up to the test, and is served on loopback.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Stack } from '../../stack/stack.ts'

export class Source {
  readonly #stack: Stack
  readonly #name: string
  readonly #server: Server
  readonly #archives: Map<string, Buffer>

  private constructor(stack: Stack, name: string, server: Server, archives: Map<string, Buffer>) {
    this.#stack = stack
    this.#name = name
    this.#server = server
    this.#archives = archives
  }

  /** Holds nothing until the first {@link publish}. The GitRepository of this name is there by then. */
  static async begin(stack: Stack, name: string): Promise<Source> {
    const archives = new Map<string, Buffer>()
    const server = createServer((request, response) => {
      const archive = archives.get(request.url ?? '')
      response.writeHead(archive ? 200 : 404).end(archive)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Source(stack, name, server, archives)
  }

  /** From now on it holds these files, by their paths, and no others. The revision. */
  async publish(files: Readonly<Record<string, string>>): Promise<string> {
    const archive = await archiveOf(files, join(this.#stack.directory, `source-${this.#archives.size}`))
    const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`
    const path = `/${this.#archives.size}.tar.gz`
    this.#archives.set(path, archive)
    const { port } = this.#server.address() as AddressInfo
    const revision = `main@${digest}`
    const lastUpdateTime = new Date().toISOString()
    const artifact = { url: `http://127.0.0.1:${port}${path}`, path, digest, revision, lastUpdateTime }
    const patch = JSON.stringify({ status: { artifact } })
    await this.#stack.kubectl([
      'patch',
      'gitrepository',
      this.#name,
      '--subresource=status',
      '--type=merge',
      '-p',
      patch,
    ])
    return revision
  }

  close(): void {
    this.#server.close()
  }
}

/** A tar.gz of these files, made in a folder of its own. */
async function archiveOf(files: Readonly<Record<string, string>>, folder: string): Promise<Buffer> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const archive = `${folder}.tar.gz`
  await promisify(execFile)('tar', ['-czf', archive, '-C', folder, '.'])
  return readFile(archive)
}
