// What each kind of setting takes, and what it makes of it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Kind } from '../../src/config/kinds.ts'
import { boolean, duration, integer, listOf, matching, oneOf } from '../../src/config/kinds.ts'
import { adoptionRule, labelSelector, leaseName, namespace } from '../../src/config/kubernetes-kinds.ts'
import { baseUrl, hostPattern, listenAddress, url, urlOfCell } from '../../src/config/network-kinds.ts'

/** `undefined`: refused. */
type Case = [kind: Kind<unknown>, given: unknown, value: unknown]

const REFUSED = undefined
const upTo8 = integer(-1, 8)
const minutes = duration('1m', '1h')
const letters = listOf(matching(/^[a-z]$/, 'a letter', 'LETTER'))

const texts: Case[] = [
  [boolean, 'true', true],
  [boolean, 'false', false],
  [boolean, 'yes', REFUSED],
  [boolean, '', REFUSED],
  [upTo8, '8', 8],
  [upTo8, '-1', -1],
  [upTo8, '9', REFUSED],
  [upTo8, '-2', REFUSED],
  [upTo8, '1.0', REFUSED],
  [upTo8, '0x1', REFUSED],
  [upTo8, ' 1', REFUSED],
  [upTo8, '', REFUSED],
  [minutes, '90s', 90_000],
  [minutes, '1h', 3_600_000],
  [minutes, '59s', REFUSED],
  [minutes, '61m', REFUSED],
  [minutes, '60', REFUSED],
  [oneOf('a', 'b'), 'b', 'b'],
  [oneOf('a', 'b'), 'A', REFUSED],
  [letters, '', []],
  [letters, 'a', ['a']],
  [letters, 'a, b', ['a', 'b']],
  [letters, 'a,', REFUSED],
  [letters, 'a,a', REFUSED],
  [letters, 'a,1', REFUSED],
  [url, 'https://example.com/v1/token', 'https://example.com/v1/token'],
  [url, 'https://example.com/token/', 'https://example.com/token/'],
  [url, 'http://127.0.0.1:8470/token', 'http://127.0.0.1:8470/token'],
  [url, 'http://[::1]:1/', 'http://[::1]:1/'],
  [url, 'http://localhost', 'http://localhost'],
  [url, 'http://example.com', REFUSED],
  [url, 'http://127.0.0.1.example.com', REFUSED],
  [url, 'http://localhost.example.com', REFUSED],
  [url, 'ftp://example.com', REFUSED],
  [url, 'example.com', REFUSED],
  [url, 'https://', REFUSED],
  [url, 'https://me:secret@example.com', REFUSED],
  [url, 'https://me@example.com', REFUSED],
  [url, 'https://example.com?a=b', REFUSED],
  [url, 'https://example.com#a', REFUSED],
  [url, 'https://example.com/a b', REFUSED],
  [url, 'https:\\\\example.com', REFUSED],
  [baseUrl, 'https://example.com/v0//', 'https://example.com/v0'],
  [baseUrl, 'https://example.com/', 'https://example.com'],
  [urlOfCell, 'https://api.{cell}.example.com/', 'https://api.{cell}.example.com'],
  [urlOfCell, 'http://127.0.0.1:1/documents/{cell}', 'http://127.0.0.1:1/documents/{cell}'],
  [urlOfCell, 'https://api.example.com', 'https://api.example.com'],
  [urlOfCell, 'https://api.example.com/{region}', REFUSED],
  [urlOfCell, 'http://{cell}.example.com', REFUSED],
  [hostPattern, '*.id.resistant.ai', '*.id.resistant.ai'],
  [hostPattern, 'id.example.com', 'id.example.com'],
  [hostPattern, '127.0.0.1', '127.0.0.1'],
  [hostPattern, '*', REFUSED],
  [hostPattern, 'a.*.example.com', REFUSED],
  [hostPattern, 'Example.com', REFUSED],
  [hostPattern, 'https://example.com', REFUSED],
  [hostPattern, 'example.com:443', REFUSED],
  [listenAddress, ':8080', { port: 8080 }],
  [listenAddress, ':0', { port: 0 }],
  [listenAddress, '127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  [listenAddress, 'localhost:8080', { host: 'localhost', port: 8080 }],
  [listenAddress, '[::1]:8080', { host: '::1', port: 8080 }],
  [listenAddress, '0', 'off'],
  [listenAddress, '8080', REFUSED],
  [listenAddress, ':65536', REFUSED],
  [listenAddress, '::1:8080', REFUSED],
  [listenAddress, '', REFUSED],
  [namespace, 'team-a', 'team-a'],
  [namespace, 'Team', REFUSED],
  [namespace, 'team.a', REFUSED],
  [namespace, 'a'.repeat(64), REFUSED],
  [leaseName, 'rai.operator', 'rai.operator'],
  [leaseName, '.rai', REFUSED],
  [labelSelector, 'stage=production', 'stage=production'],
  [labelSelector, 'example.com/a==b,c!=d,!e,f', 'example.com/a==b,c!=d,!e,f'],
  [labelSelector, 'team in (a, b),stage notin (c)', 'team in (a, b),stage notin (c)'],
  [labelSelector, 'team in a', REFUSED],
  [labelSelector, 'a=b,', REFUSED],
  [labelSelector, 'a=b c', REFUSED],
  [labelSelector, '', REFUSED],
  [adoptionRule, 'team-a=acme*', { namespace: 'team-a', tenant: 'acme*' }],
  [adoptionRule, 'team-a', REFUSED],
  [adoptionRule, '*=acme', REFUSED],
  [adoptionRule, 'team-a=Acme', REFUSED],
]

const fileValues: Case[] = [
  [boolean, true, true],
  [boolean, 'true', REFUSED],
  [upTo8, 8, 8],
  [upTo8, '8', REFUSED],
  [upTo8, 1.5, REFUSED],
  [upTo8, 9, REFUSED],
  [minutes, '10m', 600_000],
  [minutes, 600, REFUSED],
  [oneOf('a', 'b'), 'a', 'a'],
  [letters, ['a', 'b'], ['a', 'b']],
  [letters, [], []],
  [letters, 'a,b', REFUSED],
  [letters, ['a', 1], REFUSED],
  [letters, ['a', 'a'], REFUSED],
  [url, 'https://example.com', 'https://example.com'],
  [url, {}, REFUSED],
  [listenAddress, ':8080', { port: 8080 }],
  [listenAddress, 0, 'off'],
  [listenAddress, 8080, REFUSED],
  [adoptionRule, 'team-a=*', { namespace: 'team-a', tenant: '*' }],
]

const test = suite('kinds')

function title(kind: Kind<unknown>, given: unknown, value: unknown): string {
  return `${JSON.stringify(given)} ${value === REFUSED ? 'is not' : 'is'} ${kind.takes}`
}

for (const [kind, given, value] of texts) {
  test(title(kind, given, value), () => assert.equal(kind.fromText(String(given)), value))
}
for (const [kind, given, value] of fileValues) {
  test(`in the file, ${title(kind, given, value)}`, () => assert.equal(kind.fromFile(given), value))
}

test.run()
