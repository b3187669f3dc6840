/** One task by five frameworks, each traced by any-agent: read in the files by hand. */
import type { KnownFile, RightRun } from './right-run.ts'

const YEAR = 'user: Find what year it is'
const anyAgent = (run: string, it: Pick<RightRun, 'calls' | 'tokens' | 'last'>, ...tools: string[]): RightRun[] => [
  {
    run,
    family: `trace:${run}`,
    intent: 'any_agent',
    models: ['mistral/mistral-small-latest'],
    first: 'system: Use the available tools to answer.',
    ...it,
    tools: [
      'c0_0 get_current_time {"timezone":"America/New_York"} = {\n  "timezone": "America/New_York",\n  "datetime": "2025-09-1',
      ...tools,
    ],
  },
]

export const ANY_AGENT: readonly KnownFile[] = [
  [
    'otel/GOOGLE_trace.json',
    anyAgent(
      'cdbd7b99cef221c28dd6d03c27d09b4c',
      { calls: 3, tokens: [2251, 86], last: YEAR },
      'c1_0 write_file {"text":"2025"} = {}',
      'c2_0 final_output {"answer":"{\\"steps\\": [{\\"number\\": 1, \\"description\\": \\"G = {"success": true, "result": {"steps": [{"number": 1, "descri',
    ),
  ],
  [
    'otel/LANGCHAIN_trace.json',
    anyAgent(
      '572318454595034fe5076610d6400542',
      { calls: 4, tokens: [1262, 125], last: 'assistant: {"steps":[{"description":"Found the current time' },
      'c1_0 write_file {"text":"2025"} = null',
    ),
  ],
  [
    'otel/OPENAI_trace.json',
    anyAgent(
      '4bedea77bb33b9c5f280371eae21ea97',
      { calls: 3, tokens: [1020, 76], last: 'assistant: {"steps":[{"description":"Get current time' },
      'c1_0 write_file {"text":"2025"} = {}',
    ),
  ],
  [
    'otel/SMOLAGENTS_trace.json',
    anyAgent(
      '9135313a4e40fe254d48742d230ea040',
      { calls: 3, tokens: [2294, 87], last: 'user: New task:\nFind what year it is' },
      'c1_0 write_file {"text":"2025"} = {}',
      'c2_0 final_answer {"answer":"{\\"steps\\": [{\\"number\\": 1, \\"description\\": \\"G = {"steps": [{"number": 1, "description": "Get the current tim',
    ),
  ],
  [
    'otel/TINYAGENT_trace.json',
    anyAgent(
      '9707d5fd6d4a546d47757044c6127e04',
      { calls: 4, tokens: [1369, 156], last: 'assistant: {"steps":[{"description":"Get current time' },
      'c1_0 write_file {"text":"2025"} = None',
      'c2_0 final_answer {"answer":"1. Get current time in the America/New_York timez = 1. Get current time in the America/New_York timezone. 2. Wri',
    ),
  ],
]
