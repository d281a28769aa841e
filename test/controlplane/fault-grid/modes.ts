// The three ways to prove oneself, for the organization and for its applications alike.
import type { ClientCredential } from '../../../src/controlplane/client-auth.ts'
import { ALGORITHMS } from '../../../src/controlplane/client-auth.ts'
import { keyMaker } from '../../../src/controlplane/keys.ts'
import type { ApplicationRequest, KeyPair } from '../../../src/domain/external.ts'
import { Redacted } from '../../../src/redacted.ts'
import type { OrganizationCredential } from '../../../src/simulator/organization.ts'

export type ModeName = 'EC' | 'RSA' | 'ClientSecret'

export type Mode = {
  readonly name: ModeName
  /** The organization's credential, as the simulator and the client hold it. */
  readonly organization: OrganizationCredential
  readonly credential: ClientCredential
  /** What is asked for an application. */
  readonly auth: ApplicationRequest['auth']
  /** The same in the words of the contract. */
  readonly authMethod: object
}

/** Nowhere but in bodies, headers and secrets: no message may hold it. */
export const MARKER = 'm4rker'

const clientId = 'organization'

function withKey(key: KeyPair): Mode {
  const { type, kid, privateKeyPem, publicKey } = key
  return {
    name: type,
    organization: { clientId, privateKey: { pem: privateKeyPem, kid } },
    credential: { clientId, proof: { type, kid, privateKeyPem } },
    auth: key,
    authMethod: { type, alg: ALGORITHMS[type], kid, ...publicKey },
  }
}

function withSecret(): Mode {
  const clientSecret = new Redacted(`${MARKER} of the organization`)
  const type = 'ClientSecret'
  return {
    name: type,
    organization: { clientId, clientSecret },
    credential: { clientId, proof: { type, clientSecret } },
    auth: { type },
    authMethod: { type: 'CLIENT_SECRET' },
  }
}

/** Keys are made once for all cells: the RSA key is as small as the contract allows. */
export async function makeModes(): Promise<readonly Mode[]> {
  const keys = keyMaker()
  const [ec, rsa] = await Promise.all([keys.make({ type: 'EC' }), keys.make({ type: 'RSA', bits: 2056 })])
  return [withKey(ec), withKey(rsa), withSecret()]
}
