import { z } from 'zod'
import { duration } from '../../lib/schema/duration.ts'

/** The `docker` block of the configuration. */
export const DockerOptions = z.strictObject({
  /** Path of the engine's socket. */
  socket: z.string().min(1).default('/var/run/docker.sock'),
  /** Value of the label `io.x-k8s.kind.cluster`. Without it: that of heald's own node, else of most Nodes; see own-cluster.ts. */
  cluster: z.string().min(1).optional(),
  /** How long a machine may take to stop by itself before it is killed. Bounded, so that a successor never meets a stop still under way. */
  stopTimeout: duration({ max: '10s' }).prefault('10s'),
  /** Run inside a replaced machine once it runs, e.g. `[kubeadm, join, ...]` for stock kind. */
  rejoinCommand: z.array(z.string()).min(1).optional(),
  rejoinTimeout: duration({ max: '1h' }).prefault('5m'),
})
export type DockerOptions = z.output<typeof DockerOptions>

const Endpoint = z.object({
  NetworkID: z.string().nullish(),
  IPAMConfig: z.record(z.string(), z.unknown()).nullish(),
  Links: z.array(z.string()).nullish(),
  Aliases: z.array(z.string()).nullish(),
  DriverOpts: z.record(z.string(), z.string()).nullish(),
})
export type Endpoint = z.output<typeof Endpoint>

/** What we use of an inspected container. `Config` and `HostConfig` stay whole: a replacement is created from them. */
export const Container = z.object({
  Id: z.string(),
  Name: z.string().transform((name) => name.replace(/^\//, '')),
  Image: z.string(),
  State: z.object({
    Status: z.string(),
    StartedAt: z.string().optional(),
    ExitCode: z.number().optional(),
    OOMKilled: z.boolean().optional(),
    Error: z.string().optional(),
  }),
  Config: z.looseObject({
    Image: z.string(),
    Hostname: z.string().optional(),
    Labels: z.record(z.string(), z.string()).nullish(),
    Volumes: z.record(z.string(), z.unknown()).nullish(),
  }),
  HostConfig: z.looseObject({
    NetworkMode: z.string().default('default'),
    Binds: z.array(z.string()).nullish(),
    AutoRemove: z.boolean().optional(),
  }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), Endpoint).nullish() }),
})
export type Container = z.output<typeof Container>

export const Listed = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    State: z.string().optional(),
  }),
)
export const Image = z.object({ Id: z.string() })
export const Created = z.object({ Id: z.string() })
export const Exec = z.object({ Running: z.boolean(), ExitCode: z.number().nullish() })
export type Exec = z.output<typeof Exec>
