import { apply, BASES, type Base, type BrokenFile, placeIn } from './broken-file.ts'
import { indents, passwords, quotes, shapes } from './broken-syntax.ts'
import { hopeless, idle, typos } from './broken-values.ts'

/** Deterministic: every kind of mistake at every place that it is likely at, in both spellings. */
export function brokenFiles(): readonly BrokenFile[] {
  return BASES.flatMap((base) => [
    ...apply(base, [...typos(base), ...hopeless(base), ...idle(base)]),
    ...apply(base, [...quotes(base), ...passwords(), ...indents(base), ...shapes(base)]),
    ...wholeFiles(base),
  ])
}

function wholeFiles({ name, text }: Base): readonly BrokenFile[] {
  const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  config.yaml: |\n${text.replace(/^/gm, '    ')}`
  const latin = text.replace('c1', 'caf\u00e9')
  const note = text.replace('\n', ' # Grü\u00dfe\n')
  const first = text.indexOf('\n')
  return [
    { name: `${name}: manifest`, text: manifest, place: '5:3', remedy: /Unwrap it: take these lines alone/, code: 2 },
    {
      name: `${name}: Latin-1`,
      text: Buffer.from(latin, 'latin1'),
      place: placeIn(latin, '\u00e9'),
      remedy: /save the file in UTF-8/,
      code: 2,
    },
    {
      name: `${name}: Latin-1 in a comment`,
      text: Buffer.from(note, 'latin1'),
      place: placeIn(note, 'ü'),
      remedy: /save the file in UTF-8/,
      code: 2,
    },
    {
      name: `${name}: CR`,
      text: text.replaceAll('\n', '\r'),
      place: `1:${first + 1}`,
      remedy: /save the file with LF/,
      code: 0,
    },
  ]
}
