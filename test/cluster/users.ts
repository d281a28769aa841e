// Makes users of a test cluster on request of any process of the same owner: only its supervisor holds the CA's key.
import { createServer, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Failure } from '../../src/errors.ts'

/** An identity for RBAC tests: certificates carry name and groups. */
export type UserRequest = { readonly name: string; readonly groups: string[] }

/** Credentials of a user; the file lives as long as the cluster. */
export type User = { readonly kubeconfig: string; readonly kubeconfigText: string }

type AddUser = (user: UserRequest) => Promise<{ kubeconfigPath: string; kubeconfigYaml: string }>

/** Listens on a Unix socket in a folder that only its owner may enter. */
export async function serveUsers(socket: string, addUser: AddUser): Promise<void> {
  const server = createServer((incoming, response) => {
    const answer = async () => {
      const user = await addUser(JSON.parse(await read(incoming)) as UserRequest)
      return { kubeconfig: user.kubeconfigPath, kubeconfigText: user.kubeconfigYaml }
    }
    answer().then(
      (user: User) => response.end(JSON.stringify(user)),
      (error: unknown) => response.writeHead(400).end(String(error)),
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve))
}

/** Asks the supervisor behind `socket` for a user. Fails with `UserRefused`, or with `ClusterGone` when nobody is there. */
export async function requestUser(socket: string, user: UserRequest, signal?: AbortSignal): Promise<User> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const gone = (cause: unknown) =>
      reject(new Failure('ClusterGone', 'stall', 'the test cluster has ended: start another one', { cause }))
    request({ socketPath: socket, method: 'POST', ...(signal && { signal }) }, resolve)
      .once('error', gone)
      .end(JSON.stringify(user))
  })
  const text = await read(incoming)
  if (incoming.statusCode === 200) return JSON.parse(text) as User
  throw new Failure('UserRefused', 'stall', `the test cluster made no user ${user.name}: ${text}`)
}

async function read(incoming: IncomingMessage): Promise<string> {
  incoming.setEncoding('utf8')
  let text = ''
  for await (const chunk of incoming) text += chunk as string
  return text
}
