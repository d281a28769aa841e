// Where a credential may be sent.
import { isLoopback } from '../loopback.ts'

/**
 * An authority of host characters only, and no fragment (RFC 6749 section 3.2). What `URL` would mend (user information, escapes, backslashes, white space) other
 * parsers read differently, and the workloads that find the URL in their Secret use other parsers.
 */
const PLAIN_URL = /^https?:\/\/[a-z0-9.:[\]_-]+(?:[/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?$/i

/**
 * True for a URL that one of `tokenHosts` names, by https on port 443. On loopback plain http and any port will do, and
 * all its names are the same. In a pattern `*.example.com` the star is exactly one label.
 */
export function mayReceiveCredential(tokenUrl: string, tokenHosts: readonly string[]): boolean {
  const url = PLAIN_URL.test(tokenUrl) ? URL.parse(tokenUrl) : null
  if (!url) return false
  const { hostname, protocol, port } = url
  if (isLoopback(hostname)) return tokenHosts.some((host) => isLoopback(host))
  // `URL` leaves the scheme's own port out.
  return protocol === 'https:' && port === '' && tokenHosts.some((pattern) => isNamed(hostname, pattern))
}

function isNamed(hostname: string, pattern: string): boolean {
  if (!pattern.startsWith('*.')) return hostname === pattern
  const suffix = pattern.slice(1)
  const label = hostname.endsWith(suffix) ? hostname.slice(0, -suffix.length) : ''
  return label !== '' && !label.includes('.')
}
