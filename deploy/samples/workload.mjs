// A workload as small as can be: obtains a token with the credential that its Secret holds, mounted as files, and tells so.
// `node workload.mjs DIRECTORY`, with Node alone. It reads the files for each token, so a credential that was replaced needs no restart.
import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const [directory = '/etc/rai'] = process.argv.slice(2)
const read = (key) => readFileSync(join(directory, key), 'utf8')

/** Says who the client is, signed with its key, as RFC 7523 has it. Good for one minute. */
function assertion(clientId, tokenUrl) {
  const key = createPrivateKey(read('private_key.pem'))
  const isRsa = key.asymmetricKeyType === 'rsa'
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: clientId, sub: clientId, aud: tokenUrl, iat: now, exp: now + 60, jti: randomUUID() }
  const text = [{ alg: isRsa ? 'RS256' : 'ES256', kid: read('kid') }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(text), isRsa ? key : { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

async function obtainToken() {
  const [clientId, tokenUrl] = [read('client_id'), read('token_url')]
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: read('scope'),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion(clientId, tokenUrl),
  })
  const answer = await fetch(tokenUrl, { method: 'POST', body })
  if (!answer.ok) throw new Error(`${tokenUrl} answers ${answer.status} to client ${clientId}`)
  return { clientId, ...(await answer.json()) }
}

const { clientId, expires_in: seconds } = await obtainToken()
process.stdout.write(`client ${clientId} has a token for ${seconds} seconds\n`)
