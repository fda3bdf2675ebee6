/** Milliseconds. Unless a name says otherwise: on a monotonic clock whose zero means nothing. */
export type Millis = number

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type Role = 'master' | 'worker'

/** Nodes of which a majority must stay. One node may be in both: labels that mean the same make one group. */
export const QUORUM_GROUPS = ['control-plane', 'etcd'] as const
export type QuorumGroup = (typeof QUORUM_GROUPS)[number]
