import { Document, isCollection, isMap, isScalar, type Node, visit } from 'yaml'

/** The widest map or list that stands in one line. */
const WIDTH = 100

/** Kubernetes objects as YAML for people: what is small stands in one line, what a map has under `#` is a comment above it. */
export function renderManifests(head: string, objects: readonly object[]): string {
  return `# ${head}\n${objects.map(renderObject).join('---\n')}`
}

function renderObject(object: object): string {
  const document = new Document(object, { aliasDuplicateObjects: false })
  visit(document, {
    Map: (_, node) => {
      const comment = node.get('#')
      if (typeof comment === 'string') node.commentBefore = ` ${comment}`
      node.delete('#')
    },
  })
  visit(document, {
    Collection: (_, node) => {
      node.flow = isSmall(node) && JSON.stringify(node).length <= WIDTH
    },
  })
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

/** Nothing but scalars, and lists of them. */
function isSmall(node: Node): boolean {
  if (!isCollection(node)) return false
  const values = node.items.map((item) => (isMap(node) ? (item as { value: unknown }).value : item))
  return values.every((value) => isScalar(value) || (isCollection(value) && !isMap(value) && isSmall(value)))
}
