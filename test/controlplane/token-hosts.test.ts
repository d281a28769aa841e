// Where a credential may go, as a table.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mayReceiveCredential } from '../../src/controlplane/token-hosts.ts'

const VENDOR = ['*.id.resistant.ai', 'id.example.com']
const LOCAL = ['127.0.0.1']

const ALLOWED: readonly (readonly [rule: string, url: string, hosts: readonly string[]])[] = [
  ['https on a host in the list', 'https://id.example.com/token', VENDOR],
  ['one label in place of the star', 'https://eu.id.resistant.ai/oauth2/aus1/v1/token', VENDOR],
  ['port 443 by name', 'https://eu.id.resistant.ai:443/token', VENDOR],
  ['upper case, which is no difference', 'HTTPS://EU.ID.resistant.AI/token', VENDOR],
  ['no path at all', 'https://eu.id.resistant.ai', VENDOR],
  ['a query', 'https://eu.id.resistant.ai/token?version=1', VENDOR],
  ['an internationalized host as it is written in ASCII', 'https://xn--bcher-kva.id.resistant.ai/token', VENDOR],
  ['http and a port on loopback', 'http://127.0.0.1:8470/oauth2/x/v1/token', LOCAL],
  ['https and a port on loopback', 'https://127.0.0.1:8443/token', LOCAL],
  ['another name of loopback', 'http://localhost:8470/token', LOCAL],
  ['loopback in IPv6', 'http://[::1]:8470/token', LOCAL],
  ['loopback by a name in the list', 'http://127.0.0.1/token', ['localhost']],
  ['loopback in odd notations', 'http://0x7f.1:80/token', LOCAL],
]

const REFUSED: readonly (readonly [rule: string, url: string, hosts?: readonly string[]])[] = [
  ['nothing', ''],
  ['no URL', 'aus2un1hkrKhPjir4417'],
  ['a path', '/oauth2/x/v1/token'],
  ['a URL without a scheme', '//eu.id.resistant.ai/token'],
  ['another host', 'https://evil.example/token'],
  ['no label in place of the star', 'https://id.resistant.ai/token'],
  ['two labels in place of the star', 'https://a.b.id.resistant.ai/token'],
  ['a host that only ends like it', 'https://evilid.resistant.ai/token'],
  ['a host that only begins like it', 'https://id.example.com.evil.example/token'],
  ['a name with a dot at its end', 'https://id.example.com./token'],
  ['plain http', 'http://id.example.com/token'],
  ['another port', 'https://id.example.com:8443/token'],
  ['plain http on port 443', 'http://id.example.com:443/token'],
  ['another scheme', 'ftp://id.example.com/token'],
  ['a user', 'https://user@id.example.com/token'],
  ['a user and a password', 'https://a:b@id.example.com/token'],
  ['a listed host as the user', 'https://id.example.com@evil.example/token'],
  ['a backslash, where parsers differ', 'https://id.example.com\\@evil.example/token'],
  ['an escape in the host, where parsers differ', 'https://id%2eexample.com/token'],
  ['a host in other letters, where parsers differ', 'https://ｉd.example.com/token'],
  ['white space inside', 'https://id.exa\tmple.com/token'],
  ['white space before', ' https://id.example.com/token'],
  ['a line break behind', 'https://id.example.com/token\n'],
  ['a fragment', 'https://id.example.com/token#x'],
  ['letters outside ASCII in the path', 'https://id.example.com/tokeñ'],
  ['an impossible port', 'https://id.example.com:99999/token'],
  ['loopback that is not in the list', 'http://127.0.0.1:8470/token'],
  ['loopback with a user', 'http://user@127.0.0.1/token', LOCAL],
  ['an address that is not loopback', 'http://192.0.2.1/token', LOCAL],
  ['loopback dressed as IPv6', 'http://[::ffff:127.0.0.1]/token', LOCAL],
  ['a host that begins like loopback', 'http://localhost.evil.example/token', LOCAL],
  ['every address', 'http://0.0.0.0/token', LOCAL],
  ['a star that stands for itself', 'https://*.id.resistant.ai/token'],
]

const tokenHosts = suite('token hosts')

for (const [rule, url, hosts] of ALLOWED) {
  tokenHosts(`a credential may go to ${rule}`, () => assert.ok(mayReceiveCredential(url, hosts)))
}

for (const [rule, url, hosts = VENDOR] of REFUSED) {
  tokenHosts(`no credential goes to ${rule}`, () => assert.not(mayReceiveCredential(url, hosts)))
}

tokenHosts('with no host in the list no credential goes anywhere', () => {
  assert.equal(
    ALLOWED.filter(([, url]) => mayReceiveCredential(url, [])),
    [],
  )
})

tokenHosts.run()
