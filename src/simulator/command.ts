// `rai-operator simulator`: starts the simulator as a program of its own and says how to use it.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import { makeServerCertificate } from './certificate.ts'
import type { Flags } from './flags.ts'
import { readFlags, usage } from './flags.ts'
import type { ListenOptions } from './http-server.ts'
import type { OrganizationCredential } from './organization.ts'
import { newOrganizationCredential, readCredential, writeCredential } from './organization.ts'
import type { Simulator } from './simulator.ts'
import { startSimulator } from './simulator.ts'

/** What a command needs of its process. */
export type CommandIo = {
  readonly print: (text: string) => void
  readonly complain: (line: string) => void
  readonly clock: Clock
}

/**
 * Runs the simulator until `stop` is aborted, and returns the exit status: 0 after that, 1 when it could not start, 2 for
 * flags it does not understand. Every failure is one line to `complain`.
 */
export async function runSimulator(argv: readonly string[], io: CommandIo, stop: AbortSignal): Promise<0 | 1 | 2> {
  try {
    const flags = readFlags(argv)
    if (flags.help) io.print(usage())
    else await serve(flags, io, stop)
    return 0
  } catch (error) {
    if (!(error instanceof Failure) && !isSystemError(error)) throw error
    io.complain(error.message)
    return error instanceof Failure && error.code === 'InvalidFlag' ? 2 : 1
  }
}

async function serve(flags: Flags, { print, clock }: CommandIo, stop: AbortSignal): Promise<void> {
  const { credentialsDir = await mkdtemp(join(tmpdir(), 'rai-simulator-')) } = flags
  try {
    const simulator = await startSimulator(
      {
        settings: flags.settings,
        listen: await listenOptions(flags, clock),
        publicUrl: flags.publicUrl,
        organization: await findCredential(credentialsDir, flags),
        remoteAdmin: flags.remoteAdmin,
      },
      clock,
    )
    print(instructions(simulator, flags, credentialsDir))
    await aborted(stop)
    await simulator.close()
  } finally {
    if (flags.credentialsDir === undefined) await rm(credentialsDir, { recursive: true, force: true })
  }
}

async function listenOptions({ host, port, tlsFiles, selfSignedDir, publicUrl }: Flags, clock: Clock) {
  const options: ListenOptions = { host, port }
  if (tlsFiles) {
    const [cert, key] = await Promise.all([readFile(tlsFiles.cert, 'utf8'), readFile(tlsFiles.key, 'utf8')])
    refuseBadCertificate(cert, key)
    return { ...options, tls: { cert, key } }
  }
  if (selfSignedDir === undefined) return options
  const publicHost = publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replaceAll(/[[\]]/g, '')]
  const { ca, cert, key } = makeServerCertificate(
    [...new Set(['localhost', '127.0.0.1', '::1', host, ...publicHost])],
    clock.now(),
  )
  await mkdir(selfSignedDir, { recursive: true })
  await writeFile(join(selfSignedDir, 'ca.crt'), ca)
  return { ...options, tls: { cert, key } }
}

function refuseBadCertificate(cert: string, key: string): void {
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    const message = '--tls-cert and --tls-key take a certificate and its own private key, both in PEM'
    throw new Failure('InvalidFlag', 'stall', message, { cause })
  }
}

/** The credential in the directory, or a new one that is then in it. */
async function findCredential(directory: string, { credentialKind }: Flags): Promise<OrganizationCredential> {
  const found = await readCredential(directory)
  if (found) return found
  const made = await newOrganizationCredential()
  await writeCredential(directory, made, credentialKind)
  return made
}

function instructions(simulator: Simulator, { selfSignedDir }: Flags, credentialsDir: string): string {
  const { url, tokenUrl, adminUrl } = simulator
  return [
    `Tenant Management API at ${url}, in memory`,
    `admin API at ${adminUrl}`,
    '',
    'settings for the operator:',
    `  control-plane-url: ${url}`,
    `  token-url: ${tokenUrl}`,
    `  documents-api-url: ${new URL(url).origin}/documents/{cell}`,
    `  credentials-dir: ${credentialsDir}`,
    ...(selfSignedDir === undefined
      ? []
      : [`and in its environment: NODE_EXTRA_CA_CERTS=${join(selfSignedDir, 'ca.crt')}`]),
    '',
  ].join('\n')
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** What the file system and the network refuse: the message says which call and which path or address. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error
}
