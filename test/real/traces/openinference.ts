/** Spans of OpenInference, also as ADOT and the Claude agent SDK export them: read in the files by hand. */
import type { KnownFile } from './right-run.ts'

export const OPENINFERENCE: readonly KnownFile[] = [
  [
    'dialects/adot-agentcore/claude_adot_spans.json',
    [
      {
        run: '6a74fd19607936851cc91fef1506624f',
        family: 'e457cade-6652-42ad-b879-182dde7124c5',
        intent: 'ClaudeAgentSDK.query',
        models: ['us.anthropic.claude-sonnet-4-6'],
        calls: 1,
        // 4 fresh, 2861 written to a cache, 29447 read from it: the details exceed the total, so they stand beside it.
        tokens: [32312, 767],
        first: 'user: What is 42 * 7, and how many miles is that in kilometers?',
        last: 'assistant: Here are your results:\n\n1. **42 × 7 = 294**',
        tools: [
          'toolu_bdrk_013DnTxpqTDkwezwKkHizcHT Agent {"description":"Calculate 42 * 7","subagent_type":"math-agen = {"status": "completed", "prompt": "Calculate 42 * 7 and retu',
          'toolu_bdrk_01RQYH5cNSJ2iYbufJ8VbEk4 Agent {"description":"Convert 294 miles to kilometers","subagent_t = {"status": "completed", "prompt": "Convert 294 miles to kilo',
          'Agent/toolu_bdrk_01SW1rX7PUer9zBaVQv9wLUa Bash {"command":"echo $((42 * 7))","description":"Calculate 42 *  = {"stdout": "294", "stderr": "", "interrupted": false, "isIma',
          'Agent/toolu_bdrk_01T4wcJbc3MxsEgsGoQEowaa Bash {"command":"python3 -c \'miles = 294; km = miles / 0.621371;  = {"stdout": "Configuration of aws_configurator not loaded, co',
        ],
      },
    ],
  ],
  [
    'dialects/adot-agentcore/openai_agents_openinference_adot_spans.json',
    [
      {
        run: '6a7a3f1922f7ce5131daefbb30a8a41a',
        family: '29fb7129-8624-4bd2-b37b-dea182f63ce8',
        intent: 'coordinator',
        models: ['gpt-4o-2024-08-06'],
        calls: 3,
        tokens: [692, 107],
        first: 'system: You are a coordinator agent. You delegate tasks',
        last: 'assistant: The product of \\(42 \\times 7\\) is \\(294\\).',
        tools: [
          'call_BcvqKc5BjhX0NeiqTG2eaeFA transfer_to_math_specialist {} = {"assistant": "math_specialist"}',
          'call_HxtaQFaymn4MK1H6XUUGChBm transfer_to_research_specialist {} = Multiple handoffs detected, ignoring this one.',
          'math_specialist/call_6OK7LCjPfCaxaJID3WPkrmds multiply_numbers {"a":42,"b":7} = 294.0',
        ],
      },
    ],
  ],
  [
    'dialects/adot-agentcore/openinference_adot_spans.json',
    [
      {
        run: 'adot-trace-1',
        family: 'trace:adot-trace-1',
        intent: 'openinference.instrumentation.langchain',
        models: [null],
        calls: 2,
        tokens: [null, null],
        first: 'user: What is the weather in Alaska?',
        last: 'assistant: The weather in Alaska is -5C and snowy.',
        tools: ['tc_01 get_weather {"city":"Alaska"} = Weather in Alaska: -5C, snowy'],
      },
      {
        run: 'adot-trace-2',
        family: 'trace:adot-trace-2',
        intent: 'openinference.instrumentation.langchain',
        models: [null],
        calls: 1,
        tokens: [null, null],
        first: 'user: Tell me a joke',
        last: 'assistant: Why did the chicken cross the road? To get to the other side!',
        tools: [],
      },
    ],
  ],
  [
    'dialects/claude-agent-sdk-openinference/claude_live_spans.json',
    [
      {
        run: '4b0b961d81a720593197cd65f829ad3f',
        family: 'mock-session-001',
        intent: 'ClaudeAgentSDK.query',
        models: ['us.anthropic.claude-sonnet-4-6'],
        calls: 1,
        tokens: [132, 850],
        first: 'user: Look up the weather in New York and Seattle, then calculate the temperature difference.',
        last: 'assistant: New York is 89°F and Seattle is 72°F. The temperature difference is 17°F',
        tools: [
          'toolu_mock_agent_ny Agent {"description":"Get current weather in New York","subagent_t = {"status": "completed", "prompt": "What is the current tempe',
          'toolu_mock_agent_seattle Agent {"description":"Get current weather in Seattle","subagent_ty = {"status": "completed", "prompt": "What is the current tempe',
          'Agent/toolu_mock_ny_weather Bash {"command":"echo \\"Location: New York City, NY\\nTemperature: = {"stdout": "Location: New York City, NY\\nTemperature: 89°F\\n',
          'Agent/toolu_mock_sea_weather Bash {"command":"echo \\"Location: Seattle, WA\\nTemperature: 72°F\\ = {"stdout": "Location: Seattle, WA\\nTemperature: 72°F\\nCondit',
          'toolu_mock_agent_math Agent {"description":"Calculate temperature difference","subagent_ = {"status": "completed", "prompt": "Calculate 89 minus 72.", ',
          'Agent/toolu_mock_calc Bash {"command":"python3 -c \'print(89 - 72)\'","description":"Calc = {"stdout": "17", "stderr": "", "interrupted": false}',
        ],
      },
    ],
  ],
  [
    'dialects/openinference/openai_agents_openinference_live_spans.json',
    [
      {
        run: 'c60958e12a31f7bd1b19cc94b0a96dbe',
        family: 'trace:c60958e12a31f7bd1b19cc94b0a96dbe',
        intent: 'coordinator',
        models: ['gpt-4o-mini-2024-07-18'],
        calls: 5,
        tokens: [1228, 194],
        first: 'system: You are a coordinator agent.',
        last: 'assistant: The result of \\( 42 \\) multiplied by \\( 17 \\), then divided by \\( 3 \\), is **238**.',
        tools: [
          'call_Xw9gngSGFTuCw1vZ30iZHqhk ask_math_specialist {"query":"42 multiplied by 17, then divided by 3"} = First, I calculated \\( 42 \\times 17 \\):\n\n\\[\n42 \\times 17 = 7',
          'math_specialist/call_lVUfG25SyOW6kvKsUFm0FAN9 multiply_numbers {"a":42,"b":17} = 714',
          'math_specialist/call_bxjY7m8PUxIHvFcq0iAIAnvT divide_numbers {"a":0,"b":3} = 0.0',
          'math_specialist/call_Wmh20luZw7HNW3k1CfkWCZY6 divide_numbers {"a":714,"b":3} = 238.0',
        ],
      },
    ],
  ],
  [
    'dialects/openinference/openinference_live_spans.json',
    [
      {
        run: 'live-trace-1',
        family: 'trace:live-trace-1',
        intent: 'LangGraph',
        models: [null],
        calls: 2,
        tokens: [null, null],
        first: 'system: You are a helpful weather assistant.',
        last: 'assistant: Taipei is warmer than Seattle. Taipei averages 25C while Seattle averages 12C.',
        tools: [
          'toolu_001 get_weather {"city":"Taipei"} = (none)',
          'toolu_002 finish {"answer":"Taipei is warmer"} = Taipei is warmer than Seattle.',
        ],
      },
    ],
  ],
]
