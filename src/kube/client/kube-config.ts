// Alone in its file so that the bundle takes this one class, and not the megabytes of generated client, with it.
export { KubeConfig } from '@kubernetes/client-node'
