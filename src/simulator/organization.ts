// The organization's credential: made, kept in a directory in the form that the operator reads, and registered.
import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import { Failure } from '../errors.ts'
import { Redacted } from '../redacted.ts'
import type { Client, Credential } from './state.ts'
import { newId } from './state.ts'
import { ORGANIZATION_AUTH_SERVER } from './world.ts'

/** An organization-level application: a client id with a secret, a key pair, or both. */
export type OrganizationCredential = {
  readonly clientId: string
  readonly clientSecret?: Redacted
  /** PKCS 8 in PEM: EC on P-256, or RSA. */
  readonly privateKey?: { readonly pem: Redacted; readonly kid: string }
}

export type CredentialKind = 'key' | 'secret'

const generate = promisify(generateKeyPair)

/** A new credential with a secret and an EC key, both of which work. */
export async function newOrganizationCredential(): Promise<OrganizationCredential & Required<OrganizationCredential>> {
  const { privateKey, publicKey } = await generate('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    clientId: newId(),
    clientSecret: new Redacted(randomBytes(32).toString('base64url')),
    privateKey: { pem: new Redacted(pem), kid: await calculateJwkThumbprint(await exportJWK(publicKey)) },
  }
}

/** The client under which the credential is known. Throws a {@link Failure} (`InvalidCredential`) on a key of another kind. */
export function organizationClient(organization: OrganizationCredential): Client {
  const { clientId, clientSecret, privateKey } = organization
  const credentials: Credential[] = []
  if (clientSecret) credentials.push({ type: 'CLIENT_SECRET', secret: clientSecret })
  if (privateKey) credentials.push(readKey(privateKey.pem, privateKey.kid))
  return { id: clientId, kind: 'organization', authServer: ORGANIZATION_AUTH_SERVER, credentials }
}

function readKey(pem: Redacted, kid: string): Credential {
  try {
    const key = createPublicKey(createPrivateKey(pem.reveal()))
    if (key.asymmetricKeyType === 'rsa') return { type: 'RSA', alg: 'RS256', kid, key }
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return { type: 'EC', alg: 'ES256', kid, key }
  } catch (cause) {
    throw new Failure('InvalidCredential', 'stall', 'private_key.pem cannot be read: give a PKCS 8 key in PEM', {
      cause,
    })
  }
  throw new Failure('InvalidCredential', 'stall', 'private_key.pem must hold an RSA key or an EC key on P-256')
}

/**
 * Writes the files that the operator's `credentials-dir` takes: `client_id` with `private_key.pem` and `kid`, or with
 * `client_secret`. Readable by the owner only.
 */
export async function writeCredential(
  directory: string,
  organization: OrganizationCredential,
  kind: CredentialKind,
): Promise<void> {
  const { clientId, clientSecret, privateKey } = organization
  const files: Record<string, string | undefined> =
    kind === 'key'
      ? { 'private_key.pem': privateKey?.pem.reveal(), kid: privateKey?.kid }
      : { client_secret: clientSecret?.reveal() }
  await mkdir(directory, { recursive: true, mode: 0o700 })
  for (const [name, content] of Object.entries({ ...files, client_id: clientId })) {
    if (content !== undefined) await writeFile(join(directory, name), content, { mode: 0o600 })
  }
}

/** What the directory holds, or undefined when it has no `client_id`. Throws a {@link Failure} when nothing goes with it. */
export async function readCredential(directory: string): Promise<OrganizationCredential | undefined> {
  const read = (name: string) => readText(join(directory, name))
  const clientId = await read('client_id')
  if (clientId === undefined) return undefined
  const [secret, pem, kid] = await Promise.all([read('client_secret'), read('private_key.pem'), read('kid')])
  if (secret === undefined && (pem === undefined || kid === undefined)) {
    const message = `${directory} has a client_id, but neither client_secret nor private_key.pem with kid`
    throw new Failure('InvalidCredential', 'stall', message)
  }
  return {
    clientId,
    ...(secret !== undefined && { clientSecret: new Redacted(secret) }),
    ...(pem !== undefined && kid !== undefined && { privateKey: { pem: new Redacted(pem), kid } }),
  }
}

/** A file's text without the white space around it; undefined when there is no such file. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
