// From a command line, an environment and a file to a configuration, or to one line that says what is wrong.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Config } from '../../src/config.ts'
import { ConfigurationError, parseCommand, proxyEnvironment, wantsColours } from '../../src/config.ts'

type Start = {
  readonly argv?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly files?: Readonly<Record<string, string>>
}

const FILE = '/settings.yaml'
const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'
const SIMULATED = ['--control-plane-url=http://127.0.0.1:1/v0', '--token-url=http://127.0.0.1:1/token']

function parse({ argv = [], env = {}, files = {} }: Start) {
  return parseCommand(argv, env, (path) => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    return text
  })
}

function configOf(start: Start): Config {
  const command = parse(start)
  if (command.command !== 'run') throw new Error(`it is ${command.command}`)
  return command.config
}

/** Settings from a file with these lines. */
function fromFile(...lines: string[]): Start {
  return { argv: ['--config', FILE], files: { [FILE]: lines.join('\n') } }
}

const inPod: Start = { env: { KUBERNETES_SERVICE_HOST: '192.0.2.1' }, files: { [NAMESPACE_FILE]: 'rai\n' } }

const test = suite('configuration')

test('nothing said means production', () => {
  const config = configOf({})
  assert.is(config.controlPlaneUrl, 'https://api.tenants.resistant.ai/v0')
  assert.is(config.tokenUrl, 'https://eu.id.resistant.ai/oauth2/aus17c172cLOCWEyk417/v1/token')
  assert.is(config.documentsApiUrl, undefined)
  assert.equal(config.tokenHosts, ['*.id.resistant.ai', 'eu.id.resistant.ai'])
  assert.is(config.operatorNamespace, 'rai-system')
  assert.equal(config.watchNamespaces, [])
  assert.equal(config.metricsAddress, { port: 8080 })
  assert.is(config.drainTimeoutMs, 50_000)
})

test('a configuration cannot be changed, not even in its lists', () => {
  const config = configOf({ argv: ['--watch-namespaces=a'] })
  const change = () => Object.assign(config.watchNamespaces, { 0: 'b' })
  assert.throws(change, /read only/)
  assert.ok(Object.isFrozen(config))
})

type Given = [title: string, start: Start, values: Partial<Config>]

