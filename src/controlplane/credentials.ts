// The organization's credential, as it lies in a directory.
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import { Redacted } from '../redacted.ts'
import type { ClientCredential } from './client-auth.ts'

/** Where the organization's credential comes from. */
export interface Credentials {
  /**
   * The credential as it is now: the same object until it changes. Throws a {@link Failure} (`Unauthorized`) that names
   * the file and the remedy while there is none to use.
   */
  read(): ClientCredential
}

/** A reading is good for this long, so that a busy operator does not read the same files all the time. */
const FRESH_MS = 1_000
/** Kubernetes swaps all files of a Secret at once; somebody who copies them by hand takes longer. */
const ATTEMPTS = 3
const LEAST_RSA_BITS = 2_048

const FILES = ['client_id', 'client_secret', 'private_key.pem', 'kid'] as const
type File = (typeof FILES)[number]
/** A file's text, or the system's code for why it cannot be read. */
type Found = { readonly text: string } | { readonly code: string }
type Reading = Readonly<Record<File, Found>>

/**
 * The files of `credentials-dir`: `client_id` with `private_key.pem` (PKCS 8) and `kid`, or with `client_secret`; where
 * both are there, the key counts. Looked at again at most once a second.
 */
export class CredentialsDirectory implements Credentials {
  readonly #directory: string
  readonly #clock: Clock
  #latest: { readonly readAt: number; readonly reading: Reading; readonly credential: ClientCredential | Failure }

  constructor(directory: string, clock: Clock) {
    this.#directory = directory
    this.#clock = clock
    this.#latest = this.#look()
  }

  read(): ClientCredential {
    if (this.#clock.monotonic() - this.#latest.readAt >= FRESH_MS) this.#latest = this.#look(this.#latest)
    const { credential } = this.#latest
    if (credential instanceof Failure) throw credential
    return credential
  }

  // The files are small and local, and the name of the organization is needed where nothing may wait.
  #look(latest?: { readonly reading: Reading; readonly credential: ClientCredential | Failure }) {
    const readAt = this.#clock.monotonic()
    const reading = readWhole(this.#directory, latest?.reading)
    if (latest && isDeepStrictEqual(reading, latest.reading)) return { ...latest, readAt }
    return { readAt, reading, credential: understand(this.#directory, reading) }
  }
}

/** All files of one moment: read until two readings in a row are the same, so that no swap falls in between. */
function readWhole(directory: string, expected: Reading | undefined): Reading {
  let reading = readOnce(directory)
  for (let attempt = 1; attempt < ATTEMPTS && !isDeepStrictEqual(reading, expected); attempt++) {
    expected = reading
    reading = readOnce(directory)
  }
  return reading
}

function readOnce(directory: string): Reading {
  return Object.fromEntries(FILES.map((file) => [file, readText(join(directory, file))])) as Reading
}

function readText(path: string): Found {
  try {
    // Editors and `echo` end a file with a line break; a secret may well begin or end with a space.
    return { text: readFileSync(path, 'utf8').replace(/[\r\n]+$/, '') }
  } catch (error) {
    return { code: error instanceof Error && 'code' in error ? String(error.code) : 'unreadable' }
  }
}

function understand(directory: string, reading: Reading): ClientCredential | Failure {
  try {
    const clientId = textOf('client_id', 'put the client id of the organization-level application there').trim()
    return { clientId, proof: proofIn() }
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }

  function proofIn(): ClientCredential['proof'] {
    if (isMissing('private_key.pem')) {
      const remedy = 'put it there, or private_key.pem with kid'
      return { type: 'ClientSecret', clientSecret: new Redacted(textOf('client_secret', remedy)) }
    }
    const pem = textOf('private_key.pem', 'put a PKCS 8 key there')
    const kid = textOf('kid', 'put the id there under which private_key.pem is registered').trim()
    return { type: keyType(pem), kid, privateKeyPem: new Redacted(pem) }
  }

  function isMissing(file: File): boolean {
    const found = reading[file]
    return 'code' in found && found.code === 'ENOENT'
  }

  function textOf(file: File, remedy: string): string {
    const found = reading[file]
    if (isMissing(file)) throw unusable(file, 'is missing', remedy)
    if ('code' in found) throw unusable(file, `cannot be read (${found.code})`, 'let the operator read it')
    if (found.text.trim() === '') throw unusable(file, 'is empty', remedy)
    return found.text
  }

  function keyType(pem: string): 'EC' | 'RSA' {
    const key = parseKey(pem)
    const { modulusLength = 0, namedCurve } = key?.asymmetricKeyDetails ?? {}
    if (key?.asymmetricKeyType === 'rsa' && modulusLength >= LEAST_RSA_BITS) return 'RSA'
    if (namedCurve === 'prime256v1') return 'EC'
    const remedy = `put an RSA key of at least ${LEAST_RSA_BITS} bits or an EC key on P-256 there, as PKCS 8 without a password`
    throw unusable('private_key.pem', 'is no such key', remedy)
  }

  function unusable(file: File, what: string, remedy: string): Failure {
    return new Failure('Unauthorized', 'wait', `${join(directory, file)} ${what}: ${remedy}`)
  }
}

function parseKey(pem: string) {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
