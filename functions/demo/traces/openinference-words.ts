/** The shop's work under OpenInference: everything flattened into attributes. */
import { type Attributes, MODEL, type Said, tokens, type Words } from './words.ts'

function message(said: Said): Attributes {
  if ('text' in said) return { role: said.role, content: said.text }
  if ('answer' in said) return { role: said.role, tool_call_id: said.id, content: said.answer }
  return {
    role: said.role,
    'tool_calls.0.tool_call.id': said.id,
    'tool_calls.0.tool_call.function.name': said.name,
    'tool_calls.0.tool_call.function.arguments': JSON.stringify(said.args),
  }
}

const flat = (prefix: string, list: readonly Attributes[]): Attributes =>
  Object.fromEntries(
    list.flatMap((said, i) =>
      Object.entries(said).map(([name, value]) => [`${prefix}.${i}.message.${name}`, value] as const),
    ),
  )

export const openinferenceWords: Words = {
  agentName: 'shop-support',
  callName: 'ChatOpenAI',
  retrievalName: 'shop_rules',
  toolName: (tool) => tool,
  agent: ({ n, resolved }) => ({
    attrs: {
      'openinference.span.kind': 'AGENT',
      'agent.name': 'shop-support',
      'session.id': `conv-${n}`,
      'annotations.0.annotation.name': 'resolved',
      'annotations.0.annotation.label': resolved ? 'yes' : 'no',
      'annotations.0.annotation.score': resolved ? 1 : 0,
      'annotations.0.annotation.annotator_kind': 'HUMAN',
    },
  }),
  call(input, output, passages) {
    const read = input.map(message)
    const wrote = message(output)
    return {
      'openinference.span.kind': 'LLM',
      'llm.model_name': MODEL,
      'llm.invocation_parameters': JSON.stringify({ temperature: 0.2 }),
      'llm.token_count.prompt': tokens(JSON.stringify(read)) + tokens(passages),
      'llm.token_count.completion': tokens(JSON.stringify(wrote)),
      ...flat('llm.input_messages', read),
      ...flat('llm.output_messages', [wrote]),
    }
  },
  tool: (callId, name, args, result) => ({
    'openinference.span.kind': 'TOOL',
    'tool.name': name,
    'tool.id': callId,
    'tool.parameters': JSON.stringify(args),
    'output.value': result,
  }),
  retrieval: ({ request, rules }) => ({
    'openinference.span.kind': 'RETRIEVER',
    'input.value': request,
    metadata: JSON.stringify({ top_k: rules.length }),
    ...Object.fromEntries(
      rules.flatMap(({ id, text, score }, i) => [
        [`retrieval.documents.${i}.document.id`, id],
        [`retrieval.documents.${i}.document.content`, text],
        [`retrieval.documents.${i}.document.score`, score],
      ]),
    ),
  }),
}
