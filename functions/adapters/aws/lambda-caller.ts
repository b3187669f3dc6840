/** Calls a user's own harness function through Lambda. */
import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { FunctionCaller } from '#ports'

/** Attempts of one call while Lambda is throttled or at fault; the workflow tries the whole shard again after that. */
const ATTEMPTS = 5

/** Caller over a client; without one, it is made at the first call: most runs have no harness, and need no client. */
export function lambdaCaller(given?: LambdaClient): FunctionCaller {
  let client = given
  return {
    async call(functionArn, request, limitMs) {
      const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda')
      client ??= new LambdaClient({ maxAttempts: ATTEMPTS })
      const signal = AbortSignal.timeout(limitMs)
      try {
        const { FunctionError, Payload } = await client.send(
          new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(request) }),
          { abortSignal: signal },
        )
        const text = new TextDecoder().decode(Payload)
        return FunctionError ? { failed: faultOf(text) } : { returned: text === '' ? null : JSON.parse(text) }
      } catch (error) {
        if (signal.aborted) return { failed: `the harness gave no answer within ${limitMs} ms and was cut` }
        const { name } = error as Error
        if (name === 'RequestTooLargeException')
          return { failed: 'the case is larger than a function call takes (6 MB)' }
        throw error
      }
    },
  }
}

/** What a function said when it failed, without the times and request ids that differ from call to call. */
function faultOf(text: string): string {
  const { errorType, errorMessage } = JSON.parse(text) as { errorType?: string; errorMessage?: string }
  if (errorType === 'Sandbox.Timedout' || /Task timed out after/.test(errorMessage ?? ''))
    return 'the harness function reached its own timeout'
  const message = (errorMessage ?? 'no message')
    .replace(/^(\d{4}-\d\d-\d\dT\S+ )?(RequestId: )?[0-9a-f]{8}-[0-9a-f-]{27} (Error: )?/, '')
    .slice(0, 1000)
  return `the harness function failed: ${errorType ?? 'Error'}: ${message}`
}
