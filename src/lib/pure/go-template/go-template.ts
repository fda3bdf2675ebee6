import { execute, type Piece } from './execute.ts'
import { parse } from './parse.ts'
import { GoTemplateError, type Value } from './value.ts'

export interface GoTemplate {
  /** Throws GoTemplateError. */
  readonly render: (data: Value) => readonly Piece[]
}

/**
 * The language of Go's text/template with its own functions and `missingkey=error`, bounded in steps, depth and length.
 * Throws GoTemplateError where the text is no template.
 */
export function parseGoTemplate(text: string): GoTemplate {
  const tree = parse(text)
  return {
    render(data) {
      try {
        return execute(tree, data)
      } catch (thrown) {
        if (thrown instanceof GoTemplateError) throw thrown
        throw new GoTemplateError('it can not be carried out', { cause: thrown })
      }
    },
  }
}
