// Values that the chart refuses, each with what has to be in the message: where it is, and what is wrong.

export const REFUSED: readonly { readonly values: object; readonly message: RegExp }[] = [
  { values: { replica: 2 }, message: /additional properties 'replica' not allowed/ },
  { values: { replicas: 0 }, message: /at '\/replicas': minimum: got 0, want 1/ },
  { values: { replicas: '2' }, message: /at '\/replicas': got string, want integer/ },
  { values: { settings: { 'tenant-qouta': 5 } }, message: /at '\/settings': additional properties 'tenant-qouta'/ },
  { values: { settings: { 'tenant-quota': '5' } }, message: /at '\/settings\/tenant-quota': got string, want integer/ },
  { values: { settings: { 'tenant-quota': 0 } }, message: /at '\/settings\/tenant-quota': minimum/ },
  { values: { settings: { 'sweep-interval': '10 minutes' } }, message: /at '\/settings\/sweep-interval': .*pattern/ },
  { values: { settings: { 'log-level': 'verbose' } }, message: /at '\/settings\/log-level': value must be one of/ },
  { values: { settings: { 'watch-namespaces': 'team-a' } }, message: /at '\/settings\/watch-namespaces': got string/ },
  { values: { settings: { 'watch-namespaces': ['A'] } }, message: /at '\/settings\/watch-namespaces\/0': .*pattern/ },
  { values: { settings: { 'watch-secrets': 'true' } }, message: /at '\/settings\/watch-secrets': got string/ },
  { values: { settings: { kubeconfig: '/x' } }, message: /at '\/settings': additional properties 'kubeconfig'/ },
  { values: { settings: { 'no-such-setting': true } }, message: /additional properties 'no-such-setting'/ },
  {
    values: { credentials: { client_secret: 'x' } },
    message: /at '\/credentials': additional properties 'client_secret'/,
  },
  { values: { credentials: { secret: '' } }, message: /at '\/credentials\/secret': minLength/ },
  { values: { image: { digest: 'latest' } }, message: /at '\/image\/digest': .*pattern/ },
  { values: { image: { pullPolicy: 'Sometimes' } }, message: /at '\/image\/pullPolicy': value must be one of/ },
  { values: { crds: { install: true } }, message: /at '\/crds': additional properties 'install'/ },
  { values: { proxy: { httpsProxy: 'http://me:pass@proxy:3128' } }, message: /at '\/proxy\/httpsProxy': .*pattern/ },
  { values: { extraEnv: [{ name: 'RAI_WORKERS', value: '1' }] }, message: /at '\/extraEnv\/0\/name': 'not' failed/ },
  {
    values: { extraEnv: [{ name: 'NODE_OPTIONS', value: '--inspect' }] },
    message: /at '\/extraEnv\/0\/name': 'not' failed/,
  },
  { values: { extraEnv: [{ value: '1' }] }, message: /at '\/extraEnv\/0': missing property 'name'/ },
  {
    values: { extraVolumes: [{ name: 'root', hostPath: { path: '/' } }] },
    message: /at '\/extraVolumes\/0': additional properties 'hostPath'/,
  },
  { values: { podSecurityContext: { runAsUser: 0 } }, message: /at '\/podSecurityContext\/runAsUser': minimum/ },
  {
    values: { podSecurityContext: { privileged: true } },
    message: /at '\/podSecurityContext': additional properties 'privileged'/,
  },
  { values: { networkPolicy: { egressPorts: [70_000] } }, message: /at '\/networkPolicy\/egressPorts\/0': maximum/ },
  { values: { commonLabels: { 'helm.sh/chart': 'x' } }, message: /invalid propertyName 'helm.sh\/chart'/ },
  { values: { resources: { limit: {} } }, message: /at '\/resources': additional properties 'limit'/ },
  // What only several values together are wrong about.
  {
    values: { settings: { 'leader-elect': false } },
    message: /replicas must be 1 where settings\.leader-elect is false/,
  },
  {
    values: { settings: { 'metrics-auth': 'kubernetes' } },
    message: /metrics\.certificateSecret is required where settings\.metrics-auth/,
  },
  {
    values: { settings: { 'metrics-address': 0 }, metrics: { serviceMonitor: { enabled: true } } },
    message: /metrics\.serviceMonitor\.enabled has no place where settings\.metrics-address is 0/,
  },
  {
    values: { settings: { 'watch-namespaces': ['team-a'] }, userRoles: { aggregate: true } },
    message: /userRoles\.aggregate has no place with settings\.watch-namespaces/,
  },
]
