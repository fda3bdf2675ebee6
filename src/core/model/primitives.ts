/** Milliseconds. Unless a name says otherwise: on a monotonic clock whose zero means nothing. */
export type Millis = number

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type Role = 'master' | 'worker'
