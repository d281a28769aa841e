// Which of two states of the cluster is the newer one.

/**
 * Negative when `a` is older than `b`, zero when they are the same, positive when it is newer. Resource versions are
 * decimal numbers that may exceed what a double holds, and may be compared. Source: Kubernetes 1.35, KEP-5504.
 */
export function compareVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : Number(a > b)
}
