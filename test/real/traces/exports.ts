/** Runs that LangSmith and the evals of OpenAI export, each of one call: read in the files by hand. */
import { type KnownFile, type RightRun, single } from './right-run.ts'

const HOWDY = { first: 'user: howdy', last: 'assistant: Howdy! How can I assist you today?', intent: 'ChatOpenAI' }
const langsmith = (run: string, tokens: RightRun['tokens']) =>
  single({ run, family: `trace:${run}`, model: 'gpt-4o-mini-2024-07-18', tokens, ...HOWDY })

export const EXPORTS: readonly KnownFile[] = [
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
]
