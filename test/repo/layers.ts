// Who may import whom: the architecture as a table, which test/repo/layers.test.ts holds the source to.

export type Layer = {
  /** What it is for, in a few words. */
  readonly purpose: string
  /** The files it consists of: folders end in a slash. */
  readonly files: readonly string[]
  /** Layers, or single files of a layer, whose values and types it may use. Its own files always. */
  readonly imports: readonly string[]
  /** Layers, or single files, of which it may use types alone: they vanish before the program runs. */
  readonly types: readonly string[]
  /** Whether it may use Node's own modules. Where not, it can neither wait nor reach out: it is handed what it needs. */
  readonly node: boolean
}

/** From pure to not: arrows point up. Adapters never see each other; only the roots join. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  leaves: {
    purpose: 'failures, time, secrets that do not print, texts that do, for whom work is done, the shape of a logger',
    files: [
      'src/errors.ts',
      'src/clock.ts',
      'src/redacted.ts',
      'src/log.ts',
      'src/abort.ts',
      'src/loopback.ts',
      'src/duration.ts',
      'src/jitter.ts',
      'src/shown.ts',
      'src/party.ts',
    ],
    imports: [],
    types: [],
    node: true,
  },
  api: {
    purpose: 'what users write and read: types generated from crds/, names, reasons',
    files: ['src/api/'],
    imports: ['leaves'],
    types: [],
    node: false,
  },
  domain: {
    purpose: 'what should happen: pure and synchronous',
    files: ['src/domain/'],
    imports: ['leaves', 'api'],
    types: [],
    node: false,
  },
  cli: {
    purpose:
      'what the commands for people ask, decide and print: no controller needs it, so it is loaded with them alone',
    files: ['src/cli/'],
    imports: ['leaves', 'api', 'domain'],
    types: [],
    node: false,
  },
  engine: {
    purpose: 'a control loop that knows no kind: queue, worker, back-off, finalizer, lifecycle, budget, leader, gate',
    files: ['src/engine/'],
    imports: ['leaves'],
    types: [],
    node: false,
  },
  controllers: {
    purpose: 'one file per kind: observe, plan, carry out, publish, report; and the ports they need',
    files: ['src/controllers/'],
    imports: ['leaves', 'api', 'domain', 'src/engine/outcome.ts', 'src/engine/finalizer.ts'],
    types: [],
    node: false,
  },
  controlplane: {
    purpose: 'adapter to the Tenant Management API',
    files: ['src/controlplane/'],
    imports: ['leaves', 'api'],
    types: ['domain', 'src/controllers/ports.ts', 'src/engine/budget.ts', 'src/engine/gate.ts'],
    node: true,
  },
  kube: {
    purpose: 'adapter to Kubernetes',
    files: ['src/kube/'],
    imports: ['leaves', 'api'],
    types: ['domain', 'src/controllers/ports.ts', 'src/engine/gate.ts', 'src/engine/leader.ts', 'src/cli/ports.ts'],
    node: true,
  },
  telemetry: {
    purpose: 'adapter to whoever watches: logs, metrics, probes',
    files: ['src/telemetry/'],
    imports: ['leaves', 'api'],
    types: ['domain', 'src/controllers/ports.ts'],
    node: true,
  },
  simulator: {
    purpose: 'the Tenant Management API in memory, with faults on demand: a program of its own',
    files: ['src/simulator/'],
    imports: ['leaves'],
    types: [],
    node: true,
  },
  config: {
    purpose: 'the only reader of the environment and of flags',
    files: ['src/config.ts', 'src/config/'],
    imports: ['leaves'],
    types: [],
    node: true,
  },
  roots: {
    purpose: 'join everything, decide nothing',
    files: ['src/main.ts', 'src/operator.ts', 'src/operator/'],
    imports: [
      'leaves',
      'api',
      'domain',
      'cli',
      'engine',
      'controllers',
      'controlplane',
      'kube',
      'telemetry',
      'simulator',
      'config',
    ],
    types: [],
    node: true,
  },
}

/** The layers in which each npm package is at home: nobody else knows that it is used. */
export const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  '@kubernetes/client-node': ['kube'],
  ajv: ['controlplane', 'simulator'],
  jose: ['controlplane', 'simulator'],
  'node-fetch': ['controlplane'],
  pino: ['telemetry'],
  'pino-pretty': ['telemetry'],
  'prom-client': ['telemetry'],
  yaml: ['cli', 'config', 'domain'],
}
