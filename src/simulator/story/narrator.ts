import type { Clock } from '../../core/ports/clock.ts'
import { alignColumns, wrapWords } from '../../lib/pure/columns.ts'
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
      for (const line of alignColumns(rows, '   ')) write(`  ${line}\n`)
    },
    blank: () => write('\n'),
  }
}

/** Texts come from the API: no escape sequence of theirs reaches the terminal. */
function wrap(text: string, width: number): readonly string[] {
  return wrapWords(text.replace(/\p{Cc}/gu, ' ').split(/ (?!%)/), width)
}
