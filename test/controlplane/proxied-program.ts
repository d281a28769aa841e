// A process of its own for proxies.test.ts, since NODE_EXTRA_CA_CERTS is read when Node starts. Prints what came of its calls.
import { proxyEnvironment } from '../../src/config.ts'
import { openOrganization } from './organization.ts'

const forever = new AbortController().signal
const [baseUrl = '', tokenUrl = ''] = process.argv.slice(2)

const { plane, metrics } = openOrganization({ baseUrl, tokenUrl, proxyEnv: proxyEnvironment(process.env) })
const outcomes: string[] = []
for (const name of ['first', 'second', 'reset']) {
  outcomes.push((await plane.tenants.create({ name, cells: ['eu-1'] }, forever)).outcome)
}
for (let i = 0; i < 3; i++) outcomes.push(String((await plane.tenants.list(forever)).tenants.length))
plane.close()
process.stdout.write(JSON.stringify({ outcomes, calls: metrics.calls }))
