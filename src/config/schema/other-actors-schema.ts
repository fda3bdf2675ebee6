import { z } from 'zod'

const key = z
  .string()
  .max(317)
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, {
    error: 'expected a key such as example.com/draining, or example.com/ for all keys below it',
  })
  .min(1, { error: 'expected a key: an empty one would hold every node' })
const keys = (what: string) => z.array(key).max(50).prefault([]).describe(what)

/** What holds a node beside the marks that heald knows by itself (core/annotations/other-actor-marks.ts). */
export const otherActorsSchema = z
  .strictObject({
    taints: keys('Taints.'),
    labels: keys('Labels whose value is not false.'),
    annotations: keys('Annotations whose value is not false.'),
  })
  .prefault({})
  .describe(
    'Marks by which other programs or people say that they have a node in hand, in addition to those that heald knows: ' +
      'a node that carries one is left alone (`OtherActor`). A key that ends in `/` stands for all keys below it.',
  )