const given: Given[] = [
  ['a flag with its value after it', { argv: ['--workers', '3'] }, { workers: 3 }],
  ['a flag with its value in it', { argv: ['--workers=3'] }, { workers: 3 }],
  ['a value with an = in it', { argv: ['--organization=a=b'] }, { organization: 'a=b' }],
  ['a variable', { env: { RAI_WORKERS: '3' } }, { workers: 3 }],
  ['a line in the file', fromFile('workers: 3'), { workers: 3 }],
  [
    'a file named by a variable',
    { env: { RAI_CONFIG: FILE }, files: { [FILE]: 'workers: 3' } },
    { workers: 3, settingsFile: FILE },
  ],
  ['an empty file', fromFile('# nothing'), { workers: 8 }],
  [
    'a boolean flag before another flag',
    { argv: ['--leader-elect', '--workers=3'] },
    { leaderElect: true, workers: 3 },
  ],
  ['a boolean flag with its value after it', { argv: ['--leader-elect', 'true'] }, { leaderElect: true }],
  ['no election', { env: { RAI_LEADER_ELECT: 'false' } }, { leaderElect: false }],
  [
    'a lease of its own pace',
    { argv: ['--lease-duration=30s', '--renew-deadline=20s', '--retry-period=5s', '--lease-name=blue'] },
    { leaseDurationMs: 30_000, renewDeadlineMs: 20_000, retryPeriodMs: 5_000, leaseName: 'blue' },
  ],
  [
    'a lease that is just patient enough',
    { argv: ['--lease-duration=10801ms', '--renew-deadline=10800ms', '--retry-period=8999ms'] },
    { retryPeriodMs: 8_999 },
  ],
  ['a list as a flag', { argv: ['--watch-namespaces', 'a,b'] }, { watchNamespaces: ['a', 'b'] }],
  ['a list in the file', fromFile('watch-namespaces: [a, b]'), { watchNamespaces: ['a', 'b'] }],
  [
    'who may take over what',
    fromFile('allow-adoption: [team-a=acme*, team-b=umbrella]'),
    {
      allowAdoption: [
        { namespace: 'team-a', tenant: 'acme*' },
        { namespace: 'team-b', tenant: 'umbrella' },
      ],
    },
  ],
  ['a selector', { argv: ['--selector', 'stage=a,team in (b,c)'] }, { selector: 'stage=a,team in (b,c)' }],
  ['an empty list', { env: { RAI_WATCH_NAMESPACES: '' } }, { watchNamespaces: [] }],
  ['an address that turns a server off', fromFile('metrics-address: 0'), { metricsAddress: 'off' }],
  [
    'a flag, a variable and a line in the file: the flag',
    { argv: ['--config', FILE, '--workers=1'], env: { RAI_WORKERS: '2' }, files: { [FILE]: 'workers: 3' } },
    { workers: 1 },
  ],
  [
    'a variable and a line in the file: the variable',
    { argv: ['--config', FILE], env: { RAI_WORKERS: '2' }, files: { [FILE]: 'workers: 3' } },
    { workers: 2 },
  ],
  ['metrics of single resources', fromFile('per-object-metrics: true'), { perObjectMetrics: true }],
  [
    'metrics for whom the API server lets',
    fromFile('metrics-auth: kubernetes', 'metrics-cert-dir: /tls'),
    { metricsAuth: 'kubernetes', metricsCertDir: '/tls' },
  ],
  ['metrics by HTTPS for everybody', { argv: ['--metrics-cert-dir=/tls'] }, { metricsAuth: 'none' }],
  ['variables of tests', { env: { RAI_TEST_CLUSTER: '{}' } }, {}],
  [
    'variables by which Kubernetes tells of a Service',
    {
      env: {
        RAI_OPERATOR_METRICS_SERVICE_HOST: '192.0.2.2',
        RAI_OPERATOR_METRICS_SERVICE_PORT: '8080',
        RAI_OPERATOR_METRICS_SERVICE_PORT_HTTP: '8080',
        RAI_OPERATOR_METRICS_PORT: 'tcp://192.0.2.2:8080',
        RAI_OPERATOR_METRICS_PORT_8080_TCP: 'tcp://192.0.2.2:8080',
        RAI_OPERATOR_METRICS_PORT_8080_TCP_PROTO: 'tcp',
        RAI_OPERATOR_METRICS_PORT_8080_TCP_PORT: '8080',
        RAI_OPERATOR_METRICS_PORT_8080_TCP_ADDR: '192.0.2.2',
      },
    },
    {},
  ],
  [
    "the vendor's testing environment",
    {
      argv: ['--control-plane-url=https://api.tenants.testing.resistant.ai/v0', '--token-url=https://id.example.com/t'],
    },
    {
      documentsApiUrl: 'https://api.documents.testing.resistant.ai',
      tokenHosts: ['*.id.resistant.ai', 'id.example.com'],
    },
  ],
  [
    'a control plane of somebody else',
    { argv: [...SIMULATED, '--documents-api-url=http://127.0.0.1:1/documents/{cell}'] },
    { tokenUrl: 'http://127.0.0.1:1/token', documentsApiUrl: 'http://127.0.0.1:1/documents/{cell}' },
  ],
  ['hosts for tokens: those alone', { argv: ['--token-hosts=id.example.com'] }, { tokenHosts: ['id.example.com'] }],
  ['nothing, in a Pod', inPod, { operatorNamespace: 'rai' }],
  ['nothing, in a Pod without a service account', { ...inPod, files: {} }, { operatorNamespace: 'rai-system' }],
  ['a kubeconfig, in a Pod', { ...inPod, argv: ['--kubeconfig=k'] }, { operatorNamespace: 'rai-system' }],
  ['a namespace, in a Pod', { ...inPod, argv: ['--operator-namespace=other'] }, { operatorNamespace: 'other' }],
]

