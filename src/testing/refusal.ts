/** An HTTP answer instead of the upgrade, or of a REST call. */
export interface HttpAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** Why a request is refused, as the service words it. */
export interface Refusal {
  status: number
  /** Goes to `err_code`. */
  code: string
  /** Goes to `err_msg` and to the header `dg-error`. */
  message: string
}

/** Says no. */
export function refuse(status: number, code: string, message: string): Refusal {
  return { status, code, message }
}

/** A query parameter with an impossible value. */
export function invalidParameter(detail: string): Refusal {
  return refuse(400, 'INVALID_QUERY_PARAMETER', `Failed to deserialize query parameters: ${detail}`)
}

/** The answer to a request without a valid credential. */
export const invalidCredentials = refuse(401, 'INVALID_AUTH', 'Invalid credentials.')

const genericRefusals: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['Bad Request', 'Bad Request'],
  401: [invalidCredentials.code, invalidCredentials.message],
  402: [
    'ASR_PAYMENT_REQUIRED',
    'Project does not have enough credits for an ASR request and does not have an overage agreement.',
  ],
  403: ['INSUFFICIENT_PERMISSIONS', 'User does not have sufficient permissions.'],
  404: ['NOT_FOUND', 'Not Found'],
  429: ['TOO_MANY_REQUESTS', 'Too many requests. Please try again later'],
  500: ['INTERNAL_SERVER_ERROR', 'Internal server error'],
  503: ['Service Unavailable', 'Please try again later'],
}

/** The usual words for a status that a fault asks for. */
export function refusalForStatus(status: number): Refusal {
  const [code, message] = genericRefusals[status] ?? ['ERROR', `HTTP ${status}`]
  return refuse(status, code, message)
}

/** Puts a refusal into the service's legacy error body, with its two headers. */
export function toHttpAnswer(refusal: Refusal, requestId: string): HttpAnswer {
  return {
    status: refusal.status,
    headers: {
      'content-type': 'application/json',
      'dg-request-id': requestId,
      'dg-error': refusal.message,
    },
    body: JSON.stringify({ err_code: refusal.code, err_msg: refusal.message, request_id: requestId }),
  }
}
