import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

export interface ProgramText {
  /** `file:line`. */
  readonly at: string
  /** What is put in stands as `{}`. */
  readonly text: string
}

/** A sentence, or a part of one: two words at least. Names, paths, patterns and keys are none. */
const SENTENCE = /\p{L}{2,}[,;:)]* \(?[\p{L}{]/u

/** Every text for people that stands in the program, in the order of files and lines: `npm run texts` prints it. */
export function listTexts(): readonly ProgramText[] {
  return ['cmd', 'src'].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .flatMap((file) => textsIn(join(root, file))),
  )
}

function textsIn(path: string): readonly ProgramText[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const found: ProgramText[] = []
  const visit = (node: ts.Node): void => {
    const text = textOf(node)
    if (text !== undefined && SENTENCE.test(text)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
      found.push({ at: `${path}:${line + 1}`, text: text.replace(/\s+/g, ' ').trim() })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return node.head.text + node.templateSpans.map(({ literal }) => `{}${literal.text}`).join('')
}

if (process.argv[1]?.endsWith('scripts/texts.ts') === true) {
  for (const { at, text } of listTexts()) process.stdout.write(`${at}\t${text}\n`)
}
