/** What is in the public trace files of the data folder: read there by hand, never taken from what the program printed. */

export interface RightRun {
  readonly run: string
  readonly family: string
  readonly intent: string
  readonly models: readonly (string | null)[]
  readonly calls: number
  /** Prompt and completion tokens in sum; null: one call does not say. */
  readonly tokens: readonly [prompt: number | null, completion: number | null]
  readonly first: string
  readonly last: string
  /** `AGENT/ID NAME ARGUMENTS = RESULT`, arguments and result by their first sixty characters. */
  readonly tools: readonly string[]
}

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

const single = (
  it: Pick<RightRun, 'run' | 'family' | 'intent' | 'first' | 'last' | 'tokens'> & { readonly model: string | null },
): RightRun[] => {
  const { model, ...rest } = it
  return [{ ...rest, models: [model], calls: 1, tools: [] }]
}

const HOWDY = { first: 'user: howdy', last: 'assistant: Howdy! How can I assist you today?', intent: 'ChatOpenAI' }
const langsmith = (run: string, tokens: RightRun['tokens']) =>
  single({ run, family: `trace:${run}`, model: 'gpt-4o-mini-2024-07-18', tokens, ...HOWDY })

const OPENLIT = single({
  run: 'ea673708441c2984a54a3e3962d3595f',
  family: 'trace:ea673708441c2984a54a3e3962d3595f',
  intent: 'openai.chat.completions',
  model: 'gpt-3.5-turbo',
  tokens: [14, 96],
  first: 'user: What is LLM Observability?',
  last: 'assistant: LLM Observability stands for logs, metrics, and traces',
})
const OPENLLMETRY = single({
  run: 'e4ef45025c9b40924bff175e2b125b5b',
  family: 'trace:e4ef45025c9b40924bff175e2b125b5b',
  intent: 'openai.chat',
  model: 'gpt-3.5-turbo-0125',
  tokens: [14, 173],
  first: 'user: What is LLM Observability?',
  last: 'assistant: LLM Observability (Logs, Metrics, and Traces Observability)',
})
const SEMANTIC_KERNEL = single({
  run: 'ea673708441c2984a54a3e3962d3595f',
  family: 'trace:ea673708441c2984a54a3e3962d3595f',
  intent: 'chat_completion',
  model: 'gpt-4-0613',
  tokens: [null, null],
  first: 'system: You are a helpful assistant.',
  last: 'assistant: The capital of France is Paris.',
})
const LANGFUSE_SDK = single({
  run: '2cce18f7e8cd065a0b4e634eef728391',
  family: 'my-session',
  intent: 'test-trace',
  model: 'gpt-4o',
  tokens: [123, 456],
  first: 'user: hello',
  last: "assistant: what's up?",
})
const AI_SDK_5 = single({
  run: '2cce18f7e8cd065a0b4e634eef728391',
  family: 'session-1',
  intent: 'chat',
  model: 'gpt-4.1-mini',
  tokens: [null, null],
  first: 'user: hi',
  last: 'assistant: hello',
})

/** Each of these spans is a trace of its own: the outer one names the model that was asked for, the inner the one that answered. */
const aiSdk6 = (run: string, intent: string, model: string, tokens: RightRun['tokens'], first: string, last: string) =>
  single({ run, family: `trace:${run}`, intent, model, tokens, first, last })
const ASKED = 'gpt-4o-mini'
const ANSWERED = 'gpt-4o-mini-2024-07-18'

