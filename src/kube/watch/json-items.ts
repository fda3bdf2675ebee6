const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

export interface ItemSplitter {
  push(chunk: Buffer): void
  /** The list without its items, parsed. Throws SyntaxError when the list was cut short or is no JSON object. */
  end(): unknown
}

/**
 * Cuts a Kubernetes list into its items while it arrives, so that neither the list nor a page of it is ever held.
 * The order of members does not matter: built-in kinds put `metadata` before `items`, custom resources behind.
 */
export function createItemSplitter(onItem: (json: Buffer) => void): ItemSplitter {
  let depth = 0
  let inString = false
  let escaped = false
  let inItems = false
  let inItem = false
  const around: Buffer[] = []
  const parts: Buffer[] = []

  function keep(chunk: Buffer, from: number, to: number): void {
    if (from >= to) return
    if (inItem) parts.push(chunk.subarray(from, to))
    else if (!inItems) around.push(chunk.subarray(from, to))
  }

  function emit(chunk: Buffer, from: number, to: number): void {
    const last = chunk.subarray(from, to)
    const whole = parts.length === 0 ? last : Buffer.concat([...parts.splice(0), last])
    inItem = false
    onItem(whole)
  }

  /** Where the string's bytes in this chunk end. Most bytes of a list are in strings: this loop has its state at hand. */
  function skipString(chunk: Buffer, from: number): number {
    let at = escaped ? from + 1 : from
    const { length } = chunk
    escaped = false
    while (at < length) {
      const byte = chunk[at]
      if (byte === QUOTE) {
        inString = false
        return at + 1
      }
      at += byte === BACKSLASH ? 2 : 1
    }
    escaped = at > length
    return length
  }

  return {
    push(chunk) {
      let from = 0
      let at = 0
      while (at < chunk.length) {
        if (inString) {
          at = skipString(chunk, at)
          continue
        }
        const byte = chunk[at]
        if (byte === QUOTE) {
          inString = true
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          if (inItems && depth === 2 && !inItem) {
            inItem = true
            from = at
          } else if (depth === 1 && byte === OPEN_BRACKET) {
            keep(chunk, from, at + 1)
            from = at + 1
            inItems = /"items"\s*:\s*\[$/.test(Buffer.concat(around).toString('latin1'))
          }
          depth++
        } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
          depth--
          if (inItem && depth === 2) {
            emit(chunk, from, at + 1)
            from = at + 1
          } else if (inItems && depth === 1) {
            inItems = false
            from = at
          }
        }
        at++
      }
      keep(chunk, from, chunk.length)
    },
    end() {
      if (depth !== 0 || inString) throw new SyntaxError('the list was cut short')
      return JSON.parse(Buffer.concat(around).toString('utf8'))
    },
  }
}
