/** Spans by the conventions of OpenTelemetry, and of OpenLIT and OpenLLMetry before them: read in the files by hand. */
import { type KnownFile, single } from './right-run.ts'

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

export const OTEL_GENAI: readonly KnownFile[] = [
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
]
