import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { asError } from '../lib/errors.ts'
import { RECORD_VERSION, RecordLine } from './format.ts'
import { isRecordFile } from './names.ts'

/** A file that is no record, or none that can be read. Message: `file: why`. */
export class RecordError extends Error {
  override readonly name = 'RecordError'
}

/** A line, or what is wrong where one should be: then nothing more comes of that file before its next `begin`. */
export type Read = { readonly line: RecordLine } | { readonly problem: string }

/** All nodes of the largest cluster in one round, twice over. */
const LONGEST_LINE = 16 * 1024 * 1024

/** The files of a record, the oldest first. `path`: a directory, or one file. */
export async function recordFiles(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = (await readdir(path)).filter(isRecordFile).sort()
    if (names.length === 0) throw new RecordError(`${path}: there is no record of heald in it`)
    return names.map((name) => join(path, name))
  } catch (thrown) {
    if (thrown instanceof RecordError) throw thrown
    throw new RecordError(`${path}: can not be read: ${asError(thrown).message}`)
  }
}

/** The lines of one file. Throws a RecordError when it is not a record of this version. */
export async function* readRecord(file: string): AsyncGenerator<Read> {
  let number = 0
  let skipping = false
  let at = Number.NEGATIVE_INFINITY
  for await (const { text, isLast } of linesOf(file)) {
    number += 1
    const where = `${file}:${number}`
    if (number === 1) {
      yield { line: headerOf(text, file) }
      continue
    }
    const read = parse(text)
    const isBegin = 'line' in read && read.line.is === 'begin'
    if (skipping && !isBegin) continue
    skipping = false
    if (isBegin) at = Number.NEGATIVE_INFINITY
    if ('line' in read && 'at' in read.line && read.line.at >= at) {
      at = read.line.at
      yield read
      continue
    }
    // The process, or its machine, ended in the middle of it.
    if (isLast && 'problem' in read) yield { problem: `${where}: the last line is cut off; it is passed over` }
    else {
      skipping = true
      const why = 'problem' in read ? read.problem : 'is older than the line before it'
      yield { problem: `${where}: ${why}; passed over up to the next whole picture` }
    }
  }
  if (number === 0) throw new RecordError(`${file}: is empty`)
}

function headerOf(text: string, file: string): RecordLine {
  const read = parse(text)
  if (!('line' in read) || read.line.is !== 'header') throw new RecordError(`${file}: is no record of heald`)
  const { version } = read.line
  if (version === RECORD_VERSION) return read.line
  throw new RecordError(`${file}: is of version ${version}; this heald reads version ${RECORD_VERSION}`)
}

function parse(text: string): { readonly line: RecordLine } | { readonly problem: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { problem: 'is not JSON' }
  }
  const parsed = RecordLine.safeParse(value)
  if (parsed.success) return { line: parsed.data }
  const [issue] = parsed.error.issues
  return { problem: `${issue?.path.join('.') || 'the line'}: ${issue?.message ?? 'does not fit'}` }
}

/** Lines that are no longer than one can be. `isLast`: the file ends without a line break after it. */
async function* linesOf(file: string): AsyncGenerator<{ readonly text: string; readonly isLast: boolean }> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  try {
    for await (const chunk of createReadStream(file)) {
      const lines = (rest + decoder.write(chunk as Buffer)).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LONGEST_LINE) throw new RecordError(`${file}: has a line of more than ${LONGEST_LINE} bytes`)
      for (const text of lines) yield { text, isLast: false }
    }
  } catch (thrown) {
    if (thrown instanceof RecordError) throw thrown
    throw new RecordError(`${file}: can not be read: ${asError(thrown).message}`)
  }
  rest += decoder.end()
  if (rest !== '') yield { text: rest, isLast: true }
}
