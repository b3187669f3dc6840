/** What AWS refuses, in words that say what to do. Told by the names that the SDK gives its errors. */

const LOGIN = 'sign in (for example "aws sso login"), or set AWS_PROFILE'

const ADVICE: readonly (readonly [names: readonly string[], advice: string])[] = [
  [['CredentialsProviderError', 'TokenProviderError'], `no AWS credentials were found: ${LOGIN}`],
  [
    ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'ExpiredTokenFault'],
    `the AWS credentials have expired: ${LOGIN}`,
  ],
  [
    [
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'AuthFailure',
    ],
    `AWS does not know these credentials: ${LOGIN}`,
  ],
  [
    ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'Forbidden'],
    'ask for this right, or use another AWS_PROFILE',
  ],
  [['NoSuchBucket'], 'there is no such bucket: check its name, and AWS_REGION'],
  [['ResourceNotFoundException'], 'the ledger table is not there: check AWS_REGION, or deploy the data stack again'],
  [
    ['StateMachineDoesNotExist', 'ExecutionDoesNotExist'],
    'the workflow is not there: check AWS_REGION, or deploy the workflow stack again',
  ],
]

const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
])

/** Sentence for a person; null for an error that is none of these. */
export function awsProblem(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if (error.message === 'Region is missing') return 'no AWS region is set: set AWS_REGION, or choose a profile with one'
  const advice = ADVICE.find(([names]) => names.includes(error.name))?.[1] ?? failureOf(error)
  return advice === null ? null : `${error.message.replace(/\.?\s*$/, '')}: ${advice}`
}

/** What the SDK adds to an error that it threw. */
interface SdkError extends Error {
  readonly code?: string
  readonly $metadata?: object
  readonly $fault?: 'client' | 'server'
}

function failureOf({ name, code, $metadata, $fault }: SdkError): string | null {
  if ($metadata && (name === 'TimeoutError' || UNREACHABLE.has(code ?? '')))
    return 'AWS cannot be reached: check the network, the proxy and AWS_REGION'
  return $fault === 'server' ? 'AWS failed: try again' : null
}
