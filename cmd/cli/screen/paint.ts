import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** What a reader looks for first, by how its line begins. Texts of others are within lines, and never begin one. */
const STYLES: readonly (readonly [RegExp, Style])[] = [
  [/^(\S+: )?(HELD|STANDS STILL|NOBODY LEADS|BLIND)\b/, ['bold', 'red']],
  [/^(\S+: )?(REPAIR|REPAIRING|WATCHING|DRY-RUN|OBSERVES)\b/, ['bold', 'yellow']],
  [/^(\S+: )?(OK|healthy)\b/, ['bold', 'green']],
  [/^ {2}(FAIL|HOLD)\b/, 'red'],
  [/^ {2}(UNKNOWN)\b/, 'yellow'],
  [/^ {2}(ok|pass)\b/, 'green'],
  [/^[A-Z][\w ]*$/, 'bold'],
]

/** For a terminal: the word that a line begins with, coloured. Nothing else changes. */
export function paint(text: string): string {
  return text.split('\n').map(paintLine).join('\n')
}

function paintLine(line: string): string {
  for (const [pattern, style] of STYLES) {
    const [word] = pattern.exec(line) ?? []
    // Not by what stdout is in this process: the terminal said that it shows colours.
    if (word !== undefined) return styleText(style, word, { validateStream: false }) + line.slice(word.length)
  }
  return line
}
