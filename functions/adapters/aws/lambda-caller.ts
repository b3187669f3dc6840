/** Calls functions in which code of a user's own runs through Lambda. */
import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { FunctionCaller } from '#ports'

/** Attempts of one call while Lambda is throttled or at fault; the workflow tries the whole shard again after that. */
const ATTEMPTS = 5

/**
 * Caller over a client; without one, it is made at the first call: most runs have no code of their own, and need no client.
 *
 * @param who what is called, as reasons name it
 */
export function lambdaCaller(given?: LambdaClient, who = 'the harness'): FunctionCaller {
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
        return FunctionError ? { failed: faultOf(text, who) } : { returned: text === '' ? null : JSON.parse(text) }
      } catch (error) {
        if (signal.aborted) return { failed: `${who} gave no answer within ${limitMs} ms and was cut` }
        const { name } = error as Error
        if (name === 'RequestTooLargeException')
          return { failed: 'the case is larger than a function call takes (6 MB)' }
        throw error
      }
    },
  }
}

/** What a function said when it failed, without the times and request ids that differ from call to call. */
function faultOf(text: string, who: string): string {
  const { errorType, errorMessage } = JSON.parse(text) as { errorType?: string; errorMessage?: string }
  if (errorType === 'Sandbox.Timedout' || /Task timed out after/.test(errorMessage ?? ''))
    return `${who} function reached its own timeout`
  const message = (errorMessage ?? 'no message')
    .replace(/^(\d{4}-\d\d-\d\dT\S+ )?(RequestId: )?[0-9a-f]{8}-[0-9a-f-]{27} (Error: )?/, '')
    .slice(0, 1000)
  return `${who} function failed: ${errorType ?? 'Error'}: ${message}`
}
