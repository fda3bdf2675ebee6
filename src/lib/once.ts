/**
 * Remembers what was said last, `about` each thing apart. Answers whether `what` is anything else, so that a trouble
 * that lasts is told once. Undefined: it is over.
 */
export function createOnce(): (what: string | undefined, about?: string) => boolean {
  const said = new Map<string, string>()
  return (what, about = '') => {
    if (what === said.get(about)) return false
    if (what === undefined) said.delete(about)
    else said.set(about, what)
    return true
  }
}