/** Files whose runs are known. */
export const FILES: readonly (readonly [file: string, runs: readonly RightRun[]])[] = [
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
    'dialects/langfuse/claude-agent-2025-12-22.trace.json',
    [
      {
        run: '097f1d8982fa909b8cffb14a166ec272',
        family: 'trace:097f1d8982fa909b8cffb14a166ec272',
        intent: 'claude.conversation',
        models: ['claude-sonnet-4-5-20250929'],
        calls: 4,
        tokens: [34, 232],
        first: "user: What's the weather like in Berlin and New York?",
        last: "assistant: Great! Here's the current weather for both cities:",
        tools: [
          'toolu_01TKoqQLvY2UWuC49qnD48y7 mcp__weather__get_weather {"city":"Berlin"} = Weather in Berlin: Cloudy, 59°F',
          'toolu_01NtVat4vJLFfVd5TqdLHcA7 mcp__weather__get_weather {"city":"New York"} = Weather in New York: Sunny, 75°F',
        ],
      },
    ],
  ],
  [
    'dialects/langfuse/google-adk-2025-08-28.trace.json',
    [
      {
        run: 'b82a0bdc1994fc5d1c8576ca032543f7',
        family: 'demo-session',
        intent: 'agent_run_hello_agent',
        models: ['gemini-2.0-flash'],
        calls: 2,
        tokens: [67, 9],
        first: 'system: Always greet using the say_hello tool.',
        last: 'assistant: Hello Langfuse 👋!\n',
        tools: ['c0_0 say_hello {} = {"greeting":"Hello Langfuse 👋"}'],
      },
    ],
  ],
  [
    'dialects/langfuse/langgraph-python-2025-08-22.trace.json',
    [
      {
        run: 'e1fde3efec57ce8a69bafd3fb928a7eb',
        family: 'trace:e1fde3efec57ce8a69bafd3fb928a7eb',
        intent: 'LangGraph',
        models: ['gpt-4o-2024-08-06'],
        calls: 2,
        tokens: [168, 66],
        first: 'user: Be helpful!',
        last: 'assistant: The search for "example" primarily leads to the website [example.com]',
        tools: [
          'call_1oGK863sxQHlPreFhDdEs3yl Web-Search {"query":"example"} = [{"url": "https://example.com", "title": "Example Result", "',
        ],
      },
    ],
  ],
  [
    'dialects/langfuse/llamaindex-2025-06-05.trace.json',
    single({
      run: '12ea412956f99347b0503c1144acd0ec',
      family: 'session_abc',
      intent: 'llama-index-trace',
      model: 'gpt-4o',
      tokens: [13, 81],
      first: 'user: What is Langfuse?',
      last: 'assistant: Langfuse is a tool designed to help developers',
    }),
  ],
  [
    'dialects/langfuse/microsoft-agent-2025-12-17.trace.json',
    [
      {
        run: '8e419d3288419b5d944270505640e183',
        family: 'trace:8e419d3288419b5d944270505640e183',
        intent: 'invoke_agent_171105b7-59dd-49c0-9677-0b95395aa46a',
        models: ['gpt-5-mini-2025-08-07'],
        calls: 2,
        // The agent's own 44 and 180 are no sum of these, and are not added.
        tokens: [293, 106],
        first: "user: What's the weather in Tokyo?",
        last: 'assistant: Current conditions in Tokyo, Japan: stormy, high around 23°C.',
        tools: [
          'call_CwaJHuXTm9dmHFQPlVbqyzJ0 get_weather {"location":"Tokyo, Japan"} = The weather in Tokyo, Japan is stormy with a high of 23°C.',
        ],
      },
    ],
  ],
  [
    'dialects/langfuse/openai-agents-2025-09-30.trace.json',
    [
      {
        run: 'fee618f96dc31e0ca38b2f7b26eb8b29',
        family: 'trace:fee618f96dc31e0ca38b2f7b26eb8b29',
        intent: 'Hello_world',
        models: ['gpt-4.1-2025-04-14'],
        calls: 2,
        tokens: [140, 44],
        first: 'system: You are a helpful agent.',
        last: 'assistant: The weather in Tokyo is currently sunny.',
        tools: ['call_Kud0j0DxWSmLzv9W5m6qVqXn get_weather {"city":"Tokyo"} = The weather in Tokyo is sunny.'],
      },
    ],
  ],
  [
    'dialects/langfuse/pydantic-ai-tools-2025-12-04.trace.json',
    [
      {
        run: '7a38edd8123db47ad8dcb8aa4c5e3926',
        family: 'trace:7a38edd8123db47ad8dcb8aa4c5e3926',
        intent: 'joke_agent',
        models: ['gpt-4o-mini-2024-07-18'],
        calls: 4,
        tokens: [1315, 209],
        first: 'system: You are a creative joke writer.',
        last: 'user: Rate this joke:\n\nWhy do programmers hate nature?',
        tools: [
          'call_X0OSgjUukT5inyEQvuZQnHrk get_pun_suggestion {"topic":"programming"} = Pun idea: Play on words related to \'programming\' - think abo',
          'call_WxZcCvSDhGT4RJHlcU01k10x get_dad_joke_suggestion {"topic":"programming"} = Dad joke idea: Use a classic setup-punchline format about \'p',
          'call_aRaObiWKKt6GzgDkkUl3bu1Q get_one_liner_suggestion {"topic":"programming"} = One-liner idea: Make a quick, witty observation about \'progr',
          'evaluator_agent/call_ZuzwalMMtvv9BC6xlVe3fiBP final_result {"quality":"good","feedback":"The joke is clever and plays o = (none)',
        ],
      },
    ],
  ],
  [
    'dialects/langfuse/vercel-aisdk-2025-11-17.trace.json',
    [
      {
        run: 'df41e597d0a85e0d7a6ae8ebfaa70aa0',
        family: 'trace:df41e597d0a85e0d7a6ae8ebfaa70aa0',
        intent: 'ai.generateText',
        models: ['gpt-5'],
        calls: 1,
        // Of the inner generation: the outer one repeats the call with 14 and 43.
        tokens: [62, 85],
        first: 'user: What is the weather like today in San Francisco?',
        last: 'user: What is the weather like today in San Francisco?',
        tools: [
          'call_DgKARp7a7IhJPDczfifMp6Ra getWeather {"location":"San Francisco"} = {"location":"San Francisco","temperature":64}',
        ],
      },
    ],
  ],
  ['dialects/langfuse-otel-sdk/langfuse-sdk-spans.otlp.json', LANGFUSE_SDK],
  ['dialects/langfuse-otel-sdk/langfuse-sdk-spans.protobufjs.json', LANGFUSE_SDK],
  [
    'dialects/langsmith/langsmith_js_wrap_openai_default.json',
    langsmith('dc34609e-3eeb-459d-bc2a-6fedb01d2e6e', [9, 9]),
  ],
  [
    'dialects/langsmith/langsmith_js_wrap_openai_stream.json',
    langsmith('33c08c32-435c-4788-b973-b5bee4a31f87', [9, 9]),
  ],
  [
    'dialects/langsmith/langsmith_js_wrap_openai_stream_no_usage.json',
    langsmith('a9a7fdab-0e16-4153-898a-33a0c1d9f759', [null, null]),
  ],
  [
    'dialects/langsmith/langsmith_js_wrap_openai_reasoning.json',
    single({
      run: 'e954b8e3-c337-4a05-bf0a-ca2baac3ba48',
      family: 'trace:e954b8e3-c337-4a05-bf0a-ca2baac3ba48',
      intent: 'ChatOpenAI',
      model: 'o1-mini-2024-09-12',
      tokens: [43, 1901],
      first: 'user: Write a bash script that takes a matrix',
      last: 'assistant: Certainly! Below is a Bash script',
    }),
  ],
  [
    'dialects/openai-evals/output_items.jsonl',
    single({
      run: 'outputitem_67e5796c28e081909917bf79f6e6214d',
      family: 'eval_67abd54d9b0081909a86353f6fb9317a#5',
      intent: 'eval_67abd54d9b0081909a86353f6fb9317a',
      model: 'gpt-4o-mini-2024-07-18',
      tokens: [323, 2],
      first: 'system: Categorize a given news headline',
      last: 'assistant: Markets',
    }),
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
  ['dialects/openlit/openlit-1.27-openai-chat.otlp.json', OPENLIT],
  ['dialects/openlit/openlit-1.27-openai-chat.protobufjs.json', OPENLIT],
  ['dialects/openllmetry/openllmetry-0.33-openai-chat.otlp.json', OPENLLMETRY],
  ['dialects/openllmetry/openllmetry-0.33-openai-chat.protobufjs.json', OPENLLMETRY],
  [
    'dialects/otel-genai/openai_agents_genai_live_spans.json',
    [
      {
        run: '9fa516c6d3cd456d5b2bf8349dcfa39b',
        family: 'trace:9fa516c6d3cd456d5b2bf8349dcfa39b',
        intent: 'coordinator',
        models: ['gpt-4o-mini-2024-07-18'],
        calls: 8,
        tokens: [1870, 253],
        first: 'system: You are a coordinator agent.',
        last: 'assistant: The current stock price of Amazon (AMZN) is $240.98. Therefore, 1,000 shares',
        tools: [
          'call_s6F0eFD5axqDZTStwEzNBOBw ask_research_specialist {"query":"current stock price of AMZN"} = The current stock price of Amazon (AMZN) is $240.98.',
          'research_specialist/call_z4eMjhGtXGUeK0qlT76u83cN lookup_stock_price {"ticker":"AMZN"} = AMZN: $240.98',
          'call_FbrAp5TcHzzAQ8DDdAsEY0F3 ask_math_specialist {"query":"240.98 multiplied by 1000"} = To calculate \\( 240.98 \\times 1000 \\):\n\n1. Break it down:\n  ',
          'math_specialist/call_kUW5shFAUxcgPCnN10A0HB0Z multiply_numbers {"a":240,"b":1000} = 240000',
          'math_specialist/call_2jEa4xlVJ5E5OgvUxduK4VKi multiply_numbers {"a":0,"b":1000} = 0',
        ],
      },
    ],
  ],
  [
    'dialects/otel-genai/otel_genai_convention_spans.json',
    [
      {
        run: 'a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4',
        family: 'conv_otel_test_001',
        intent: 'WeatherAssistant',
        models: ['gpt-4o'],
        calls: 2,
        tokens: [200, 60],
        first: "user: What's the weather in Paris and London?",
        last: "assistant: The weather in Paris is rainy at 57°F. I was unable to retrieve London's weather",
        tools: [
          'call_paris_001 get_weather {"location":"Paris"} = rainy, 57°F',
          'call_london_001 get_weather {"location":"London"} = Error: TimeoutError FAILED',
        ],
      },
    ],
  ],
  [
    'dialects/otel-genai/pydantic_ai_live_spans.json',
    [
      {
        run: '25664b7144ee8f957a50b6ff74dfa337',
        family: '019f8b0c-5147-74b5-b1e4-f9b086da98e0',
        intent: 'agent',
        models: ['us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
        calls: 2,
        tokens: [1251, 78],
        first: 'system: You are a helpful assistant. Use the provided tools when needed.',
        last: 'assistant: The current weather in Seattle is 62°F and cloudy with light rain.',
        tools: ['tooluse_ThYFd3WOkO59ZUHC77SIdX get_weather {"city":"Seattle"} = 62°F, cloudy with light rain'],
      },
    ],
  ],
  ['dialects/otel-genai/semantic-kernel-events.otlp.json', SEMANTIC_KERNEL],
  ['dialects/otel-genai/semantic-kernel-events.protobufjs.json', SEMANTIC_KERNEL],
  ['dialects/vercel-ai/ai-sdk-5-legacy-span.otlp.json', AI_SDK_5],
  ['dialects/vercel-ai/ai-sdk-5-legacy-span.protobufjs.json', AI_SDK_5],
  [
    'dialects/vercel-ai/ai-sdk-v6-all-spans.json',
    [
      ...(
        [
          ['478d4dcc697ecfabc5e7a3d6e4216291', 'stream-text', ANSWERED, 15, 112],
          ['673a889f59126f8b4c90dce5a1f99368', 'generate-text-messages', ASKED, 50, 9],
          ['700d5f98fe2420adcf6ab0822f7a323c', 'generate-text', ASKED, 14, 20],
          ['8185b815e471184c6525a601a042be42', 'stream-text', ASKED, 15, 112],
          ['8f60802815d6e97da2dbc4708a8e5c7b', 'generate-object', ANSWERED, 63, 156],
          ['b3e700af9eab81e19f72f964d62a35af', 'generate-text', ANSWERED, 14, 20],
          ['edff2fc5854be6170e8cccccec0c82cf', 'generate-text-messages', ANSWERED, 50, 9],
          ['f99cc53c9bb8fe40462f7a48999e7088', 'generate-object', ASKED, 63, 156],
        ] as const
      ).flatMap(([run, test, model, prompt, completion]) => {
        const [first, last] = {
          'stream-text': [
            'user: Write a short poem about TypeScript.',
            'assistant: In code’s embrace, where types align,',
          ],
          'generate-text': ['user: Write a haiku about programming.', 'assistant: Lines of code align,'],
          'generate-text-messages': ['system: You are a helpful assistant.', 'assistant: 3 + 3 equals 6.'],
          'generate-object': [
            'user: Generate a simple recipe for scrambled eggs.',
            'assistant: {"ingredients":["2 eggs"',
          ],
        }[test] as [string, string]
        return aiSdk6(run, `test-${test}`, model, [prompt, completion], first, last)
      }),
    ],
  ],
]

const NOBODY = /no known dialect wrote this\. Name one with --from: .*; or give a map with --map/

/** Files that are no traces of a dialect: a map reads some of them. */
export const REFUSED: readonly (readonly [file: string, says: RegExp])[] = [
  ['dialects/agentops/openai_response_tool_calls.json', NOBODY],
  ['dialects/bedrock-agent/invoke_inline_agent.events.jsonl', NOBODY],
  ['dialects/bedrock-agent/knowledge_base_results.events.jsonl', NOBODY],
  ['dialects/bedrock-agent/multi_agent_collaborator.events.jsonl', NOBODY],
  ['dialects/bedrock-agent/routing_classifier_trace.events.jsonl', NOBODY],
  ['dialects/braintrust/ai-sdk-instrumentation.json', NOBODY],
  ['dialects/braintrust/openai-instrumentation.json', NOBODY],
  ['dialects/braintrust/wrap-langchain-js-traces.json', NOBODY],
  ['dialects/claude-code/ccusage-alpha.jsonl', NOBODY],
  ['dialects/claude-code/edge_cases.jsonl', NOBODY],
  ['dialects/claude-code/representative_messages.jsonl', NOBODY],
  ['dialects/claude-code/session_b.jsonl', NOBODY],
  ['dialects/claude-code/todowrite_examples.jsonl', NOBODY],
  ['dialects/codex/branch-history-branch.jsonl', NOBODY],
  ['dialects/codex/codex_session_rollout.json', NOBODY],
  ['dialects/codex/session-alpha.jsonl', NOBODY],
  ['dialects/inspect/2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval', NOBODY],
  ['dialects/inspect/2025-05-12T20-28-13-04-00_popularity.json', NOBODY],
  ['dialects/inspect/2025-05-12T20-28-26-04-00_security-guide.json', NOBODY],
  ['dialects/inspect/log_read_sample.json', NOBODY],
  // A stream of a provider's events, not runs.
  ['dialects/langsmith/anthropic_managed_custom_tools.jsonl', NOBODY],
  ['dialects/openai-agents/v1_13_pending_tool_approval.json', NOBODY],
  ['dialects/openai-agents/v1_16_per_call_approval_override.json', NOBODY],
  ['dialects/openai-evals/evals-list.json', NOBODY],
  ['dialects/openai-evals/runs-list.json', NOBODY],
  ['dialects/openai-evals/output-items-list.json', /says that there is more \(has_more.*--allow-cut/],
  // Envelopes without anything of an agent in them.
  ['dialects/otel-genai/logs.json', NOBODY],
  ['dialects/otel-genai/trace.json', NOBODY],
  ['dialects/tau-bench/results.json', NOBODY],
]
