// The certificate of a server, as it lies in a directory, and is renewed there.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'

/** PEM of a certificate with its chain, and of its key. */
export type KeyPair = { readonly cert: Buffer; readonly key: Buffer }

export type CertificateOptions = {
  /** Holds `tls.crt` and `tls.key`, as a mounted Secret of type kubernetes.io/tls does. */
  readonly directory: string
  /** The setting that named it. */
  readonly setting: string
  readonly clock: Clock
  readonly logger: Logger
  /** The content of a file; rejects as Node does, which is what reads them if left out. */
  readonly read?: (path: string) => Promise<Buffer>
}

/** The kubelet takes a minute or so to bring a new Secret: this adds little, and costs nothing. */
const LOOK_MS = 10_000
/** Kubernetes swaps both files at once, by a symlink; somebody who copies them takes longer. */
const ATTEMPTS = 3

/** A file's content, or the system's code for why it cannot be read. */
type Found = Buffer | string
type Reading = { readonly cert: Found; readonly key: Found }

export class CertificateFiles {
  readonly #options: CertificateOptions
  #inUse: KeyPair | undefined
  /** What was wrong when it was last looked at, and has been told. */
  #told: string | undefined
  #disarm = () => {}
  #isStopped = false

  constructor(options: CertificateOptions) {
    this.#options = options
  }

  /**
   * Has `use` take the pair that is there, and from then on every one that it is replaced by; one that cannot be used is
   * a warning, and changes nothing. Throws a {@link Failure} (`WrongConfiguration`) that names the setting, the file and
   * the remedy when there is none to begin with.
   */
  async start(use: (pair: KeyPair) => void): Promise<void> {
    const { directory, logger } = this.#options
    const pair = this.#understood(await this.#readWhole())
    use(pair)
    this.#inUse = pair
    logger.info({ directory, expiresAt: expiryOf(pair) }, 'certificate in use')
    this.#lookLater(use)
  }

  /** Looks no more. */
  stop(): void {
    this.#isStopped = true
    this.#disarm()
  }

  #lookLater(use: (pair: KeyPair) => void): void {
    if (this.#isStopped) return
    this.#disarm = this.#options.clock.after(LOOK_MS, () => {
      void this.#look(use).finally(() => this.#lookLater(use))
    })
  }

  async #look(use: (pair: KeyPair) => void): Promise<void> {
    const { directory, logger } = this.#options
    try {
      const reading = await this.#readWhole(this.#inUse)
      if (!isSame(reading, this.#inUse)) {
        const pair = this.#understood(reading)
        use(pair)
        this.#inUse = pair
        logger.info({ directory, expiresAt: expiryOf(pair) }, 'certificate renewed')
      }
      this.#told = undefined
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown'
      if (message === this.#told) return
      this.#told = message
      logger.warn({ err: error }, 'the certificate cannot be renewed: the one before stays in use')
    }
  }

  /** Both files of one moment: read until two readings in a row are the same, so that no swap falls in between. */
  async #readWhole(expected?: Reading): Promise<Reading> {
    let reading = await this.#readOnce()
    for (let attempt = 1; attempt < ATTEMPTS && !isSame(reading, expected); attempt++) {
      expected = reading
      reading = await this.#readOnce()
    }
    return reading
  }

  async #readOnce(): Promise<Reading> {
    const { directory, read = readFile } = this.#options
    const find = (file: string): Promise<Found> => read(join(directory, file)).catch(codeOf)
    const [cert, key] = await Promise.all([find('tls.crt'), find('tls.key')])
    return { cert, key }
  }

  #understood({ cert, key }: Reading): KeyPair {
    const { directory, setting } = this.#options
    const unusable = (file: string, what: string, remedy: string) =>
      new Failure('WrongConfiguration', 'stall', `${setting}: ${join(directory, file)} ${what}: ${remedy}`)
    const contentOf = (file: string, found: Found, remedy: string): Buffer => {
      if (found === 'ENOENT') throw unusable(file, 'is missing', remedy)
      if (typeof found === 'string') throw unusable(file, `cannot be read (${found})`, 'let the operator read it')
      return found
    }
    const putCert = 'put the certificate there in PEM, its own before those of its chain'
    const putKey = 'put the private key of the certificate there in PEM, without a password'
    const pair = { cert: contentOf('tls.crt', cert, putCert), key: contentOf('tls.key', key, putKey) }
    const certProblem = problemOf(() => createSecureContext({ cert: pair.cert }))
    if (certProblem) throw unusable('tls.crt', `is no certificate for TLS (${certProblem})`, putCert)
    const keyProblem = problemOf(() => createPrivateKey(pair.key))
    if (keyProblem) throw unusable('tls.key', `is no private key (${keyProblem})`, putKey)
    if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))) {
      throw unusable('tls.key', 'does not belong to the first certificate in tls.crt', 'renew both together')
    }
    const problem = problemOf(() => createSecureContext(pair))
    if (problem) throw unusable('tls.key', `cannot be used for TLS (${problem})`, putKey)
    return pair
  }
}

function isSame(one: Reading, other: Reading | undefined): boolean {
  const isEqual = (a: Found, b: Found) => (typeof a === 'string' || typeof b === 'string' ? a === b : a.equals(b))
  return other !== undefined && isEqual(one.cert, other.cert) && isEqual(one.key, other.key)
}

/** The messages of OpenSSL are not passed on: they are about a key. */
function problemOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return codeOf(error)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
}

function expiryOf({ cert }: KeyPair): string {
  return new X509Certificate(cert).validToDate.toISOString()
}
