/** The shop's work under OpenTelemetry's conventions for generative AI. */
import { MODEL, type Said, tokens, type Words } from './words.ts'

function message(said: Said): object {
  if ('text' in said) return { role: said.role, parts: [{ type: 'text', content: said.text }] }
  if ('answer' in said)
    return { role: said.role, parts: [{ type: 'tool_call_response', id: said.id, response: said.answer }] }
  return { role: said.role, parts: [{ type: 'tool_call', id: said.id, name: said.name, arguments: said.args }] }
}

export const otelWords: Words = {
  agentName: 'invoke_agent shop-support',
  callName: `chat ${MODEL}`,
  retrievalName: 'retrieval shop_rules',
  toolName: (tool) => `execute_tool ${tool}`,
  agent: ({ n, resolved }) => ({
    attrs: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'shop-support',
      'gen_ai.conversation.id': `conv-${n}`,
    },
    events: [
      {
        name: 'gen_ai.evaluation.result',
        attrs: {
          'gen_ai.evaluation.name': 'resolved',
          'gen_ai.evaluation.score.value': resolved ? 1 : 0,
          'gen_ai.evaluation.score.label': resolved ? 'yes' : 'no',
        },
      },
    ],
  }),
  call(input, output, passages) {
    const read = JSON.stringify(input.map(message))
    const wrote = message(output)
    return {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': MODEL,
      'gen_ai.response.model': MODEL,
      'gen_ai.request.temperature': 0.2,
      'gen_ai.usage.input_tokens': tokens(read) + tokens(passages),
      'gen_ai.usage.output_tokens': tokens(JSON.stringify(wrote)),
      'gen_ai.input.messages': read,
      'gen_ai.output.messages': JSON.stringify([wrote]),
    }
  },
  tool: (callId, name, args, result) => ({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.call.id': callId,
    'gen_ai.tool.call.arguments': JSON.stringify(args),
    'gen_ai.tool.call.result': result,
  }),
  retrieval: ({ request, rules }) => ({
    'gen_ai.operation.name': 'retrieval',
    'gen_ai.data_source.id': 'shop_rules',
    'gen_ai.retrieval.query.text': request,
    'gen_ai.retrieval.top_k': rules.length,
    'gen_ai.retrieval.documents': JSON.stringify(rules.map(({ id, text: content, score }) => ({ id, content, score }))),
  }),
}
