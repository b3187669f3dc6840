/** Deploys the synthesized stacks by the CDK's own command line, and hands their state machines to the other interpreter. */

import { readFileSync } from 'node:fs'
import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2'
import {
  CreateStateMachineCommand,
  DescribeStateMachineCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn'
import type { Clouds } from './start.ts'
import { synthesizeInto } from './synthesize.ts'

/** Whoever sends mail must be a verified identity of the account. */
const { sender } = JSON.parse(readFileSync('examples/reviewers.json', 'utf8')) as { sender: string }

const CDK = 'node_modules/aws-cdk/bin/cdk'

/** @returns what the emulators do not know of the stacks, a line each. Throws with what the command line said. */
export async function deploy(clouds: Clouds): Promise<readonly string[]> {
  const { app, left } = synthesizeInto(clouds.folder)
  await cdk(clouds, 'bootstrap', 'aws://000000000000/eu-central-1', '--app', app)
  await cdk(clouds, 'deploy', '--all', '--app', app, '--require-approval', 'never')
  await new SESv2Client(clouds.client).send(new CreateEmailIdentityCommand({ EmailIdentity: sender }))
  return [...left, ...(await moveMachines(clouds))]
}

/** Takes the stacks away again. */
export const destroy = (clouds: Clouds): Promise<void> =>
  cdk(clouds, 'destroy', '--all', '--force', '--app', `${clouds.folder}/cdk.out`)

async function cdk(clouds: Clouds, ...args: readonly string[]): Promise<void> {
  const { code, out, err } = await clouds.node(CDK, ...args)
  if (code !== 0) throw new Error(`cdk ${args[0]} ended with ${code}:\n${out.slice(-3000)}\n${err.slice(-3000)}`)
}

async function moveMachines({ client, states }: Clouds): Promise<string[]> {
  const [from, to] = [new SFNClient(client), new SFNClient({ ...client, endpoint: states, requestHandler: {} })]
  const left: string[] = []
  const { stateMachines = [] } = await from.send(new ListStateMachinesCommand({}))
  for (const { stateMachineArn, name } of stateMachines) {
    const { definition, roleArn } = await from.send(new DescribeStateMachineCommand({ stateMachineArn }))
    const known = JSON.parse(definition!, (key, value) => {
      const unknown = UNKNOWN[key]?.(value)
      if (unknown) left.push(`${name}: ${unknown}`)
      if (unknown) return key === 'InputType' ? 'JSON' : undefined
      return value
    })
    const made = await to.send(new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(known) }))
    // Functions and rules know it by this name.
    if (made.stateMachineArn !== stateMachineArn) throw new Error(`${made.stateMachineArn} is not ${stateMachineArn}`)
  }
  return left
}

/** Parts of definitions that LocalStack's interpreter does not read. */
const UNKNOWN: Readonly<Record<string, (value: unknown) => string | null>> = {
  ToleratedFailurePercentage: (value) => (value === 0 ? 'no tolerated failures of 0, which none are without it' : null),
  ResultWriter: () => 'no export of the results of a map',
  InputType: (value) => (value === 'JSONL' ? 'no reader of JSON lines' : null),
}
