import { docker, pause, sh } from '../support/docker/docker-engine.ts'

/** What breaks machines of the lab, as docs and tests name it. Nothing here starts or reboots one. */
export interface Faults {
  /** The kubelet dies and stays so until the machine reboots. */
  kubeletDead(node: string): Promise<void>
  /** The kubelet dies and only a machine made anew has one again. */
  kubeletDeadForGood(node: string): Promise<void>
  /** The container runtime dies until the machine reboots; the kubelet lives and says NotReady. */
  runtimeDead(node: string): Promise<void>
  off(node: string): Promise<void>
  hung(node: string): Promise<void>
  unplugged(node: string): Promise<void>
  /** Takes back a dead kubelet or runtime, as a person does who logs in. */
  cured(node: string): Promise<void>
}

export const faults: Faults = {
  async kubeletDead(node) {
    await sh(node, 'touch /run/fault/kubelet-dead')
  },
  async kubeletDeadForGood(node) {
    await sh(node, 'touch /var/fault/kubelet-dead')
  },
  async runtimeDead(node) {
    await sh(node, 'touch /run/fault/containerd-dead')
  },
  async off(node) {
    await docker('POST', `/containers/${node}/stop?t=3`)
  },
  async hung(node) {
    await pause(node)
  },
  async unplugged(node) {
    await docker('POST', '/networks/heald-lab/disconnect', { Container: node, Force: true })
  },
  async cured(node) {
    await sh(node, 'rm -f /run/fault/* /var/fault/*')
  },
}
