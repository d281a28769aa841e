// What a workload does with its Secret: obtain a token with the credential in it.
import { importPKCS8, SignJWT } from 'jose'

/** The Secret's values by its default keys. */
export type SecretData = Readonly<Record<string, string>>

/** The token endpoint's answer, as far as a workload needs it. */
export type Token = { readonly accessToken: string; readonly expiresInSeconds: number }

/** Obtains a token as RFC 7523 (a key) or HTTP Basic (a secret) has it. Throws with the status when it is refused. */
export async function obtainToken(data: SecretData): Promise<Token> {
  const { client_id: clientId = '', token_url: tokenUrl = '', scope = '' } = data
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope })
  const headers: Record<string, string> = {}
  if (data['client_secret'] !== undefined) {
    const pair = [clientId, data['client_secret']].map((part) => new URLSearchParams({ part }).toString().slice(5))
    headers['Authorization'] = `Basic ${Buffer.from(pair.join(':')).toString('base64')}`
  } else {
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    form.set('client_assertion', await assertion(data, clientId, tokenUrl))
  }
  const answer = await fetch(tokenUrl, { method: 'POST', body: form, headers })
  if (!answer.ok) throw new Error(`${tokenUrl} answers ${answer.status} to client ${clientId}`)
  const { access_token, expires_in } = (await answer.json()) as { access_token: string; expires_in: number }
  return { accessToken: access_token, expiresInSeconds: expires_in }
}

async function assertion(data: SecretData, clientId: string, tokenUrl: string): Promise<string> {
  const { kty } = JSON.parse(data['private_key.jwk'] ?? '{}') as { kty?: string }
  const alg = kty === 'RSA' ? 'RS256' : 'ES256'
  const key = await importPKCS8(data['private_key.pem'] ?? '', alg)
  return new SignJWT()
    .setProtectedHeader({ alg, kid: data['kid'] ?? '' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(tokenUrl)
    .setIssuedAt()
    .setExpirationTime('1m')
    .setJti(crypto.randomUUID())
    .sign(key)
}
