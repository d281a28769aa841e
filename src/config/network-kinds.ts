// The kinds of settings that say where something is: URLs, hosts, addresses to listen on.
import { isLoopback } from '../loopback.ts'
import type { Kind } from './kinds.ts'
import { matching, textual } from './kinds.ts'

/** Where to listen: without `host` on every address of the machine; port 0 is any free one. `off`: not at all. */
export type ListenAddress = { readonly host?: string; readonly port: number } | 'off'

const URL_TAKES = 'an https URL (http only for loopback) without user, query and fragment'

/** A URL exactly as it was written. */
export const url: Kind<string> = urlKind(URL_TAKES, (text) => (isUrl(text) ? text : undefined))

/** A URL that paths are appended to; slashes at its end are dropped. */
export const baseUrl: Kind<string> = urlKind(URL_TAKES, (text) => (isUrl(text) ? withoutSlash(text) : undefined))

/** As {@link baseUrl}; `{cell}` in it stands for a cell. */
export const urlOfCell: Kind<string> = urlKind(`${URL_TAKES}, in which {cell} stands for the cell`, (text) => {
  const ofCell = text.replaceAll('{cell}', 'eu-1')
  return isUrl(ofCell) && !/[{}]/.test(ofCell) ? withoutSlash(text) : undefined
})

/** A host name, or one behind `*.`, which stands for exactly one label. */
export const hostPattern: Kind<string> = matching(
  /^(?=.{1,253}$)(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
  'a host name in lower case, also behind *. for exactly one more label',
  'HOST',
)

const listenText: Kind<ListenAddress> = textual({
  takes: 'HOST:PORT, :PORT for every address of the machine, or 0 for none',
  placeholder: 'HOST:PORT',
  fromText(text) {
    if (text === '0') return 'off'
    const [, bracketed, plain, digits = ''] = /^(?:\[([0-9a-f:.]+)\]|([a-zA-Z0-9.-]*)):([0-9]{1,5})$/.exec(text) ?? []
    const port = Number(digits)
    if (digits === '' || port > 65_535) return undefined
    const host = bracketed ?? plain
    return host === undefined || host === '' ? { port } : { host, port }
  },
})

export const listenAddress: Kind<ListenAddress> = {
  ...listenText,
  // Unquoted, YAML's 0 is a number.
  fromFile: (value) => listenText.fromFile(value === 0 ? '0' : value),
}

function urlKind(takes: string, fromText: (text: string) => string | undefined): Kind<string> {
  return textual({ takes, placeholder: 'URL', fromText })
}

function isUrl(text: string): boolean {
  const parsed = /[\s\\?#]/.test(text) ? null : URL.parse(text)
  if (!parsed || parsed.username !== '' || parsed.password !== '') return false
  return parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback(parsed.hostname))
}

function withoutSlash(text: string): string {
  return text.replace(/\/+$/, '')
}
