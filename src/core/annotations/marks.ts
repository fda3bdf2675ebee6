/** On a Node: JSON `{repair, cordon, scaleDownDisabled}`: what of the Node's state is heald's. */
export const MARKS_ANNOTATION = 'heald.dev/marks'

export const SCALE_DOWN_DISABLED = 'cluster-autoscaler.kubernetes.io/scale-down-disabled'