for (const [title, start, values] of given) {
  test(`it understands ${title}`, () => {
    const config = configOf(start)
    for (const key of Object.keys(values) as (keyof Config)[]) assert.equal(config[key], values[key])
    assert.is(config.burst, 15)
  })
}

type Refused = [title: string, start: Start, line: string]

const SECRET = 'hunter2'
const positive = 'a whole number from 1 to 1000'

const HASTY: [title: string, argv: string[], line: string][] = [
  ['that may be renewed until it ends', ['--renew-deadline=15s'], 'renew-deadline must be shorter than lease-duration'],
  ['that ends before it is given up', ['--lease-duration=9s'], 'renew-deadline must be shorter than lease-duration'],
  [
    'that is tried once only',
    ['--retry-period=10s'],
    'retry-period must be shorter than renew-deadline divided by 1.2',
  ],
  [
    'that is tried once only, with chance',
    ['--retry-period=9s', '--renew-deadline=10800ms'],
    'retry-period must be shorter than renew-deadline divided by 1.2',
  ],
]

const refused: Refused[] = [
  ['a value out of range', { argv: ['--workers=0'] }, `--workers got "0", takes ${positive}`],
  ['a wrong type in a variable', { env: { RAI_WORKERS: 'many' } }, `RAI_WORKERS got "many", takes ${positive}`],
  ['an empty variable', { env: { RAI_WORKERS: '' } }, `RAI_WORKERS got "", takes ${positive}`],
  ['a wrong type in the file', fromFile('workers: "3"'), `workers in ${FILE} got "3", takes ${positive}`],
  ['a map in the file', fromFile(`workers: {a: ${SECRET}}`), `workers in ${FILE} got "{…}", takes ${positive}`],
  [
    'a number for a list',
    fromFile('watch-namespaces: 5'),
    `watch-namespaces in ${FILE} got 5, takes a list, each once,`,
  ],
  ['a flag without its value', { argv: ['--workers'] }, `--workers has no value, takes ${positive}`],
  ['a flag instead of a value', { argv: ['--workers', '--burst=1'] }, `--workers has no value, takes ${positive}`],
  ['a key without its value', fromFile('workers:'), `workers in ${FILE} has no value, takes ${positive}`],
  ['a flag that is given twice', { argv: ['--burst=1', '--burst=2'] }, '--burst is given more than once'],
  ['an unknown flag', { argv: [`--client-secret=${SECRET}`] }, '--client-secret is no setting: see --help'],
  ['an unknown flag, with its value after it', { argv: ['--secret', SECRET] }, '--secret is no setting: see --help'],
  ['a name from elsewhere', { argv: ['--toString=1'] }, '--toString is no setting: see --help'],
  [
    'an unknown variable',
    { env: { RAI_CLIENT_SECRET: SECRET } },
    'environment variable RAI_CLIENT_SECRET is no setting: see --help',
  ],
  [
    'a variable that only looks like that of a Service',
    { env: { RAI_METRICS_PORT: '9090' } },
    'environment variable RAI_METRICS_PORT is no setting: see --help',
  ],
  ['an unknown key', fromFile(`client-secret: ${SECRET}`), `client-secret in ${FILE} is no setting: see --help`],
  ['a file that names a file', fromFile('config: other.yaml'), `config in ${FILE} is no setting: see --help`],
  ['a list as the file', fromFile('- workers'), `config: ${FILE} takes one setting a line, as "name: value"`],
  ['a text as the file', fromFile(SECRET), `config: ${FILE} takes one setting a line, as "name: value"`],
  [
    'the same key twice',
    fromFile('burst: 1', 'burst: 2'),
    `config: ${FILE} is not YAML at line 2, column 1 (DUPLICATE_KEY)`,
  ],
  ['a file that is not YAML', fromFile(`a: "${SECRET}`), `config: ${FILE} is not YAML at line 1, column`],
  ['a file that is not there', { argv: ['--config=/none'] }, 'config: cannot read /none (ENOENT)'],
  [
    'a word that is no flag',
    { argv: ['--burst=1', SECRET] },
    'argument 2 is no flag: settings are given as --name value',
  ],
  ['a flag with one dash', { argv: ['-v'] }, 'argument 1 is no flag: settings are given as --name value'],
  [
    'a user in a URL',
    { argv: [`--control-plane-url=https://me:${SECRET}@example.com`] },
    '--control-plane-url got "…@example.com", takes an https URL (http only for loopback) without user, query and fragment',
  ],
  [
    'a user in a URL that is none',
    { env: { RAI_TOKEN_URL: `https://me:"${SECRET}"@ @example.com` } },
    'RAI_TOKEN_URL got "…@example.com", takes an https URL',
  ],
  [
    'plain http',
    { argv: ['--token-url=http://example.com'] },
    '--token-url got "http://example.com", takes an https URL',
  ],
  [
    'a control plane without its token URL',
    { argv: ['--control-plane-url=https://api.tenants.testing.resistant.ai/v0'] },
    'token-url is required with this control-plane-url, takes an https URL',
  ],
  [
    'a control plane without its Documents API',
    { argv: SIMULATED },
    'documents-api-url is required with this control-plane-url, takes an https URL',
  ],
  [
    'one address for two servers',
    { argv: ['--metrics-address=:8081'] },
    'metrics-address and health-address are the same, take one port each',
  ],
  ...HASTY.map(([title, argv, line]): Refused => [`a lease ${title}`, { argv }, line]),
  [
    'what is no label selector',
    { argv: ['--selector', 'stage is production'] },
    '--selector got "stage is production", takes a label selector, such as',
  ],
  ['an empty selector', fromFile("selector: ''"), `selector in ${FILE} got "", takes a label selector`],
  [
    'tokens by plain HTTP',
    { env: { RAI_METRICS_AUTH: 'kubernetes' } },
    'metrics-cert-dir is required with metrics-auth kubernetes, takes a path: without HTTPS',
  ],
  [
    'a namespace that is none',
    { argv: ['export', '--namespace=A'] },
    '--namespace got "A", takes the name of a namespace',
  ],
  ['a namespace twice', { argv: ['export', '--namespace=a', '--namespace=b'] }, '--namespace is given more than once'],
  [
    'a namespace that is not looked after',
    { argv: ['export', '--watch-namespaces=a,b'] },
    'namespace got "default", takes one of watch-namespaces (a, b): others are not looked after',
  ],
  ['a flag of another command', { argv: ['run', '--namespace=a'] }, '--namespace is no setting: see --help'],
  [
    'a variable for what is a flag alone',
    { argv: ['export'], env: { RAI_NAMESPACE: 'a' } },
    'environment variable RAI_NAMESPACE is no setting: see --help',
  ],
  ['an output that is none', { argv: ['check', '-o', 'xml'] }, '--output got "xml", takes text or json or yaml'],
  ['an output of another command', { argv: ['export', '--output=text'] }, '--output got "text", takes yaml or json'],
  ['an output of none', { argv: ['run', '-o', 'json'] }, 'argument 1 is no flag: settings are given as'],
  ['an output twice', { argv: ['check', '-o=json', '--output=yaml'] }, '--output is given more than once'],
  ['a short flag without its value', { argv: ['check', '-o'] }, '--output has no value, takes text or json or yaml'],
  ['an unknown command', { argv: [SECRET] }, 'the first argument is no command: see --help'],
]

