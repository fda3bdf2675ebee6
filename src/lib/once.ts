/** Remembers what was said last. Answers whether `what` is anything else, so that a trouble that lasts is told once. Undefined: it is over. */
export function createOnce(): (what: string | undefined) => boolean {
  let last: string | undefined
  return (what) => {
    const isNew = what !== last
    last = what
    return isNew
  }
}
