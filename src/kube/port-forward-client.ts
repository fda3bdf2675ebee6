// Alone in its file so that the bundle takes these two classes, and not the megabytes of generated client, with them.
export { KubeConfig, PortForward } from '@kubernetes/client-node'