for (const [title, start, line] of refused) {
  test(`${title} is refused in one line that shows no secret`, () => {
    try {
      parse(start)
    } catch (error) {
      assert.instance(error, ConfigurationError)
      const { message } = error as ConfigurationError
      assert.is(message.slice(0, line.length), line)
      assert.not.match(message, /\n/)
      assert.not.match(message, SECRET)
      return
    }
    assert.unreachable('it was accepted')
  })
}

test('a value that is refused is shown in part when it is long', () => {
  try {
    parse({ argv: [`--workers=${'9'.repeat(5000)}`] })
    assert.unreachable('it was accepted')
  } catch (error) {
    assert.ok((error as Error).message.length < 200)
  }
})

test('run is what it does when no command is named', () => {
  assert.is(parse({ argv: [] }).command, 'run')
  assert.is(parse({ argv: ['run', '--burst=1'] }).command, 'run')
})

test('--help and --version win over whatever else is said', () => {
  assert.is(parse({ argv: ['--nonsense', '--help'] }).command, 'help')
  assert.is(parse({ argv: ['run', '-h'] }).command, 'help')
  assert.equal(parse({ argv: ['--version'] }), { command: 'version' })
})

const exported: [flags: string[], ofRun: string[], namespace: string, output?: string][] = [
  [[], [], 'default'],
  [['--burst=1', '--namespace', 'a'], ['--burst=1'], 'a'],
  [['--namespace=b', '--watch-namespaces=a,b'], ['--watch-namespaces=a,b'], 'b'],
  [['-n', 'a', '-o', 'json'], [], 'a', 'json'],
  [['-na', '-o=yaml'], [], 'a', 'yaml'],
]

