/** Spans of the AI SDK of Vercel: read in the files by hand. */
import { type KnownFile, type RightRun, single } from './right-run.ts'

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

export const VERCEL_AI: readonly KnownFile[] = [
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
