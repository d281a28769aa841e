// What people and former tools made outside and wrote into the cluster, ready to be taken over.
import type { Life } from '../life.ts'
import { applyTenant, MINUTE_MS } from '../lifecycle.ts'
import type { Mode } from '../lifecycle.ts'

/** A tenant that nobody in the cluster knows of. */
export async function tenantOfPeople({ world }: Life): Promise<undefined> {
  world.person.createTenant({ name: 'acme' })
  await world.run(MINUTE_MS)
}

/** An application in the tenant, and the Secret `web` with its credential; tells its id. */
export async function adoptable({ world }: Life, mode: Mode): Promise<string> {
  applyTenant(world)
  await world.run(MINUTE_MS)
  const key = mode === 'EC' ? await world.keys.make({ type: 'EC' }) : undefined
  const { id, client_id, credentials } = world.person.createApplication('acme', {
    cell: 'eu-1',
    scopes: ['documents.submissions.read', 'documents.submissions.write'],
    auth_method: key ? { type: 'EC', alg: 'ES256', kid: key.kid, ...key.publicKey } : { type: 'CLIENT_SECRET' },
  })
  const secret = credentials?.type === 'CLIENT_SECRET' ? { client_secret: credentials.client_secret } : {}
  const proof = key ? { 'private_key.pem': key.privateKeyPem.reveal(), kid: key.kid } : secret
  const stringData = { client_id, ...proof }
  world.api.create({ kind: 'Secret', metadata: { namespace: 'team', name: 'web' }, stringData })
  return id
}
