/** Columns as wide as their widest cell, `gap` apart. Nothing is left at the end of a line. */
export function alignColumns(rows: readonly (readonly string[])[], gap = '  '): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd(),
  )
}

/** Whole words on lines of at most `width`. A word that is longer stays in one piece, so that it can be copied. */
export function wrapWords(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return line === '' ? lines : [...lines, line]
}
