// Answers whose bodies are not what the contract says, made from those that are.
import type { Answer } from './answers.ts'

/** Ways to spoil the body of an answer, by name. */
export const SPOILED = ['notJson', 'empty', 'wrongTypes', 'notUtf8', 'anotherId'] as const

export type Spoiling = {
  readonly as?: (typeof SPOILED)[number]
  /** In place of the right body. */
  readonly body?: string
  readonly contentType?: string
  /** Values by JSON pointer (RFC 6901). What a pointer leads through must be there. */
  readonly set?: Readonly<Record<string, unknown>>
  /** JSON pointers to what is left out. */
  readonly without?: readonly string[]
}

type Body = Exclude<Answer['body'], undefined>

/** The answer, spoiled. One without a body has none afterwards, unless `how.body` gives it one. */
export function spoiled(answer: Answer, how: Spoiling, anotherId: (id: string) => string): Answer {
  const { contentType } = how
  const body = how.body ?? (answer.body === undefined ? undefined : spoiledBody(answer.body, how, anotherId))
  return {
    status: answer.status,
    ...(body !== undefined && { body }),
    headers: { ...answer.headers, ...(contentType !== undefined && { 'Content-Type': contentType }) },
  }
}

function spoiledBody(body: Body, how: Spoiling, anotherId: (id: string) => string): Body {
  const { contentType, set, without = [] } = how
  const isOtherwiseSpoiled = contentType !== undefined || set !== undefined || without.length > 0
  const changed = set || without.length > 0 ? changedJson(body, (whole) => change(whole, set ?? {}, without)) : body
  switch (how.as ?? (isOtherwiseSpoiled ? undefined : 'notJson')) {
    case undefined:
      return changed
    case 'notJson':
      return textOf(changed).slice(0, Math.ceil(textOf(changed).length / 2))
    case 'empty':
      return ''
    case 'wrongTypes':
      return changedJson(changed, wrongTypes)
    case 'notUtf8':
      return notUtf8(textOf(changed))
    case 'anotherId':
      return changedJson(changed, (whole) => withOtherId(whole, anotherId))
  }
}

/** The answer with white space after its body, up to so many bytes. One without a body stays as it is. */
export function padded(answer: Answer, bytes: number): Answer {
  if (answer.body === undefined) return answer
  const content = Buffer.from(answer.body)
  return { ...answer, body: Buffer.concat([content, Buffer.alloc(Math.max(0, bytes - content.length), ' ')]) }
}

function textOf(body: Body): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString()
}

/** What another fault made of it may be no JSON any more: that stays. */
function changedJson(body: Body, change: (whole: unknown) => unknown): Body {
  try {
    return JSON.stringify(change(JSON.parse(textOf(body))))
  } catch {
    return body
  }
}

function change(whole: unknown, set: Readonly<Record<string, unknown>>, without: readonly string[]): unknown {
  for (const [pointer, value] of Object.entries(set)) {
    const { parent, name } = resolve(whole, pointer)
    if (parent) parent[name] = value
  }
  for (const pointer of without) {
    const { parent, name } = resolve(whole, pointer)
    if (parent) delete parent[name]
  }
  return whole
}

function resolve(whole: unknown, pointer: string) {
  const names = pointer.slice(1).split('/').map(unescaped)
  const name = names.pop() ?? ''
  let parent = whole
  for (const one of names) parent = isObject(parent) ? parent[one] : undefined
  return { parent: isObject(parent) ? parent : undefined, name }
}

function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Each value on the first level has another type than before. */
function wrongTypes(whole: unknown): unknown {
  if (!isObject(whole)) return { whole }
  return Object.fromEntries(Object.entries(whole).map(([name, one]) => [name, typeof one === 'string' ? 17 : 'x']))
}

/** The first string of the document begins with bytes that are no UTF-8. */
function notUtf8(text: string): Uint8Array {
  const [before = '', ...rest] = text.split(':"')
  return Buffer.concat([
    Buffer.from(before),
    ...(rest.length > 0 ? [Buffer.from(':"')] : []),
    Buffer.from([0xff, 0xfe]),
    Buffer.from(rest.join(':"')),
  ])
}

/** The document, or the first one of a list, has the id of another one. */
function withOtherId(whole: unknown, anotherId: (id: string) => string): unknown {
  if (!isObject(whole)) return whole
  const items = whole['items']
  const one = Array.isArray(items) ? (items[0] as unknown) : whole
  if (isObject(one) && typeof one['id'] === 'string') one['id'] = anotherId(one['id'])
  return whole
}
