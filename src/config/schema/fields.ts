import { z } from 'zod'

export const percent = z.number().min(0).max(100)
export const port = z.int().min(1).max(65_535)
/** How many of something; there is no cluster for which more would mean anything. */
export const count = z.int().min(1).max(1_000_000)
