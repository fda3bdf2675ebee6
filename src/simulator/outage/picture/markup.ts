/** Text in which nothing can be taken for a tag that is none. */
export interface Markup {
  readonly text: string
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Texts among the children and all attributes are escaped; what XML forbids is left out. Numbers have one decimal. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly (Markup | string)[]
): Markup {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(plain(value))}"`)
  const inner = children.map((child) => (typeof child === 'string' ? escaped(child) : child.text))
  const breaks = inner.length > 1 ? '\n' : ''
  if (inner.length === 0) return { text: `<${name}${given.join('')}/>` }
  return { text: `<${name}${given.join('')}>${breaks}${inner.join('\n')}${breaks}</${name}>` }
}

function plain(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : value
}

function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? '')
}
