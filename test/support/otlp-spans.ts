/** Spans of made-up agents as lines of OTLP/JSON, said in as few words as a test needs. */
export const HOUR = 3_600_000
export const LONG_AGO = Date.parse('2026-05-01T10:00:00Z')

export interface Said {
  readonly trace: number
  /** 1 is the root, an agent; the others are calls below it. */
  readonly span: number
  readonly start?: number
  /** Milliseconds; null: it has not ended. */
  readonly end?: number | null
  readonly session?: string
  readonly answer?: string
  readonly user?: string
}

export const hex = (n: number, length: number) => n.toString(16).padStart(length, '0')
const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
const message = (role: string, content: string) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }])

function spanOf({ trace, span, start = LONG_AGO + trace * HOUR, end = start + 900, session, answer, user }: Said) {
  const isRoot = span === 1
  return {
    traceId: hex(trace, 32),
    spanId: hex(span, 16),
    ...(isRoot ? {} : { parentSpanId: hex(1, 16) }),
    name: isRoot ? 'invoke_agent support' : 'chat m',
    startTimeUnixNano: `${start + span}000000`,
    ...(end === null ? {} : { endTimeUnixNano: `${end}000000` }),
    attributes: [
      text('gen_ai.operation.name', isRoot ? 'invoke_agent' : 'chat'),
      text('gen_ai.conversation.id', session ?? `s${trace}`),
      text('user.id', user ?? `u${trace}`),
      ...(isRoot
        ? [text('gen_ai.agent.name', 'support')]
        : [
            text('gen_ai.response.model', 'm'),
            text('gen_ai.input.messages', message('user', `question ${trace} of ${span}`)),
            text('gen_ai.output.messages', message('assistant', answer ?? `answer ${trace} of ${span}`)),
          ]),
    ],
  }
}

/** One span a line. */
export const spanLines = (said: readonly Said[]): string =>
  said.map((s) => `${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [spanOf(s)] }] }] })}\n`).join('')

/** A trace of a root and a call. */
export const whole = (trace: number, more: Partial<Said> = {}): Said[] =>
  [1, 2].map((span) => ({ trace, span, ...more }))