for (const [flags, ofRun, namespace, output = 'yaml'] of exported) {
  test(`export ${flags.join(' ')} prints ${output} for namespace ${namespace}, and has the settings that run has`, () => {
    const config = configOf({ ...inPod, argv: ofRun })
    assert.equal(parse({ ...inPod, argv: ['export', ...flags] }), { command: 'export', config, namespace, output })
  })
}

const checked: [flags: string[], output: string][] = [
  [[], 'text'],
  [['-o', 'json'], 'json'],
  [['-oyaml'], 'yaml'],
  [['--output=text'], 'text'],
]

for (const [flags, output] of checked) {
  test(`check ${flags.join(' ')} prints ${output}, and has the settings that run has`, () => {
    const config = configOf({ ...inPod, argv: ['--burst=1'] })
    assert.equal(parse({ ...inPod, argv: ['check', '--burst=1', ...flags] }), { command: 'check', config, output })
  })
}

for (const [command, opening] of [
  ['export', 'rai-operator export: prints'],
  ['check', 'rai-operator check: tells'],
] as const) {
  test(`${command} has a --help of its own`, () => {
    const [run, own] = [
      ['run', '--help'],
      [command, '-h'],
    ].map((argv) => parse({ argv }) as { text: string })
    assert.match(own!.text, opening)
    assert.is.not(own!.text, run!.text)
    assert.equal(parse({ argv: [command, '--version'] }), { command: 'version' })
  })
}

for (const command of ['simulator', 'rai']) {
  test(`${command} gets its arguments as they are, and no settings`, () => {
    const start = { argv: [command, '--listen', ':1', '--help'], env: { RAI_NONSENSE: '1' } }
    assert.equal(parse(start), { command, argv: ['--listen', ':1', '--help'] })
  })
}

const coloured: [title: string, env: NodeJS.ProcessEnv, isTerminal: boolean, wanted: boolean][] = [
  ['on a terminal', {}, true, true],
  ['on no terminal', {}, false, false],
  ['with NO_COLOR', { NO_COLOR: '1' }, true, false],
  ['with an empty NO_COLOR', { NO_COLOR: '' }, true, true],
  ['on a terminal that knows none', { TERM: 'dumb' }, true, false],
]

for (const [title, env, isTerminal, wanted] of coloured) {
  test(`${title} there are ${wanted ? '' : 'no '}colours`, () => {
    assert.is(wantsColours(env, isTerminal), wanted)
  })
}

test('of the environment, only what finds a proxy is passed on', () => {
  const env = { HTTPS_PROXY: 'a', no_proxy: 'b', HTTP_PROXY: 'c', PATH: 'd', RAI_BURST: '1' }
  assert.equal(proxyEnvironment(env), { HTTPS_PROXY: 'a', no_proxy: 'b', HTTP_PROXY: 'c' })
})

test.run()
