// Which hosts are this machine: there plain http is allowed and no proxy is asked.
import { isIPv4 } from 'node:net'

/** `hostname` as `URL` has it, that is in lower case, IPv4 in dotted form, IPv6 in brackets. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
}
