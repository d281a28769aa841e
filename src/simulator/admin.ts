// The admin API under /admin: see, configure and disturb the simulator, and play a person. Not part of the contract.
import type { Answer } from './answers.ts'
import { jsonAnswer, Refusal, refusal } from './answers.ts'
import type { Calls } from './calls.ts'
import { describeFaultKinds } from './fault-kinds.ts'
import type { HttpRequest } from './http-server.ts'
import type { Person } from './person.ts'
import { parseJson } from './request-bodies.ts'
import { changeSettings } from './settings.ts'
import type { World } from './world.ts'

export const ADMIN_PATH = '/admin'

/** What the admin API works on, and whether it serves other machines too. */
export type AdminTargets = {
  readonly world: World
  readonly calls: Calls
  readonly person: Person
  readonly remote: boolean
}

type AdminCall = AdminTargets & {
  /** The parts of the path that stand in braces, in order. */
  readonly names: readonly string[]
  readonly query: URLSearchParams
  readonly body: string
}

type AdminRoute = {
  readonly method: string
  readonly path: string
  readonly about: string
  readonly run: (call: AdminCall) => Answer
}

const DONE: Answer = { status: 204 }

const ROUTES: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: '/state',
    about: 'tenants and applications that exist, without credentials',
    run: ({ person }) => jsonAnswer(200, person.look()),
  },
  {
    method: 'GET',
    path: '/log',
    about: 'calls made, ?since=SEQ (included) and ?op=OPERATION narrow it',
    run: ({ calls, query }) => {
      const entries = calls.log.entries(Number(query.get('since') ?? 0), query.get('op') ?? undefined)
      return jsonAnswer(200, { entries })
    },
  },
  { method: 'DELETE', path: '/log', about: 'forget the calls', run: ({ calls }) => done(calls.log.clear()) },
  {
    method: 'GET',
    path: '/counts',
    about: 'number of calls of each operation',
    run: ({ calls }) => jsonAnswer(200, calls.log.counts()),
  },
  { method: 'GET', path: '/config', about: 'the settings', run: ({ world }) => jsonAnswer(200, world.settings) },
  {
    method: 'POST',
    path: '/config',
    about: 'change some settings',
    run: ({ world, body }) => {
      world.settings = changeSettings(world.settings, parseJson(body))
      return jsonAnswer(200, world.settings)
    },
  },
  {
    method: 'GET',
    path: '/fault',
    about: 'faults with their hits and how many are left',
    run: ({ calls }) => jsonAnswer(200, calls.faults.list()),
  },
  {
    method: 'POST',
    path: '/fault',
    about: 'add one: {op, method, path, tenant, client, after, count, kind, …}',
    run: ({ calls, body }) => jsonAnswer(201, { id: calls.faults.add(parseJson(body)) }),
  },
  { method: 'DELETE', path: '/fault', about: 'remove all faults', run: ({ calls }) => done(calls.faults.clear()) },
  {
    method: 'DELETE',
    path: '/fault/{id}',
    about: 'remove one fault',
    run: ({ calls, names }) => done(calls.faults.clear(Number(names[0]))),
  },
  {
    method: 'DELETE',
    path: '/tokens',
    about: 'all access tokens stop working',
    run: ({ world }) => done(world.grants.clear()),
  },
  {
    method: 'POST',
    path: '/credentials',
    about: 'the organization gets another credential, with a secret',
    run: ({ person }) => jsonAnswer(201, person.createCredential()),
  },
  {
    method: 'DELETE',
    path: '/credentials/{client}',
    about: 'a credential of the organization obtains no token any more',
    run: ({ person, names }) => done(person.deleteCredential(names[0] ?? '')),
  },
  {
    method: 'POST',
    path: '/tenants',
    about: 'a person makes a tenant',
    run: ({ person, body }) => jsonAnswer(201, person.createTenant(parseJson(body))),
  },
  {
    method: 'DELETE',
    path: '/tenants/{tenant}',
    about: 'a person deletes a tenant, ?force=true with its applications',
    run: ({ person, names, query }) => done(person.deleteTenant(names[0] ?? '', query.get('force') === 'true')),
  },
  {
    method: 'POST',
    path: '/tenants/{tenant}/applications',
    about: 'a person makes an application',
    run: ({ person, names, body }) => jsonAnswer(201, person.createApplication(names[0] ?? '', parseJson(body))),
  },
  {
    method: 'DELETE',
    path: '/tenants/{tenant}/applications/{application}',
    about: 'a person deletes an application',
    run: ({ person, names }) => done(person.deleteApplication(names[0] ?? '', names[1] ?? '')),
  },
]

const PATTERNS = ROUTES.map((route) => ({
  ...route,
  pattern: new RegExp(`^${ADMIN_PATH}${route.path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
}))

/** Whether a path is the admin API's. */
export function isAdminPath(path: string): boolean {
  return path === ADMIN_PATH || path.startsWith(`${ADMIN_PATH}/`)
}

/**
 * Answers one request to the admin API. It asks nobody who they are: whoever reaches it may do everything. That is why it
 * serves this machine only, unless `remote`. `GET /admin` lists what there is.
 */
export function answerAdminRequest(targets: AdminTargets, request: HttpRequest): Answer {
  if (!request.local && !targets.remote) return refusal(403, 'the admin API is served to this machine only').answer
  if (request.path === ADMIN_PATH) {
    return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: help() }
  }
  try {
    for (const { method, pattern, run } of PATTERNS) {
      const match = method === request.method ? pattern.exec(request.path) : null
      if (match) return run({ ...targets, names: match.slice(1), query: request.query, body: request.body })
    }
    throw refusal(404, `there is nothing under this method and path: GET ${ADMIN_PATH} lists what there is`)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

function help(): string {
  const calls = ROUTES.map(({ method, path, about }) => `${method} ${ADMIN_PATH}${path}: ${about}`)
  const kinds = describeFaultKinds().map((line) => `  ${line}`)
  return [...calls, '', 'kinds of faults; when is before or after the effect:', ...kinds, ''].join('\n')
}

function done(_nothing: void): Answer {
  return DONE
}
