/** Enough for the values that nodes have in common; a fleet's own names would only push each other out. */
const MOST = 4_096
const LONGEST = 256

/**
 * One copy of each text that many objects repeat: zones, images, reasons, messages. Parsing makes a new one every time,
 * and in 15,000 nodes they weigh more than all that is a node's own.
 */
export function createIntern(): (text: string) => string {
  const pool = new Map<string, string>()
  return (text) => {
    if (text.length > LONGEST) return text
    const known = pool.get(text)
    if (known !== undefined) return known
    if (pool.size >= MOST) pool.clear()
    pool.set(text, text)
    return text
  }
}
