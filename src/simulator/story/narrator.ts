import type { Clock } from '../../core/ports/clock.ts'
import { formatDuration } from '../../lib/pure/duration.ts'

/** Who a line is about. The colour says the same as the word: without colours nothing is lost. */
export type Voice = 'fault' | 'heald' | 'why' | 'holds' | 'cloud' | 'proof' | 'done' | 'person' | 'story' | 'failed'

export interface Narrator {
  heading(text: string): void
  /** One thing that happened, with the time since the start. */
  line(voice: Voice, text: string): void
  /** Text without a time, indented like one. */
  aside(text: string): void
  table(rows: readonly (readonly string[])[]): void
  blank(): void
}

export interface NarratorOptions {
  readonly write: (text: string) => void
  readonly colours: boolean
  readonly clock: Clock
  readonly width?: number
}

const COLOURS: Readonly<Record<Voice, number>> = {
  fault: 31,
  heald: 36,
  why: 90,
  holds: 33,
  cloud: 35,
  proof: 36,
  done: 32,
  person: 34,
  story: 90,
  failed: 31,
}
const BOLD = 1
const VOICE_WIDTH = 7

export function createNarrator({ write, colours, clock, width = 100 }: NarratorOptions): Narrator {
  const startedAt = clock.now()
  const paint = (text: string, code: number): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  const indent = ' '.repeat(8 + VOICE_WIDTH + 2)

  function time(): string {
    const seconds = (clock.now() - startedAt) / 1_000
    return (seconds < 100 ? `${seconds.toFixed(1)}s` : formatDuration(seconds * 1_000)).padStart(7)
  }

  return {
    heading(text) {
      write(`\n${paint(text, BOLD)}\n${'─'.repeat(Math.min(width, text.length))}\n`)
    },
    line(voice, text) {
      const [first = '', ...rest] = wrap(text, width - indent.length)
      write(`${time()} ${paint(voice.padEnd(VOICE_WIDTH), COLOURS[voice])}  ${first}\n`)
      for (const line of rest) write(`${indent}${line}\n`)
    },
    aside(text) {
      for (const line of wrap(text, width - 2)) write(`  ${line}\n`)
    },
    table(rows) {
      const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
      for (const row of rows)
        write(
          `  ${row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('   ')
            .trimEnd()}\n`,
        )
    },
    blank: () => write('\n'),
  }
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  // Texts come from the API: no escape sequence of theirs reaches the terminal.
  for (const word of text.replace(/\p{Cc}/gu, ' ').split(/ (?!%)/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
