/** A tool of a server for agents, and the server over some of them: inputs and answers are held to their contracts and to a size. */
import { McpServer } from '@modelcontextprotocol/server'
import type * as z from 'zod'
import { TamperError } from '#core/experience/run-files.ts'
import { DamagedObject, UserError } from '../errors.ts'

/** Characters of one answer as JSON. */
export const MOST_ANSWER = 100_000
/** Calls that wait for the one under way: they are answered one after the other. */
const MOST_WAITING = 32

/** What the contract of a tool says. */
interface ToolContract {
  readonly title: string
  readonly description: string
  readonly input: z.ZodObject
  readonly output: z.ZodObject
}

/** A tool with its work. */
export interface Tool {
  readonly name: string
  readonly contract: ToolContract
  readonly writes: boolean
  readonly work: (input: never) => Promise<object>
}

/** The tools of a table of contracts, each with the work of its name. */
export const toolsOf = <T extends Readonly<Record<string, ToolContract>>>(
  contracts: T,
  work: { readonly [N in keyof T]: (input: z.output<T[N]['input']>) => Promise<z.input<T[N]['output']>> },
  writing: readonly (keyof T)[] = [],
): Tool[] =>
  Object.entries(contracts).map(([name, contract]) => ({
    name,
    contract,
    writes: writing.includes(name),
    work: work[name] as Tool['work'],
  }))

export interface ServerOptions {
  readonly name: string
  readonly version: string
  readonly instructions: string
  /** Is told of a defect of ours; the agent is told only that there was one. */
  readonly failed: (error: Error) => void
  /** Is told of what came in and was no message. */
  readonly refused: (why: string) => void
}

/** A server that offers these tools and nothing else. */
export function serverOf(tools: readonly Tool[], { name, version, instructions, failed }: ServerOptions): McpServer {
  const server = new McpServer({ name, version }, { capabilities: { tools: {} }, instructions })
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  for (const { name, contract, writes, work } of tools)
    server.registerTool(
      name,
      {
        title: contract.title,
        description: contract.description,
        inputSchema: contract.input,
        outputSchema: contract.output,
        annotations: { readOnlyHint: !writes, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      },
      async (input) => {
        if (waiting >= MOST_WAITING)
          return told(`${waiting} calls wait already: ask again when they are answered`, true)
        waiting++
        const before = last
        const turn = before.then(async () => {
          const answer = await work(input as never)
          const text = JSON.stringify(answer)
          if (text.length > MOST_ANSWER)
            throw new UserError(
              `the answer has ${text.length} characters, more than ${MOST_ANSWER}: ask for less of it`,
            )
          return { ...told(text, false), structuredContent: answer as Record<string, unknown> }
        })
        last = turn.catch(() => {}).finally(() => waiting--)
        try {
          return await turn
        } catch (error) {
          if (isForAgent(error)) return told(error.message.slice(0, MOST_MESSAGE), true)
          failed(error as Error)
          return told('this program failed at it; whoever runs the server sees why', true)
        }
      },
    )
  return server
}

const MOST_MESSAGE = 8000

/** What says what to do. Errors of the system name places of this machine. */
const isForAgent = (error: unknown): error is Error =>
  error instanceof UserError || error instanceof TamperError || error instanceof DamagedObject

const told = (text: string, isError: boolean) => ({
  content: [{ type: 'text' as const, text }],
  ...(isError && { isError }),
})
