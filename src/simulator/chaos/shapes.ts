/** Where a partition runs. */
export const PLACES = ['node', 'rack', 'zone', 'two zones', 'all'] as const

/** How it cuts. `partial`: half of the place. */
export const MANNERS = ['full', 'one-way in', 'one-way out', 'partial', 'flapping', 'lossy'] as const

/** What is cut off that is no machine. `DNS`: heald finds neither the cloud nor the nodes by name. */
export const WORLDS = ['leader', 'probes', 'API', 'cloud', 'DNS', 'lying cloud'] as const

export type Place = (typeof PLACES)[number]
export type Manner = (typeof MANNERS)[number]
export type World = (typeof WORLDS)[number]

/** `crashes`: real faults inside, that a rung can cure. */
export type Shape = { readonly crashes: boolean } & (
  | { readonly place: Place; readonly manner: Manner }
  | { readonly world: World }
)

/** Half of one node is no place. */
const CUTS = PLACES.flatMap((place) => MANNERS.map((manner) => ({ place, manner }))).filter(
  ({ place, manner }) => place !== 'node' || manner !== 'partial',
)

export const SHAPES: readonly Shape[] = [...CUTS, ...WORLDS.map((world) => ({ world }))].flatMap((shape) => [
  { ...shape, crashes: false },
  { ...shape, crashes: true },
])

export function nameOf(shape: Shape): string {
  const cut = 'world' in shape ? shape.world : `${shape.place}, ${shape.manner}`
  return shape.crashes ? `${cut}, with crashes` : cut
}
