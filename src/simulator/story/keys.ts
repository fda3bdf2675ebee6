import { isReady, type Stage, type WithStore } from './stage.ts'

/** What a key stands for: `a` is the first machine, `b` the second. */
const FIRST = 'a'.charCodeAt(0)

/** Which key breaks which machine, for people. */
export function legendOf(names: readonly string[]): readonly (readonly string[])[] {
  const cells = names.map((name, index) => `${keyOf(index)} ${name}`)
  const rows: (readonly string[])[] = []
  for (let index = 0; index < cells.length; index += 5) rows.push(cells.slice(index, index + 5))
  return rows
}

/** A small letter kills the kubelet of its machine, a capital one switches the machine off. Any other key does nothing. */
export function press(
  key: string,
  names: readonly string[],
  stage: WithStore & Pick<Stage, 'machines' | 'narrator'>,
): void {
  const name = names[key.toLowerCase().charCodeAt(0) - FIRST]
  if (key.length !== 1 || name === undefined) return
  const { narrator, machines } = stage
  const isSmall = key === key.toLowerCase()
  const isBroken = !isReady(stage, name)
  narrator.blank()
  if (isBroken) narrator.line('person', `${name} is broken already`)
  else narrator.line('person', isSmall ? `kills the kubelet of ${name}` : `switches ${name} off`)
  if (isBroken) return
  if (isSmall) machines.break(name, 'kubelet-dead')
  else machines.powerOff(name)
}

function keyOf(index: number): string {
  return String.fromCharCode(FIRST + index)
}
