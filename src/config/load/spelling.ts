import type { Tree } from '../yaml/read-yaml.ts'
import { kebab } from './schema-shape.ts'

/** What stands in quotes is the author's own, and stays as it is. */
const NAMES = /"(?:[^"\\]|\\.)*"|\b[a-z]+(?:[A-Z][a-z0-9]*)+\b/g

/** The text with the names of keys in kebab-case, if that is how the file has them. */
export function spell(text: string, isKebab: boolean): string {
  return isKebab ? text.replace(NAMES, (name) => (name.startsWith('"') ? name : kebab(name))) : text
}

/** The text as the key that it is about has it: most of the file's keys are in kebab-case (`isKebab`), or this one is. */
export function spellLike(text: string, label: string, isKebab: boolean): string {
  return spell(text, isKebab || label.slice(label.lastIndexOf('.')).includes('-'))
}

/** Whether more of the file's keys are in kebab-case than in camelCase. */
export function isKebabFile(tree: Tree): boolean {
  return balance(tree) > 0
}

function balance(tree: Tree): number {
  if (tree.kind === 'scalar') return 0
  if (tree.kind === 'list') return tree.items.reduce((sum, item) => sum + balance(item), 0)
  return tree.entries.reduce((sum, { key, value }) => {
    const own = /^[a-z]+(-[a-z]+)+$/.test(key) ? 1 : /^[a-z]+([A-Z][a-z]*)+$/.test(key) ? -1 : 0
    return sum + own + balance(value)
  }, 0)
}
