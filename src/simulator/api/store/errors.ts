import type { Resource } from './resources.ts'

interface Details {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly { readonly reason: string; readonly message: string; readonly field?: string }[]
  readonly retryAfterSeconds?: number
}

/** A refusal as Kubernetes words it: becomes the `Status` body of the answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: number
  readonly reason: string
  readonly details: Details | undefined

  constructor(code: number, reason: string, message: string, details?: Details) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }
}

export function statusOf(error: ApiError): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.code,
  }
}

/** `leases.coordination.k8s.io "worker-1"`. */
function subject(resource: Resource, name: string): string {
  return `${resource.plural}${resource.group === '' ? '' : `.${resource.group}`} "${name}"`
}

function detailsOf(resource: Resource, name: string): Details {
  return { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural }
}

export function unknownPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource')
}

export function notFound(resource: Resource, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${subject(resource, name)} not found`, detailsOf(resource, name))
}

export function alreadyExists(resource: Resource, name: string): ApiError {
  return new ApiError(409, 'AlreadyExists', `${subject(resource, name)} already exists`, detailsOf(resource, name))
}

export function conflict(resource: Resource, name: string, why: string): ApiError {
  const text = `Operation cannot be fulfilled on ${subject(resource, name)}: ${why}`
  return new ApiError(409, 'Conflict', text, detailsOf(resource, name))
}

export function modified(resource: Resource, name: string): ApiError {
  return conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

/** 422 with one cause per fault. */
export function invalid(
  resource: Resource,
  name: string,
  faults: readonly { readonly field: string; readonly message: string }[],
): ApiError {
  const text = faults.map((fault) => `${fault.field}: ${fault.message}`)
  const list = text.length === 1 ? text.join('') : `[${text.join(', ')}]`
  return new ApiError(422, 'Invalid', `${resource.kind} "${name}" is invalid: ${list}`, {
    ...detailsOf(resource, name),
    kind: resource.kind,
    causes: faults.map((fault) => ({ reason: 'FieldValueInvalid', message: fault.message, field: fault.field })),
  })
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message)
}

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message)
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')
}
