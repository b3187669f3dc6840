/** Tuning and review workflows behind the port: starts an execution, says how it stands. */
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { UserError } from '../../errors.ts'
import type { Workflows } from '../../ports.ts'
import type { Deployment } from './deployment.ts'

/** What Step Functions takes as input. */
const MAX_INPUT_BYTES = 256 * 1024

/** The workflows of a deployment that people start. */
export function stepFunctions({ stack, tuning, review }: Deployment): Workflows & { close(): void } {
  const client = new SFNClient({})
  return {
    async start(request) {
      if (tuning === null)
        throw new UserError(
          `stack ${stack}Workflow is not deployed, or has no output TuningWorkflowArn: deploy it ("npx cdk deploy --all")`,
        )
      const input = JSON.stringify(request)
      const bytes = Buffer.byteLength(input)
      if (bytes > MAX_INPUT_BYTES)
        throw new UserError(
          `target and candidates have ${bytes} bytes; a deployed run takes at most ${MAX_INPUT_BYTES}: give fewer candidates`,
        )
      const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn: tuning, input }))
      return executionArn!
    },
    async propose(proposal) {
      if (review === null)
        throw new UserError(
          `deployment ${stack} has no review desk, so nobody would decide on it: deploy it with "-c reviewers=FILE"`,
        )
      const input = JSON.stringify({ proposal })
      const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn: review, input }))
      return executionArn!
    },
    async describe(execution) {
      const { status, output, error, cause } = await client.send(
        new DescribeExecutionCommand({ executionArn: execution }),
      )
      if (status === 'RUNNING' || status === 'PENDING_REDRIVE')
        return { status: 'running', at: await stateOf(client, execution) }
      if (status === 'SUCCEEDED') return { status: 'succeeded', output: JSON.parse(output ?? 'null') as unknown }
      return { status: 'failed', error: error ?? status ?? 'unknown', cause: cause ?? '' }
    },
    close: () => client.destroy(),
  }
}

/** State that an execution entered last, for people; null where the caller may not see it. */
async function stateOf(client: SFNClient, executionArn: string): Promise<string | null> {
  try {
    const { events = [] } = await client.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 50 }),
    )
    return events.find((e) => e.stateEnteredEventDetails)?.stateEnteredEventDetails?.name ?? null
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDeniedException') return null
    throw error
  }
}
