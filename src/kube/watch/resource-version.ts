/**
 * Is `a` older than `b`? Undefined when they can't be compared. Kubernetes promises decimal numbers that grow, for all
 * its own kinds and custom resources (KEP-5504); aggregated API servers promise nothing.
 */
export function isOlder(a: string, b: string): boolean | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined
  return a.length === b.length ? a < b : a.length < b.length
}

function isNumber(version: string): boolean {
  return /^[1-9]\d*$/.test(version)
}
