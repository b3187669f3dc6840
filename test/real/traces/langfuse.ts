/** Traces of Langfuse, as its API and its SDK give them: read in the files by hand. */
import { type KnownFile, single } from './right-run.ts'

const LANGFUSE_SDK = single({
  run: '2cce18f7e8cd065a0b4e634eef728391',
  family: 'my-session',
  intent: 'test-trace',
  model: 'gpt-4o',
  tokens: [123, 456],
  first: 'user: hello',
  last: "assistant: what's up?",
})

export const LANGFUSE: readonly KnownFile[] = [
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
]
