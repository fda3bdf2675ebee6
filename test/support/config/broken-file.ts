/** A configuration with one mistake, and what must be said of it first. */
export interface BrokenFile {
  readonly name: string
  readonly text: string | Buffer
  /** `LINE:COL` of the mistake itself. */
  readonly place: string
  /** The remedy, in what is said first. */
  readonly remedy: RegExp
  /** 0: only doubtful. */
  readonly code: 0 | 2
}

/** Stands in every one of the files, and in none of the answers. */
export const SECRET = 'Zebra77hunter'

export interface Base {
  readonly name: string
  readonly text: string
  /** A key as this file spells it. */
  key(name: string): string
}

const KEBAB: Base = { name: 'magnum', key: kebab, text: template(kebab) }
const CAMEL: Base = {
  name: 'heald',
  key: (name) => name,
  text: `cloudProvider: openstack\n${template((name) => name)}`,
}
export const BASES: readonly Base[] = [KEBAB, CAMEL]

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function template(key: (name: string) => string): string {
  return `${key('clusterName')}: c1
${key('dryRun')}: false
${key('monitorInterval')}: 15s
${key('checkDelayAfterAdd')}: 20m
healthcheck:
  master:
    - type: Endpoint
      params:
        ${key('unhealthyDuration')}: 1m
        endpoints: [/healthz]
  worker:
    - type: NodeCondition
      params:
        ${key('unhealthyDuration')}: 2m
openstack:
  ${key('authUrl')}: https://keystone:5000/v3
  ${key('userId')}: u1
  password: ${SECRET}
  ${key('projectId')}: p1
  region: RegionOne
`
}

/** Where `needle` begins, `skip` characters on. */
export function placeIn(text: string, needle: string, skip = 0): string {
  const at = text.indexOf(needle)
  if (at < 0) throw new Error(`the base has no ${needle}`)
  const lines = text.slice(0, at + skip).split('\n')
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`
}

/** A kind of mistake: `from` becomes `to`; the mistake is at `mark` in what comes out, `skip` characters on. */
export interface Mistake {
  readonly kind: string
  readonly from: string
  readonly to: string
  readonly mark?: string
  readonly skip?: number
  readonly remedy: RegExp
  readonly code?: 0 | 2
}

export function apply(base: Base, mistakes: readonly Mistake[]): readonly BrokenFile[] {
  return mistakes.map(({ kind, from, to, mark = to.trimStart(), skip = 0, remedy, code = 2 }) => {
    if (!base.text.includes(from)) throw new Error(`${base.name} has no ${from}`)
    const text = base.text.replace(from, () => to)
    return { name: `${base.name}: ${kind}: ${to.trim()}`, text, place: placeIn(text, mark, skip), remedy, code }
  })
}
